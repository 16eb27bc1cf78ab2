"""The service in memory: whole conversations in simulated time, with real speech."""

import asyncio
import base64
import importlib.util
import json
from typing import Any

import pytest

from offhook.sim.clock import run
from offhook.sim.model_memory import MemoryServer, Refusal
from offhook.sim.model_orders import Faults, Setup
from offhook.sim.network import Link
from tests.sim.model_types import check
from tests.sim.test_model_drive import Slow

BEARER = {"Authorization": "Bearer x"}
TARGET = "/v1/realtime?model=gpt-realtime-2.1"
SPEECH = bool(importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader"))


class Client:
    """Takes what comes, with its time."""

    def __init__(self, service: MemoryServer, *links: Link) -> None:
        self.end = service.connect(TARGET, BEARER, *links)
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.closed: int | None = None
        self.end.on_message = self._arrived
        self.end.on_close = lambda code: setattr(self, "closed", code)

    def _arrived(self, message: bytes) -> None:
        event = json.loads(message)
        check(event, "ga")
        self.got.append((asyncio.get_running_loop().time() * 1000.0, event))

    def send(self, type_: str, **fields: Any) -> None:
        self.end.send(json.dumps({"type": type_, **fields}).encode())

    async def say(self, mulaw: bytes) -> None:
        for at in range(0, len(mulaw), 160):
            self.send("input_audio_buffer.append", audio=base64.b64encode(mulaw[at : at + 160]).decode())
            await asyncio.sleep(0.02)

    def of(self, name: str) -> list[dict[str, Any]]:
        return [event for _, event in self.got if event["type"] == name]


def test_messages_cross_two_links() -> None:
    async def whole() -> None:
        client = Client(MemoryServer(Setup(), Slow()), Link(100.0), Link(50.0))
        await asyncio.sleep(0.06)
        assert [event["type"] for _, event in client.got] == ["session.created"]
        client.send("input_audio_buffer.clear")
        await asyncio.sleep(0.14)
        assert len(client.got) == 1
        await asyncio.sleep(0.02)
        assert client.got[1][0] == pytest.approx(210.0)
        client.end.close()

    run(whole())


def test_sessions_are_apart_and_kept() -> None:
    async def whole() -> None:
        service = MemoryServer(Setup(), Slow())
        first, second = Client(service), Client(service)
        await asyncio.sleep(0.1)
        ids = {client.of("session.created")[0]["session"]["id"] for client in (first, second)}
        assert len(ids) == 2
        first.send("input_audio_buffer.clear")
        await asyncio.sleep(0.1)
        assert len(service.sessions[0].log) == 3 and len(service.sessions[1].log) == 1
        first.end.close()
        second.end.close()

    run(whole())


def test_refusals_and_ends() -> None:
    async def whole() -> None:
        service = MemoryServer(Setup(faults=Faults(refuse=429)), Slow())
        with pytest.raises(Refusal, match="429") as caught:
            service.connect(TARGET, BEARER)
        assert caught.value.status == 429 and "rate_limit_exceeded" in caught.value.body
        client = Client(MemoryServer(Setup(lifetime_s=2.0), Slow()))
        await asyncio.sleep(2.1)
        assert client.closed == 1001 and client.of("error")[0]["error"]["code"] == "session_expired"

    run(whole())


@pytest.mark.skipif(not SPEECH, reason="the speech engines are not installed: pip install 'offhook[local]'")
def test_a_conversation_by_voice() -> None:
    from offhook.sim.model_drive import SpeechEngines
    from offhook.speech.engines.espeak import EspeakSynthesizer

    async def whole() -> None:
        engines, caller = SpeechEngines(), EspeakSynthesizer()
        await engines.start()
        client = Client(MemoryServer(Setup(), engines))
        try:
            await asyncio.sleep(0.1)
            pcmu = {"format": {"type": "audio/pcmu"}}
            turns = {"type": "server_vad", "silence_duration_ms": 500}
            hear = {**pcmu, "turn_detection": turns, "transcription": {"model": "gpt-transcribe"}}
            session = {"type": "realtime", "audio": {"input": hear, "output": pcmu}}
            client.send("session.update", session={**session, "instructions": "You are a baker."})
            for words in ("who are you", "read me the menu", "what are your opening hours"):
                await client.say(b"\xff" * 8 * 400 + (await caller.speak(words)).audio + b"\xff" * 8 * 700)
            await asyncio.sleep(3)
        finally:
            client.end.close()
            await asyncio.gather(engines.close(), caller.close())
        heard = [e["transcript"] for e in client.of("conversation.item.input_audio_transcription.completed")]
        assert heard == ["who are you", "read me the menu", "what are your opening hours"]
        done = [event["response"] for event in client.of("response.done")]
        assert [each["status"] for each in done] == ["completed", "cancelled", "completed"]
        assert done[0]["output"][0]["content"][0]["transcript"] == "I am a baker."
        assert done[1]["status_details"]["reason"] == "turn_detected"
        audio = base64.b64decode(client.of("response.output_audio.delta")[0]["delta"])
        assert len(audio) == 1600 and len(set(audio)) > 50, "200 ms of a voice, no silence"

    run(whole())
