"""Two parties who hear each other."""

from typing import Any

from offhook.sim.bridge import RING_EVERY_MS, RING_MS, Bridge
from offhook.sim.orders import Press
from offhook.sim.stream import StreamPlayback


class Talker:
    def __init__(self, voice: int) -> None:
        self.voice = bytes([voice]) * 160

    def frame(self, now: float, ear: StreamPlayback) -> bytes:
        return self.voice

    def acts(self) -> list[Any]:
        return [Press("1")]


def run(bridge: Bridge, until_ms: float) -> None:
    while bridge.next_frame_ms <= until_ms:
        assert bridge.frame(bridge.next_frame_ms) == b"\x01" * 160


def test_it_rings_two_seconds_of_six_and_nobody_hears_the_caller() -> None:
    bridge = Bridge(Talker(1), 100)
    run(bridge, 100 + RING_EVERY_MS + RING_MS)
    bridge.end(100 + RING_EVERY_MS + RING_MS)
    silent = bridge.ear.played_ms_of_values()[0xFF]
    assert abs(silent - (RING_EVERY_MS - RING_MS)) < 100
    assert bridge.far_ear.played == [] and bridge.callee_acts() == ()


def test_once_joined_each_hears_the_other_without_a_hole() -> None:
    bridge = Bridge(Talker(1), 0)
    bridge.join(Talker(2), 0)
    run(bridge, 1000)
    bridge.end(1020)
    assert bridge.ear.played_ms_of_values() == {2: 1000} and bridge.far_ear.played_ms_of_values() == {1: 1000}
    assert len(bridge.ear.played) == 1 and bridge.ear.gaps() == []
    assert list(bridge.caller_acts()) == list(bridge.callee_acts()) == [Press("1")]
