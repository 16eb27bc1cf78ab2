"""What is added to a caller's voice."""

import numpy as np

from offhook.audio import g711
from offhook.sim.line import Line

SILENT = b"\xff" * 160
TONE = g711.encode((8000 * np.sin(np.arange(160) / 3)).astype("<i2").tobytes())


def rms(mulaw: bytes) -> float:
    return float(np.sqrt((np.frombuffer(g711.decode(mulaw), "<i2").astype(float) ** 2).mean()))


def test_a_clean_line_changes_nothing() -> None:
    assert Line().carry(TONE, 0.0) is TONE


def test_noise_lasts_as_long_as_it_should_and_is_repeated() -> None:
    line = Line()
    line.add_noise(TONE[:80], 20.0, 40.0)
    frames = [line.carry(SILENT, at) for at in (0.0, 20.0, 40.0, 60.0)]
    assert frames[0] == SILENT == frames[3]
    assert frames[1] == TONE[:80] * 2 == frames[2]


def test_noise_and_voice_add_up() -> None:
    line = Line()
    line.add_noise(TONE, 0.0)
    assert abs(rms(line.carry(TONE, 0.0)) / rms(TONE) - 2) < 0.05


def test_an_echo_comes_late_and_as_much_lower() -> None:
    line = Line(echo_ms=50.0, echo_gain=0.1)
    line.hear([(30.0, TONE)])
    frames = [line.carry(SILENT, at) for at in (60.0, 80.0, 100.0)]
    assert frames[0] == SILENT == frames[2]
    assert abs(rms(frames[1]) / rms(TONE) - 0.1) < 0.01


def test_an_echo_keeps_its_place_within_a_frame_over_pieces_and_holes() -> None:
    line = Line(echo_ms=20.0, echo_gain=1.0)
    line.hear([(5.0, TONE[:40]), (15.0, TONE[:40])])
    frame = line.carry(SILENT, 20.0)
    assert frame == b"\xff" * 40 + TONE[:40] + b"\xff" * 40 + TONE[:40]
    assert line.carry(SILENT, 40.0) == SILENT and line._heard == []
