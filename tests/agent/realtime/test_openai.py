"""Reaching OpenAI and servers that speak like it; one whole session over a real socket."""

import asyncio
import base64
import json

import pytest
from websockets.asyncio.server import serve

from offhook import Agent, AzureSemanticVad, CallInfo, ConfigError, OwnTurns, Realtime
from offhook.agent.credentials import Credentials
from offhook.agent.models import engine_for
from offhook.agent.realtime.openai import OpenAIEngine, realtime_url
from offhook.call import Call
from offhook.core import events as e
from offhook.phone.loopback import LoopbackLeg

AUDIO = base64.b64encode(b"\x10" * 800).decode()
KEY = Credentials(openai_api_key="sk-test-0123456789")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.openai.com/v1", "wss://api.openai.com/v1/realtime?model=m"),
        ("https://api.openai.com", "wss://api.openai.com/v1/realtime?model=m"),
        ("https://api.openai.com/", "wss://api.openai.com/v1/realtime?model=m"),
        ("wss://api.openai.com/v1/", "wss://api.openai.com/v1/realtime?model=m"),
        ("http://127.0.0.1:8089", "ws://127.0.0.1:8089/v1/realtime?model=m"),
        ("ws://127.0.0.1:8089/v1/realtime", "ws://127.0.0.1:8089/v1/realtime?model=m"),
        ("https://x.openai.azure.com/openai/v1", "wss://x.openai.azure.com/openai/v1/realtime?model=m"),
        ("https://h/v1?api-version=1&model=old", "wss://h/v1/realtime?api-version=1&model=m"),
        ("https://user:secret@h/v1", "wss://h/v1/realtime?model=m"),
    ],
)
def test_a_base_url_may_be_written_in_any_way(base, url):
    assert realtime_url(base, "m") == url


@pytest.mark.parametrize("base", ["api.openai.com", "ftp://h", "", "https://"])
def test_what_is_no_url_is_refused(base):
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL must be a URL"):
        realtime_url(base, "m")


def test_a_key_is_needed_unless_the_server_is_another():
    with pytest.raises(ConfigError, match="set OPENAI_API_KEY"):
        engine_for("gpt-realtime")
    assert engine_for("openai:m", Credentials(openai_base_url="http://127.0.0.1:1")).headers == {}
    assert engine_for("openai:m", KEY).headers == {"Authorization": "Bearer sk-test-0123456789"}


def test_an_azure_deployment_takes_its_key_in_a_header_of_its_own():
    engine = OpenAIEngine("m", Credentials(openai_api_key="k", openai_base_url="https://x.openai.azure.com/openai/v1"))
    assert engine.headers == {"api-key": "k"}


def test_only_the_older_dialect_has_its_header():
    assert "OpenAI-Beta" not in OpenAIEngine("m", KEY).headers
    beta = OpenAIEngine("m", Credentials(openai_base_url="http://h", openai_beta=True))
    assert beta.headers == {"OpenAI-Beta": "realtime=v1"}


def test_a_key_is_shown_nowhere():
    assert "sk-test" not in repr(KEY) + repr(OpenAIEngine("m", KEY)._backend)


def test_openai_has_no_temperature_and_the_start_says_so_once(caplog):
    async def scenario():
        engine = OpenAIEngine("m", KEY)
        agent = Agent(model="openai:m", realtime=Realtime(temperature=0.8))
        await engine.prepare(agent)
        await engine.prepare(agent)
        assert caplog.text.count("has no temperature") == 1
        beta = OpenAIEngine("m", Credentials(openai_base_url="http://h", openai_beta=True))
        caplog.clear()
        await beta.prepare(agent)
        assert "temperature" not in caplog.text

    asyncio.run(scenario())


def test_options_that_cannot_be_are_refused_before_the_first_call():
    async def scenario():
        engine = OpenAIEngine("m", KEY)
        with pytest.raises(ConfigError, match="Azure Voice Live only"):
            await engine.prepare(Agent(realtime=Realtime(turns=AzureSemanticVad())))
        with pytest.raises(ConfigError, match="telephone's own audio"):
            await engine.prepare(Agent(realtime=Realtime(turns=OwnTurns(), audio="pcm16")))

    asyncio.run(scenario())


async def until(condition):
    """Turns the loop until something has come to be; the test's own timeout is the deadline."""
    while not condition():
        await asyncio.sleep(0)


def test_a_whole_call_over_a_real_socket():
    """Greeting, a turn, a barge-in: every byte by picows, against a `websockets` server."""
    seen = []

    async def model(peer):
        seen.append((peer.request.path, peer.request.headers.get("Authorization")))

        async def say(kind, **fields):
            await peer.send(json.dumps({"type": kind, "event_id": "e"} | fields, separators=(",", ":")))

        async def answer(response, item, frames, text):
            await say("response.created", response={"id": response})
            await say("response.output_item.added", response_id=response, item={"id": item, "type": "message"})
            for _ in range(frames):
                await say("response.output_audio.delta", response_id=response, item_id=item, delta=AUDIO)
            await say("response.output_audio_transcript.delta", response_id=response, item_id=item, delta=text)
            await say("response.output_item.done", response_id=response, item={"id": item, "type": "message"})
            await say("response.done", response={"id": response, "status": "completed", "usage": None})

        await say("session.created", session={})
        async for message in peer:
            body = json.loads(message)
            seen.append(body["type"])
            if body["type"] == "session.update" and seen.count("session.update") == 1:
                await say("session.updated", session={})
            elif body["type"] == "response.create":
                await answer("r1", "a1", 1, "Hi.")
            elif body["type"] == "input_audio_buffer.append" and seen.count(body["type"]) == 1:
                for kind in ("speech_started", "speech_stopped", "committed"):
                    await say(f"input_audio_buffer.{kind}", item_id="u1")
                await answer("r2", "a2", 50, "A long answer.")
            elif body["type"] == "input_audio_buffer.append" and seen.count(body["type"]) == 2:
                await say("input_audio_buffer.speech_started", item_id="u2")
            elif body["type"] in ("conversation.item.truncate", "conversation.item.delete"):
                seen.append(body["item_id"])

    async def scenario():
        async with serve(model, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            engine = OpenAIEngine("m", Credentials(openai_api_key="k", openai_base_url=f"http://127.0.0.1:{port}/v1"))
            joined, heard, cut = asyncio.Event(), asyncio.Event(), asyncio.Event()
            agent = Agent(greeting="Hi.", model="openai:m")
            await engine.start()
            await engine.prepare(agent)

            def publish(_id, event):
                if isinstance(event, e.TurnKept) and event.text == "Hi.":
                    heard.set()
                if isinstance(event, e.BargedIn):
                    cut.set()

            call = Call(
                CallInfo("CA1", "AC1", "", ""), engine.leg(agent), publish=publish, on_ended=lambda _call: joined.set()
            )
            call.start()
            leg = LoopbackLeg()
            call.join(leg)
            await heard.wait()
            leg.say(b"\xff" * 160)
            await until(lambda: call.ledger.speaking)
            leg.say(b"\xff" * 160)
            await cut.wait()
            await until(lambda: "conversation.item.truncate" in seen or "conversation.item.delete" in seen)
            call.report(e.CarrierEnded("completed"))
            await joined.wait()
            await call.closed()
            await engine.close()

    asyncio.run(scenario())
    assert seen[0] == ("/v1/realtime?model=m", "Bearer k")
    assert seen[1:3] == ["session.update", "response.create"]
    assert "a2" in seen
