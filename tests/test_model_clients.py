"""The stand-in model and the clients of others: official packages over real sockets, with real speech.

Nothing waits on a clock: each step ends with the event that it is about, and audio comes as fast as it can be sent.
"""

import asyncio
import base64
import importlib.util
import json
from typing import Any

import pytest

from offhook.sim.model_orders import Answer, Faults, ToolUse
from tests.sim.model_types import check

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)

from tests.sim.model_service import Running, running

HOURS = {
    "type": "function",
    "name": "opening_hours",
    "description": "When the shop is open.",
    "parameters": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
}
STORY = Answer("Once upon a time there was a telephone. It rang and rang. Nobody answered it. That was sad. " * 3)


def all_known(run: Running, dialect: str) -> None:
    """Every event that was sent is known to the package, key by key."""
    for session in run.service.sessions:
        for _, direction, event in session.log:
            if direction == "out":
                check(event, dialect)


def user_text(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


# ------------------------------------------------------------ OpenAI's package


class Talk:
    """OpenAI's connection, read up to an event."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def until(self, *types: str) -> list[Any]:
        got: list[Any] = []
        async for event in self.connection:
            got.append(event)
            if event.type in types:
                return got
        raise AssertionError(f"closed before {types}, after {[event.type for event in got]}")

    async def one(self, *types: str) -> Any:
        return (await self.until(*types))[-1]

    async def say(self, pcm16: bytes) -> None:
        for at in range(0, len(pcm16), 4800):
            audio = base64.b64encode(pcm16[at : at + 4800]).decode()
            await self.connection.input_audio_buffer.append(audio=audio)


def openai_talk(scenario: Any, **setup: Any) -> None:
    openai = pytest.importorskip("openai", reason="OpenAI's package is not installed: it is in the test group")

    async def whole() -> None:
        async with running(**setup) as run:
            client = openai.AsyncOpenAI(api_key="x", base_url=run.base_url)
            async with client, client.realtime.connect(model="gpt-realtime-2.1") as connection:
                talk = Talk(connection)
                await talk.one("session.created")
                await scenario(run, talk)
            all_known(run, "ga")

    asyncio.run(whole())


async def update(talk: Talk, **fields: Any) -> Any:
    await talk.connection.session.update(session={"type": "realtime", **fields})
    return await talk.one("session.updated", "error")


def test_openai_text_and_a_tool() -> None:
    async def scenario(run: Running, talk: Talk) -> None:
        await update(talk, output_modalities=["text"], tools=[HOURS], instructions="You are a baker.")
        await talk.connection.conversation.item.create(item=user_text("Who are you?"))
        await talk.connection.response.create()
        assert (await talk.one("response.output_text.done")).text == "I am a baker."
        await talk.one("response.done")
        await talk.connection.conversation.item.create(item=user_text("When are you open on Sunday?"))
        await talk.connection.response.create()
        call = await talk.one("response.function_call_arguments.done")
        assert call.name == "opening_hours" and json.loads(call.arguments) == {"day": "sunday"}
        await talk.one("response.done")
        await talk.connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": call.call_id, "output": '{"open": "nine to five"}'}
        )
        await talk.connection.response.create()
        assert (await talk.one("response.output_text.done")).text == "nine to five"

    openai_talk(scenario)


def test_openai_a_spoken_turn_is_heard_and_answered_aloud() -> None:
    async def scenario(run: Running, talk: Talk) -> None:
        turns = {"type": "server_vad", "silence_duration_ms": 400}
        audio = {"input": {"transcription": {"model": "gpt-transcribe"}, "turn_detection": turns}}
        await update(talk, audio=audio, instructions="You are a baker.")
        await talk.say(await run.speech("who are you"))
        got = await talk.until("response.done")
        transcripts = [event.transcript for event in got if event.type.endswith("transcription.completed")]
        assert transcripts == ["who are you"]
        item = got[-1].response.output[0]
        assert item.content[0].transcript == "I am a baker."
        heard = b"".join(base64.b64decode(event.delta) for event in got if event.type == "response.output_audio.delta")
        assert 500 < len(heard) / 48 < 3000
        await talk.connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=100)
        assert (await talk.one("conversation.item.truncated")).audio_end_ms == 100
        await talk.connection.conversation.item.retrieve(item_id=item.id)
        found = await talk.one("conversation.item.retrieved")
        assert base64.b64decode(found.item.content[0].audio) == heard[:4800]

    openai_talk(scenario)


def test_openai_a_barge_in() -> None:
    async def scenario(run: Running, talk: Talk) -> None:
        await update(talk, audio={"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 400}}})
        speech = await run.speech("goodbye")
        await talk.connection.response.create()
        first = await talk.one("response.output_audio.delta")
        await talk.say(speech)
        got = await talk.until("response.done")
        assert "input_audio_buffer.speech_started" in [event.type for event in got]
        cut = got[-1].response
        assert (cut.id, cut.status, cut.status_details.reason) == (first.response_id, "cancelled", "turn_detected")
        answer = await talk.one("response.done")
        assert answer.response.output[0].content[0].transcript == "Thank you for calling. Goodbye!"

    openai_talk(scenario, pace=1.0, answers=(STORY,))


def test_openai_cancelling_and_what_is_refused() -> None:
    async def scenario(run: Running, talk: Talk) -> None:
        await talk.connection.response.create()
        await talk.one("response.output_audio.delta")
        await talk.connection.response.create(event_id="c1")
        refused = await talk.one("error")
        assert refused.error.code == "conversation_already_has_active_response" and refused.error.event_id == "c1"
        await talk.connection.response.cancel()
        assert (await talk.one("response.done")).response.status_details.reason == "client_cancelled"
        await talk.connection.response.cancel()
        assert (await talk.one("error")).error.code == "response_cancel_not_active"
        assert (await update(talk, voice="marin")).error.param == "session.voice"
        for bad in ("{", "[]", '{"type": "novelty"}'):
            await talk.connection.send_raw(bad)
            assert (await talk.one("error")).error.type == "invalid_request_error"
        await talk.connection.input_audio_buffer.commit()
        assert (await talk.one("error")).error.code == "input_audio_buffer_commit_empty"

    openai_talk(scenario, pace=0.2, answers=(STORY,))


def test_openai_a_failed_response_and_a_drop() -> None:
    async def scenario(run: Running, talk: Talk) -> None:
        from websockets.exceptions import ConnectionClosed

        await talk.connection.response.create()
        failed = (await talk.one("response.done")).response
        assert failed.status == "failed" and failed.status_details.error.code == "rate_limit_exceeded"
        await talk.connection.response.create()
        with pytest.raises((ConnectionClosed, AssertionError)):
            await talk.one("response.done")

    openai_talk(scenario, faults=Faults(fail_responses=1, drop_ms=200))


def test_openai_is_refused_at_the_door() -> None:
    openai = pytest.importorskip("openai", reason="OpenAI's package is not installed: it is in the test group")

    async def whole() -> None:
        from websockets.exceptions import InvalidStatus

        async with running(api_key="right") as run:
            for key, model, status in (("wrong", "gpt-realtime-2.1", 401), ("right", "gpt-4", 404)):
                client = openai.AsyncOpenAI(api_key=key, base_url=run.base_url)
                with pytest.raises(InvalidStatus) as caught:
                    async with client.realtime.connect(model=model):
                        pass
                assert caught.value.response.status_code == status
                await client.close()

    asyncio.run(whole())


def test_openais_beta_client() -> None:
    openai = pytest.importorskip("openai", reason="OpenAI's package is not installed: it is in the test group")

    async def whole() -> None:
        async with running() as run:
            address = {"base_url": run.base_url, "websocket_base_url": f"ws://127.0.0.1:{run.port}/v1"}
            client = openai.AsyncOpenAI(api_key="x", **address)
            if not hasattr(client.beta, "realtime"):
                pytest.skip("this version of OpenAI's package has no beta client")
            async with client.beta.realtime.connect(model="gpt-4o-realtime-preview") as connection:
                talk = Talk(connection)
                await talk.one("session.created")
                await connection.session.update(session={"modalities": ["text"], "instructions": "You are a baker."})
                await talk.one("session.updated")
                await connection.conversation.item.create(item=user_text("Who are you?"))
                await connection.response.create()
                assert (await talk.one("response.text.done")).text == "I am a baker."
            await client.close()
            all_known(run, "beta")

    asyncio.run(whole())


# ------------------------------------------------------------ Azure's package


def azure_talk(scenario: Any, **setup: Any) -> None:
    pytest.importorskip("azure.ai.voicelive", reason="Azure's package is not installed: it is in the test group")
    from azure.ai.voicelive.aio import connect
    from azure.core.credentials import AzureKeyCredential

    async def whole() -> None:
        async with running(**setup) as run:
            endpoint = f"http://127.0.0.1:{run.port}"
            key = AzureKeyCredential("x")
            async with connect(endpoint=endpoint, credential=key, model="gpt-realtime-2.1") as connection:
                talk = Talk(connection)
                await talk.one("session.created")
                await scenario(run, talk)
            all_known(run, "azure")

    asyncio.run(whole())


def test_azure_greets_hears_and_is_cut() -> None:
    async def scenario(run: Running, talk: Talk) -> None:
        from azure.ai.voicelive import models as m

        turns = m.AzureSemanticVad(silence_duration_ms=400, auto_truncate=False)
        session = m.RequestSession(
            modalities=["text", "audio"],
            instructions="You are a baker.",
            voice=m.AzureStandardVoice(name="en-US-Ava:DragonHDLatestNeural"),
            turn_detection=turns,
            input_audio_transcription=m.AudioInputTranscriptionOptions(model="azure-speech"),
            output_audio_timestamp_types=["word"],
        )
        await talk.connection.session.update(session=session)
        updated = await talk.one("session.updated", "error")
        assert updated.session.turn_detection.speech_duration_ms == 80
        words = m.AssistantMessageItem(content=[m.OutputTextContentPart(text="Hello, how can I help?")])
        await talk.connection.response.create(response=m.ResponseCreateParams(pre_generated_assistant_message=words))
        got = await talk.until("response.done")
        assert [e.text for e in got if e.type == "response.audio_timestamp.delta"] == [
            "Hello,",
            "how",
            "can",
            "I",
            "help?",
        ]
        greeting = got[-1].response.output[0]
        assert greeting.content[0].transcript == "Hello, how can I help?"
        cut = {"item_id": greeting.id, "content_index": 0, "audio_end_ms": 200}
        await talk.connection.conversation.item.truncate(**cut)
        assert (await talk.one("conversation.item.truncated")).audio_end_ms == 200
        await talk.connection.conversation.item.truncate(**cut)
        assert (await talk.one("error")).error.code == "item_already_truncated"
        await talk.say(await run.speech("who are you"))
        got = await talk.until("response.done")
        assert [e.transcript for e in got if e.type.endswith("transcription.completed")] == ["who are you"]
        assert got[-1].response.output[0].content[0].transcript == "I am a baker."

    azure_talk(scenario)


def test_azure_a_tool_and_a_barge_in() -> None:
    async def scenario(run: Running, talk: Talk) -> None:
        from azure.ai.voicelive import models as m

        hours = m.FunctionTool(**{key: value for key, value in HOURS.items() if key != "type"})
        turns = m.ServerVad(silence_duration_ms=400)
        await talk.connection.session.update(session=m.RequestSession(tools=[hours], turn_detection=turns))
        await talk.one("session.updated")
        await talk.say(await run.speech("what are your opening hours"))
        got = await talk.until("response.done")
        call = next(event for event in got if event.type == "response.function_call_arguments.done")
        assert call.name == "opening_hours"
        result = m.FunctionCallOutputItem(call_id=call.call_id, output=STORY.text)
        speech = await run.speech("goodbye")
        await talk.connection.conversation.item.create(item=result)
        await talk.connection.response.create()
        await talk.one("response.audio.delta")
        await talk.say(speech)
        cut = await talk.one("response.done")
        assert cut.response.status_details.reason == "turn_detected"
        await talk.connection.send({"type": "input_audio_buffer.append"})
        assert (await talk.one("error")).error.param == "audio"

    azure_talk(scenario, pace=1.0, first_audio_ms=1.0)


# ------------------------------------------------------------ a framework that has its own client


def test_pydantic_ai_talks_uses_a_tool_and_listens() -> None:
    pytest.importorskip("pydantic_ai", reason="pydantic-ai is not installed: it is in the test group")
    pytest.importorskip("openai", reason="OpenAI's package is not installed: it is in the test group")
    from pydantic_ai import Agent
    from pydantic_ai.messages import ModelResponse, SpeechPart, ToolReturnPart
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.realtime.openai import OpenAIRealtimeModel

    agent = Agent(instructions="You are a baker.")

    @agent.tool_plain
    def opening_hours(day: str) -> str:
        """When the shop is open."""
        return f"Nine to five, {day}."

    async def whole() -> None:
        async with running() as run:
            provider = OpenAIProvider(base_url=run.base_url, api_key="x")
            model = OpenAIRealtimeModel("gpt-realtime-2.1", provider=provider)
            async with agent.realtime(model).session() as session:
                await session.send("who are you")
                await session.wait_for_reply()
                await session.send("when are you open on sunday")
                await session.wait_for_reply()
                speech = await run.speech("read me the menu")

                async def turn() -> None:
                    async for event in session:
                        if type(event).__name__ == "RealtimeTurnCompleteEvent":
                            turns.append(event)
                            if len(turns) == 3:
                                return

                turns: list[Any] = []
                listening = asyncio.create_task(turn())
                await session.send_audio(speech)
                await listening
                messages = session.all_messages()
            await provider.client.close()
            all_known(run, "ga")
        parts = [part for message in messages for part in message.parts]
        said = [
            part.transcript
            for message in messages
            if isinstance(message, ModelResponse)
            for part in message.parts
            if isinstance(part, SpeechPart)
        ]
        assert said[:2] == ["I am a baker.", "Nine to five, sunday."] and said[2].startswith("We have espresso")
        assert [part.content for part in parts if isinstance(part, ToolReturnPart)] == ["Nine to five, sunday."]
        assert "read me the menu" in [getattr(part, "transcript", None) for part in parts]

    asyncio.run(whole())


def test_answers_of_a_script_go_before_thoughts() -> None:
    """Also what needs no package: the socket itself, spoken to in plain JSON."""

    async def whole() -> None:
        from websockets.asyncio.client import connect

        script = (Answer("First.", (ToolUse("hang_up"),)),)
        async with running(answers=script) as run:
            url = f"ws://127.0.0.1:{run.port}/v1/realtime?model=gpt-realtime-2.1"
            async with connect(url, additional_headers={"Authorization": "Bearer x"}, max_size=None) as websocket:
                await websocket.send('{"type": "response.create"}')
                names = []
                while "response.done" not in names:
                    names.append(json.loads(await websocket.recv())["type"])
        assert names[0] == "session.created"
        assert "response.output_audio.delta" in names and "response.function_call_arguments.done" in names
        (session,) = run.service.sessions
        assert session.log[-1][2]["type"] == "rate_limits.updated"

    asyncio.run(whole())
