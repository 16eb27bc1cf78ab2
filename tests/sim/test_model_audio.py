"""Audio from and to the wire."""

import numpy as np
import pytest

from offhook.audio import g711
from offhook.sim.model_audio import Intake, decode_alaw, encode_alaw, to_8k, to_wire
from offhook.sim.model_wire import Sound

MULAW, ALAW = Sound("mulaw", 8000), Sound("alaw", 8000)
PCM = [Sound("pcm16", rate) for rate in (8000, 16000, 24000)]


def sine(rate: int, ms: int = 400) -> bytes:
    t = np.arange(rate * ms // 1000) / rate
    return (np.sin(2 * np.pi * 440 * t) * 9000).astype("<i2").tobytes()


def error_db(got: bytes, wanted: bytes) -> float:
    a, b = (np.frombuffer(each, "<i2").astype(float)[400:-400] for each in (got, wanted))
    return float(10 * np.log10(((a - b) ** 2).mean() / (b**2).mean()))


def test_a_law_is_that_of_the_recommendation() -> None:
    """The ends of its table: 0xD5 and 0x55 are the smallest steps, 0xAA and 0x2A the largest."""
    assert np.frombuffer(decode_alaw(b"\xd5\x55\xaa\x2a"), "<i2").tolist() == [8, -8, 32256, -32256]
    every = bytes(range(256))
    assert encode_alaw(decode_alaw(every)) == every
    assert error_db(decode_alaw(encode_alaw(sine(8000))), sine(8000)) < -35


@pytest.mark.parametrize("sound", [MULAW, ALAW, *PCM], ids=str)
def test_there_and_back(sound: Sound) -> None:
    wanted = sine(8000)
    wire = to_wire(g711.encode(wanted), sound)
    assert len(wire) == 400 * sound.bytes_per_ms
    assert error_db(to_8k(wire, sound), wanted) < -30


@pytest.mark.parametrize("sound", [MULAW, ALAW, *PCM], ids=str)
def test_a_stream_in_odd_pieces_is_the_stream(sound: Sound) -> None:
    wire = to_wire(g711.encode(sine(8000)), sound)
    whole, pieces = Intake(sound), Intake(sound)
    together = b"".join(pieces(wire[at : at + 77]) for at in range(0, len(wire), 77))
    straight = whole(wire)
    assert together == straight
    assert len(straight) == pytest.approx(2 * 8 * 400, abs=16)
