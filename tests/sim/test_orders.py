"""What a call is set up with, and the party that only listens."""

from offhook.sim.orders import Faults, Setup, Silent
from offhook.sim.signature import Account
from offhook.sim.stream import StreamPlayback


def test_a_silent_party_says_and_does_nothing() -> None:
    assert Silent().frame(20, StreamPlayback()) == b"\xff" * 160
    assert list(Silent().acts()) == []


def test_nothing_goes_wrong_unless_told() -> None:
    faults = Setup("http://h/voice", Account("AC1", "t")).faults
    assert faults == Faults() and not faults.drop_stream_after_ms and not faults.marks.lose
