"""What we send on a realtime session beside audio: its settings, items of the conversation, wishes for answers. Pure.

Every setting that shapes a call is sent with its value, defaults too: what servers do with those they are not told
differs from what their pages say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from offhook.agent.agent import Agent
from offhook.agent.options import AzureSemanticVad, OwnTurns, SemanticVad, ServerVad
from offhook.agent.realtime.wire import Dialect
from offhook.errors import ConfigError

SESSION = "session"
"""The id of our first session.update, by which a refusal of it is known."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a server is told of one agent, whoever calls."""

    agent: Agent
    dialect: Dialect
    transcription_model: str
    """Used unless the agent names another."""
    voice: Any = None
    """Used unless the agent names another; None: the server's own."""
    hosted: bool = False
    """Who answers is an agent at the server, with instructions and tools of its own; the session must not bring any."""

    @property
    def word_times(self) -> bool:
        """The server is asked when each word is said."""
        options = self.agent.realtime
        if self.dialect.name != "azure" or options.word_times is not None:
            return self.dialect.name == "azure" and bool(options.word_times)
        name = self.agent.voice or self.voice
        return str((options.voice or {}).get("type", "")).startswith("azure-") or "-" in str(name or "")

    @property
    def transcriber(self) -> str:
        """The model that writes down the caller's words, if any does."""
        wanted = self.agent.realtime.transcription
        return (wanted.model if wanted else None) or self.transcription_model

    @property
    def first_words(self) -> str | None:
        """The agent's greeting; None if the model makes its own. Who answers from the server cannot be told what to say
        in it: what the caller must be told is the greeting then."""
        return self.agent.must_say if self.hosted and self.agent.must_say else self.agent.first_words

    def sound_of(self, text: str | None) -> tuple[Any, ...]:
        """What makes a text sound as it does when the agent says it; to be hashed."""
        agent = self.agent
        voice = repr(agent.realtime.voice or agent.voice or self.voice)
        return voice, agent.realtime.audio, agent.realtime.speed, agent.language, text


def _send(kind: str, **fields: Any) -> bytes:
    return orjson.dumps({"type": kind} | fields)


# ---------------------------------------------------------------- the session


@dataclass(frozen=True, slots=True)
class Conduct:
    """What the server does by itself when the caller speaks."""

    interrupts: bool = True
    """It stops what it is generating."""
    answers: bool = True
    """It answers when the caller's turn is over."""


def session_update(shape: Shape, instructions: str, conduct: Conduct = Conduct()) -> bytes:
    """All settings of a session.

    Raises ConfigError for what this server has no word for.
    """
    session = _nested(shape, instructions, conduct) if shape.dialect.nested else _flat(shape, instructions, conduct)
    return _send("session.update", event_id=SESSION, session=session)


def turn_detection_update(shape: Shape, conduct: Conduct) -> bytes:
    """Turn detection alone, in the middle of a session."""
    turns = turn_detection(shape, conduct)
    if shape.dialect.nested:
        return _send("session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": turns}}})
    return _send("session.update", session={"turn_detection": turns})


def _nested(shape: Shape, instructions: str, conduct: Conduct) -> dict[str, Any]:
    options = shape.agent.realtime
    form = {"type": "audio/pcm", "rate": 24000} if options.audio == "pcm16" else {"type": "audio/pcmu"}
    output: dict[str, Any] = {"format": form} | _told(voice=shape.agent.voice or shape.voice, speed=options.speed)
    noise = {"type": options.noise_reduction} if options.noise_reduction else None
    return {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": instructions,
        "audio": {
            "input": {
                "format": form, "noise_reduction": noise, "transcription": _transcription(shape),
                "turn_detection": turn_detection(shape, conduct),
            },
            "output": output,
        },
        **_tools(shape.agent),
        "max_output_tokens": options.max_output_tokens or "inf",
        **({"reasoning": {"effort": options.reasoning_effort}} if options.reasoning_effort else {}),
    }  # fmt: skip


def _flat(shape: Shape, instructions: str, conduct: Conduct) -> dict[str, Any]:
    options, azure = shape.agent.realtime, shape.dialect.name == "azure"
    form = "pcm16" if options.audio == "pcm16" else "g711_ulaw"
    rate = {"input_audio_sampling_rate": 24000 if options.audio == "pcm16" else 8000} if azure else {}
    noise = {"type": options.noise_reduction} if options.noise_reduction else None
    echo = {"type": "server_echo_cancellation"} if options.echo_cancellation else None
    return {
        "modalities": ["text", "audio"],
        **({} if shape.hosted else {"instructions": instructions}),
        **_told(voice=_plain(options.voice) or shape.agent.voice or shape.voice) | _voice_object(shape, azure),
        "input_audio_format": form,
        **rate,
        "output_audio_format": form,
        "input_audio_noise_reduction": noise,
        **(_told(input_audio_echo_cancellation=echo) if azure else {}),
        "input_audio_transcription": _transcription(shape),
        **({"output_audio_timestamp_types": ["word"]} if shape.word_times else {}),
        "turn_detection": turn_detection(shape, conduct),
        **({} if shape.hosted else _tools(shape.agent)),
        **_told(temperature=options.temperature, speed=None if azure else options.speed),
        "max_response_output_tokens": options.max_output_tokens or "inf",
        **(
            _told(reasoning_effort=options.reasoning_effort, interim_response=_plain(options.interim_response))
            if azure
            else {}
        ),
    }


def _voice_object(shape: Shape, azure: bool) -> dict[str, Any]:
    """Azure takes a name of OpenAI's as such and its own as an object; `en-US-AvaNeural` has its language in front."""
    if not azure or shape.agent.realtime.voice is not None:
        return {}
    name = shape.agent.voice or shape.voice
    if not isinstance(name, str):
        return {}
    if "-" not in name:
        return {"voice": {"type": "openai", "name": name}}
    speed = shape.agent.realtime.speed
    return {"voice": {"type": "azure-standard", "name": name} | ({"rate": str(speed)} if speed else {})}


def _tools(agent: Agent) -> dict[str, Any]:
    tools = [
        {"type": "function", "name": each.name, "description": each.description, "parameters": each.schema}
        for each in agent.toolbox
    ]
    options = agent.realtime
    choice = dict(options.tool_choice) if isinstance(options.tool_choice, Mapping) else options.tool_choice
    return {"tools": tools, "tool_choice": choice} | _told(parallel_tool_calls=options.parallel_tool_calls)


def _transcription(shape: Shape) -> dict[str, Any] | None:
    wanted = shape.agent.realtime.transcription
    if wanted is None:
        return None
    model = shape.transcriber
    # Azure's speech takes "en-US"; the others know languages only.
    language = shape.agent.language if model == "azure-speech" else shape.agent.language.partition("-")[0]
    phrases = list(wanted.phrases) or None
    return {"model": model, "language": language} | _told(prompt=wanted.prompt, phrase_list=phrases)


def turn_detection(shape: Shape, conduct: Conduct) -> dict[str, Any] | None:
    """Who ends turns, and how. Raises ConfigError for a way that this server does not have."""
    azure, silence_ms = shape.dialect.name == "azure", shape.agent.silence_ms
    turns = shape.agent.realtime.turns or (AzureSemanticVad() if azure else ServerVad())
    both = {"create_response": conduct.answers, "interrupt_response": conduct.interrupts}
    if azure:
        # The server would judge what was heard by when we received it; we know when it was played.
        both["auto_truncate"] = False
    match turns:
        case OwnTurns():
            return None
        case ServerVad():
            idle = {"idle_timeout_ms": turns.idle_ms} if shape.dialect.nested else {}
            own = {"speech_duration_ms": turns.speech_ms} if azure else idle
            return {
                "type": "server_vad", "threshold": turns.threshold, "prefix_padding_ms": turns.prefix_ms,
                "silence_duration_ms": silence_ms if turns.silence_ms is None else turns.silence_ms, **own, **both,
            }  # fmt: skip
        case SemanticVad():
            return {"type": "semantic_vad", "eagerness": turns.eagerness, **both}
        case AzureSemanticVad() if azure:
            return {
                "type": "azure_semantic_vad_multilingual" if turns.multilingual else "azure_semantic_vad",
                "threshold": turns.threshold, "prefix_padding_ms": turns.prefix_ms,
                "speech_duration_ms": turns.speech_ms,
                "silence_duration_ms": silence_ms if turns.silence_ms is None else turns.silence_ms,
                "remove_filler_words": turns.remove_filler_words, **both,
                **_told(
                    languages=list(turns.languages) or None,
                    end_of_utterance_detection=dict(turns.end_of_utterance) if turns.end_of_utterance else None,
                ),
            }  # fmt: skip
    raise ConfigError("AzureSemanticVad works with Azure Voice Live only: use ServerVad or SemanticVad.")


def _plain(mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(mapping) if mapping else None


def _told(**settings: Any) -> dict[str, Any]:
    """Those that have a value."""
    return {key: value for key, value in settings.items() if value is not None}


# ---------------------------------------------------------------- the conversation


def message(dialect: Dialect, role: str, text: str, *, id: str | None = None, after: str | None = None) -> bytes:
    """A written item: of the "user", the "assistant" or the "system". It stands behind the item `after` ("root": before
    all others; None: at the end)."""
    kind = dialect.assistant_text if role == "assistant" else "input_text"
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    return _send("conversation.item.create", **_told(previous_item_id=after), item=_told(id=id) | item)


def function_call(call: str, name: str, arguments: str) -> bytes:
    """A use of a tool, of a session before this one."""
    item = {"type": "function_call", "call_id": call, "name": name, "arguments": arguments}
    return _send("conversation.item.create", item=item)


def function_output(call: str, output: str) -> bytes:
    """What came of a tool."""
    item = {"type": "function_call_output", "call_id": call, "output": output}
    return _send("conversation.item.create", item=item)


def truncate(item: str, audio_end_ms: int) -> bytes:
    """The caller heard only so much of an item of audio."""
    return _send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=audio_end_ms)


def delete(item: str) -> bytes:
    """An item never was."""
    return _send("conversation.item.delete", item_id=item)


def commit() -> bytes:
    """The caller's turn is over, where we say so."""
    return _send("input_audio_buffer.commit")


def clear() -> bytes:
    """What the caller said so far was nothing."""
    return _send("input_audio_buffer.clear")


# ---------------------------------------------------------------- answers


def create(wish: dict[str, Any], event_id: str | None = None) -> bytes:
    """Answer now, by a wish of the functions below; {}: as the session has it. A refusal names the `event_id`."""
    return _send("response.create", **_told(event_id=event_id, response=wish or None))


def instructed(instructions: str) -> dict[str, Any]:
    """For this answer only, `instructions` in place of the session's."""
    return {"instructions": instructions}


def exactly(text: str) -> dict[str, Any]:
    """These words, without the model (Azure)."""
    said = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}
    return {"pre_generated_assistant_message": said}


def cancel() -> bytes:
    """Stop generating."""
    return _send("response.cancel")


def joined(texts: Iterable[str]) -> str:
    """Instructions made of parts, those that are empty left out."""
    return "\n\n".join(text for text in texts if text)
