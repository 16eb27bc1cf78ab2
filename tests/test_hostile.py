"""Two hundred hostile connections beside one good call: the call is whole, and everything is given back."""

import asyncio
import contextlib
import gc
import os
import random
import resource
import socket
import threading

import pytest

from offhook.core import events as e
from offhook.server.media import Limits
from offhook.sim.carrier import CarrierCall
from offhook.sim.orders import Setup
from offhook.sim.phone import place_call
from offhook.sim.signature import Account
from tests.pair import ScriptedAgent
from tests.polling import wait_for
from tests.server.running import ACCOUNT, KEY, media_message, running, start_message
from tests.server.test_media import stream_of, upgrade_head

LEAD_MS = 500


class Steady(ScriptedAgent):
    """Speaks in real time, half a second ahead: a stall of the process is a gap at the ear."""

    seconds = 4.0

    def send(self, command):
        super().send(command)
        if isinstance(command, e.Greet):
            self.piece("answer", LEAD_MS)
            self.speaking = asyncio.get_running_loop().create_task(self.speak())

    async def speak(self):
        loop = asyncio.get_running_loop()
        began = loop.time()
        for n in range(int(self.seconds * 10)):
            await asyncio.sleep(max(0.0, began + n * 0.1 - loop.time()))
            self.piece("answer", 100)
        self.call.end_item("answer")


def frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """A masked WebSocket frame."""
    length = len(payload)
    size = bytes([0x80 | 126]) + length.to_bytes(2, "big") if length < 65536 else b"\xff" + length.to_bytes(8, "big")
    return bytes([0x80 * final | opcode]) + size + bytes(4) + payload


def hostile(server, number: int, rnd: random.Random) -> socket.socket:
    """One hostile connection; there are nine kinds."""
    path, token = stream_of(server.call(f"CAhostile{number}").text)
    peer = socket.create_connection(("127.0.0.1", server.port))
    peer.setblocking(False)
    upgrade = upgrade_head(server, path)
    start = frame(1, start_message(f"CAhostile{number}", token).encode())
    kinds = [
        b"",
        b"GET /ws/media/x HTTP/1.1\r\nHost: h\r\nX: ",
        b"GET /ws/media/x HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 50_000,
        upgrade,
        upgrade + rnd.randbytes(5000),
        upgrade + start + frame(2, bytes(300)) * 25,
        upgrade + start + frame(1, b"garbage") * 25,
        upgrade + frame(1, b"x" * 60_000, final=False) + frame(0, b"x" * 60_000, final=False) * 160,
        upgrade + start + frame(1, media_message(b"\x7f" * 160).encode()) * 20,  # and never reads
    ]
    with contextlib.suppress(BlockingIOError, ConnectionError):
        peer.sendall(kinds[number % len(kinds)])
    return peer


def beside(seconds: float, connections: int) -> dict[str, float]:
    """A good call of some seconds beside the hostile ones; what came of it."""

    class Talker(Steady):
        pass

    Talker.seconds = seconds
    rnd = random.Random(7)
    limits = Limits(start_seconds=1.0, message_bytes=1 << 20)
    with running(agent=Talker, head_seconds=1.0, media=limits, max_call_seconds=seconds + 3.0) as server:
        server.call("CAwarm")
        wait_for(lambda: server.in_loop(lambda: server.app.switchboard.live) <= 1)
        descriptors = len(os.listdir("/proc/self/fd"))
        setup = Setup(
            f"{server.origin}/incoming-call", Account(ACCOUNT, KEY.secret), hang_up_after_ms=seconds * 1000 + 1500,
        )  # fmt: skip
        good = CarrierCall(setup)
        calling = threading.Thread(target=lambda: asyncio.run(place_call(good)))
        calling.start()
        peers = [hostile(server, number, rnd) for number in range(connections)]
        calling.join(60)
        for number, peer in enumerate(peers):
            peer.close()
            server.post("/twilio/status", {"CallSid": f"CAhostile{number}", "CallStatus": "completed"})
        server.post("/twilio/status", {"CallSid": "CAwarm", "CallStatus": "completed"})
        agent = next(agent for agent in server.agents if agent.values and agent.call.info.sid == setup.call_sid)
        spoken = agent.generated["answer"]
        heard = good.streams[0].playback.played_ms_of_values()[agent.values["answer"]]
        gaps = [gap.to_ms - gap.from_ms for gap in good.streams[0].playback.underruns]
        wait_for(lambda: server.in_loop(lambda: server.app.switchboard.live) == 0, 20)
        wait_for(lambda: gc.collect() >= 0 and len(os.listdir("/proc/self/fd")) <= descriptors, 10)
    return {"spoken": spoken, "heard": heard, "gaps": len(gaps), "worst gap": max(gaps, default=0.0)}


@pytest.mark.timeout(60)
def test_a_good_call_beside_two_hundred_hostile_connections_is_whole():
    outcome = beside(3.0, 200)
    assert outcome["spoken"] == 3500
    assert outcome["heard"] == outcome["spoken"]


@pytest.mark.soak
def test_no_gap_is_heard_beside_hostile_connections(capsys):
    with capsys.disabled():
        for round_ in range(3):
            outcome = beside(8.0, 200)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"\nround {round_}: {outcome}, peak memory {memory:.0f} MB")
            assert outcome["gaps"] == 0
