"""The agent of `offhook serve` without a module."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from offhook.settings import values


class Declared(BaseModel):
    """What it is told and made of."""

    system_message: Annotated[str | None, Field(title="a text", description="What the agent is told to be.")] = None
    greeting: Annotated[
        str | None, Field(title="a text", description="What the agent says first. Unset: the model's own greeting.")
    ] = None
    voice: Annotated[
        str | None,
        Field(title="a voice of the model", description="The agent's voice; of several models the first one's."),
    ] = None
    language: Annotated[
        str,
        AfterValidator(values.language),
        Field(title="a language tag such as en-US", description="The language of the call."),
    ] = "en-US"
    languages: Annotated[
        str,
        AfterValidator(values.languages),
        Field(
            title="language tags with commas between",
            description="Others that a `cascade` changes to when the caller speaks them.",
        ),
    ] = ""
    model: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.model(text)),
        Field(
            title="a model such as local",
            description="What answers: `gpt-realtime`, `voice-live`, `openai:NAME`, `azure:NAME`, `cascade`, `local` or `echo`, or several in order "
            "of preference with commas between. Unset: the only one with credentials.",
        ),
    ] = None
    stt: Annotated[
        str,
        AfterValidator(values.model),
        Field(
            title="a part such as openai",
            description="What recognises the caller's words for `cascade`: `openai:MODEL`, `deepgram:MODEL`, `azure`, `embedded`, or another part (docs/cascade.md).",
        ),
    ] = "openai"
    llm: Annotated[
        str,
        AfterValidator(values.model),
        Field(
            title="a part such as openai",
            description="What answers for `cascade`: `openai:MODEL`, `openai:MODEL@URL`, `anthropic:MODEL`, …",
        ),
    ] = "openai"
    tts: Annotated[
        str,
        AfterValidator(values.model),
        Field(
            title="a part such as openai",
            description="What speaks for `cascade`: `openai:MODEL`, `elevenlabs`, `azure`, …",
        ),
    ] = "openai"
    prices: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.prices(text)),
        Field(
            title="prices such as llama3.2=0/0, my-model=0.4/0.1/1.6",
            description="What language models of `cascade` cost, in US dollars for a million tokens read and written, or read, read from a cache and written. They go before the list in the box.",
        ),
    ] = None
    turn: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.model(text)),
        Field(
            title="smart-turn",
            description="What hears for `cascade` whether the caller's turn is over (docs/cascade.md). Unset: silence alone ends it.",
        ),
    ] = None
    temperature: Annotated[
        float | None,
        Field(
            ge=0, le=2, title="a number, 0 to 2",
            description="How freely the model speaks. Not sent to OpenAI, whose speech models have none.",
        ),
    ] = None  # fmt: skip
    silence_ms: Annotated[
        int,
        Field(ge=250, le=5000, title="milliseconds, 250 to 5000", description="Silence that ends a caller's turn."),
    ] = 700
    record: Annotated[
        bool, Field(title="true or false", description="Record every call; callers are told so in the greeting.")
    ] = False
    consent: Annotated[
        str | None,
        Field(
            title="a text",
            description="What ends the greeting of calls that are recorded. Unset: `This call is recorded.`",
        ),
    ] = None
    redact: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.kinds(text)),
        Field(
            title="cards, phones or keys, with commas between",
            description="Numbers that are kept nowhere: not in transcripts, not in recordings. Unset: none.",
        ),
    ] = None
    transfers: Annotated[
        str | None,
        AfterValidator(lambda text: text and values.transfers(text)),
        Field(
            title="names and numbers such as kitchen=+12025550101, with commas between",
            description="Whom callers may be put through to, by name: numbers that may be dialled, or addresses. Unset: nobody.",
        ),
    ] = None
