"""The stand-in for a provider of parts, as the official client sees it over a real socket."""

import asyncio
import io
import wave

import openai
import pytest
import uvicorn

from offhook.sim.model_http import HttpModel, HttpSetup
from offhook.sim.model_orders import Answer, ToolUse
from tests.parts.provider import Engines

HOURS = {"type": "function", "function": {"name": "hours", "description": "", "parameters": {"type": "object"}}}


def served(scenario, *words, **setup):
    async def whole():
        model = HttpModel(
            HttpSetup(**{"token_ms": 0.0, "first_token_ms": 0.0, "hearing_ms": 0.0} | setup), Engines(*words)
        )
        config = uvicorn.Config(model, port=0, lifespan="off", log_level="critical", ws="none")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            async with openai.AsyncOpenAI(api_key="k", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0) as client:
                await scenario(client, model)
        finally:
            server.should_exit = True
            await running

    asyncio.run(whole())


def wav(pcm16: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(2)
        writing.setframerate(16000)
        writing.writeframes(pcm16)
    return file.getvalue()


def test_it_recognises():
    async def scenario(client, model):
        said = await client.audio.transcriptions.create(
            file=("a.wav", wav(bytes(32000))), model="m", response_format="json"
        )
        assert said.text == "guten tag" and said.usage.seconds == 1
        told = await client.audio.transcriptions.create(
            file=("a.wav", wav(bytes(32000))), model="m", response_format="verbose_json"
        )
        assert [segment.text for segment in told.segments] == ["auf wiedersehen"] and told.duration == 1.0

    served(scenario, "guten tag", "auf wiedersehen")


def test_it_writes_and_wants_tools():
    async def scenario(client, model):
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "hi"}], stream=True, tools=[HOURS],
            stream_options={"include_usage": True},
        )  # fmt: skip
        chunks = [chunk async for chunk in stream]
        text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
        uses = [use for chunk in chunks for choice in chunk.choices for use in choice.delta.tool_calls or ()]
        assert text == "Let me see." and chunks[-1].usage.completion_tokens == 3
        assert (uses[0].function.name, uses[1].function.arguments) == ("hours", '{"a":1}')
        assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "tool_calls"

    served(scenario, answers=(Answer("Let me see.", (ToolUse("hours", '{"a":1}'),)),))


def test_it_speaks():
    async def scenario(client, model):
        async with client.audio.speech.with_streaming_response.create(
            model="m", voice="alloy", input="Hello.", response_format="pcm"
        ) as answer:
            audio = b"".join([piece async for piece in answer.iter_bytes()])
        assert len(audio) == 6 * 50 * 48

    served(scenario, first_sound_ms=0.0, pace=1e6)


@pytest.mark.parametrize(("status", "error"), [(401, openai.AuthenticationError), (429, openai.RateLimitError)])
def test_it_refuses_as_the_client_expects(status, error):
    async def scenario(client, model):
        with pytest.raises(error, match="stand-in was told to fail"):
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        with pytest.raises(openai.NotFoundError):
            await client.models.list()

    served(scenario, fails={"completions": [status]})


def test_it_asks_for_its_key():
    async def scenario(client, model):
        with pytest.raises(openai.AuthenticationError):
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])

    served(scenario, api_key="another")


def test_an_answer_that_was_thrown_away_is_given_again():
    async def scenario(client, model):
        ask = {"model": "m", "stream": True, "tools": [HOURS]}
        for text in ("where", "where are you"):
            stream = await client.chat.completions.create(messages=[{"role": "user", "content": text}], **ask)
            said = [c.delta.content or "" async for chunk in stream for c in chunk.choices]
            assert "".join(said) == "Here."

    served(scenario, answers=(Answer("Here."),))
