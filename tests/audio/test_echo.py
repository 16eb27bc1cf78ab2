"""Echoes of noise that is shaped like speech: syllables of changing colour. Real voices: bench/echo.py."""

import numpy as np
import pytest

from offhook.audio import g711
from offhook.audio.echo import PLAYED, REACH, WINDOW, EchoGuard, correlate


def speech(seed: int, ms: int) -> np.ndarray:
    """Syllables of 160 ms, each a buzz of its own pitch through its own resonances, at about −20 dBFS."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(-(-ms // 160)):
        n = np.arange(1280)
        pitch = rng.uniform(90, 220) * (1 + rng.uniform(-0.2, 0.2) * n / 1280)
        buzz = (np.diff(np.floor(np.cumsum(pitch) / 8000), prepend=0) > 0) + 0.05 * rng.standard_normal(1280)
        hz = np.fft.rfftfreq(1280, 1 / 8000)
        tract = sum(1 / (1 + ((hz - f) / 120) ** 2) for f in rng.uniform((300, 900, 2000), (900, 2000, 3300)))
        parts.append(np.fft.irfft(np.fft.rfft(buzz) * tract) * np.sin(np.pi * n / 1280) ** 0.5)
    joined = np.concatenate(parts)[: ms * 8]
    return 0.1 * joined / joined.std()


def through(samples: np.ndarray) -> np.ndarray:
    """µ-law and back."""
    pcm16 = g711.decode(g711.encode(np.rint(np.clip(samples, -1, 0.9999) * 32768).astype("<i2").tobytes()))
    return np.frombuffer(pcm16, "<i2") / 32768


def late(samples: np.ndarray, lag: int) -> np.ndarray:
    return np.concatenate((np.zeros(lag), samples))[: len(samples)]


def room(seed: int) -> np.ndarray:
    """A room whose sound dies away by 60 dB in 300 ms, as strong as the direct sound."""
    rng = np.random.default_rng(seed)
    tail = rng.standard_normal(3200) * np.exp(-6.9 * np.arange(3200) / 2400)
    tail[:16] = 0
    tail /= np.sqrt((tail**2).sum())
    tail[0] = 1
    return tail


def verdicts(heard: np.ndarray, played: np.ndarray, guard: EchoGuard | None = None) -> list[tuple[str, float, float]]:
    """(verdict, power before, power left) of each window."""
    guard = guard or EchoGuard()
    noise = np.random.default_rng(9).standard_normal(len(heard)) * 10 ** (-62 / 20)
    inbound = np.rint(through(heard + noise) * 32768).astype("<i2")
    reference = np.concatenate((np.zeros(PLAYED, "<i2"), np.rint(through(played) * 32768).astype("<i2")))
    judged = []
    for end in range(WINDOW, len(heard) + 1, WINDOW):
        window = inbound[end - WINDOW : end]
        left, verdict = guard.listen(window.tobytes(), reference[end : end + PLAYED].tobytes())
        rest = np.frombuffer(left, "<i2").astype(float)
        judged.append((verdict, (window.astype(float) ** 2).mean(), (rest**2).mean()))
    return judged


def test_the_lag_is_found_whatever_the_level():
    played = speech(1, 1400).astype(np.float32)
    for lag in (0, 960, 3333, REACH):
        heard = 0.01 * played[len(played) - lag - 1024 : len(played) - lag]
        likeness = correlate(heard, played[-1024 - REACH :])
        assert len(likeness) == REACH + 1
        assert likeness.argmax() == lag
        assert 0.8 < likeness.max() <= 1.01


def test_another_voice_is_not_like_what_was_played():
    played, other = (speech(seed, 1400).astype(np.float32) for seed in (1, 2))
    assert correlate(other[-1024:], played[-1024 - REACH :]).max() < 0.5


@pytest.mark.parametrize("level", [0.5, 0.1, 0.03])
@pytest.mark.parametrize("lag", [960, 2400, 6400])
def test_an_echo_is_known_in_its_first_windows_and_then_taken_out(level, lag):
    played = np.concatenate((np.zeros(1600), speech(3, 4000)))
    judged = verdicts(level * late(played, lag), played)
    first = (1600 + lag) // WINDOW
    assert {verdict for verdict, *_ in judged[:first]} == {"clear"}
    assert {verdict for verdict, *_ in judged[first + 4 :]} == {"echo"}
    before, left = (sum(powers) for powers in zip(*(powers for _, *powers in judged[-40:]), strict=True))
    assert left < before / 10


def test_a_room_is_an_echo_too():
    played = speech(4, 4000)
    judged = verdicts(0.2 * late(np.convolve(played, room(1))[: len(played)], 2000), played)
    assert [verdict for verdict, *_ in judged].count("echo") > 0.9 * (len(judged) - 2000 // WINDOW)


def test_a_caller_over_a_known_echo_is_seen_in_the_first_windows():
    played, caller = speech(5, 5000), speech(6, 1000)
    heard = 0.2 * late(played, 2000)
    begins = 24_000
    heard[begins : begins + len(caller)] += 0.2 * caller
    judged = [verdict for verdict, *_ in verdicts(heard, played)]
    window = begins // WINDOW
    assert "clear" not in judged[2000 // WINDOW + 4 : window]
    assert judged[window : window + 6].count("clear") >= 2, "as loud as the echo, within 200 ms"


def test_a_caller_without_an_echo_is_seen_at_once_and_left_as_he_is():
    played = speech(7, 4000)
    judged = verdicts(late(speech(8, 4000), 800), played)
    names = [verdict for verdict, *_ in judged]
    assert names.count("echo") < 0.05 * len(names)
    assert "clear" in names[4:8]
    before, left = (sum(powers) for powers in zip(*(powers for _, *powers in judged), strict=True))
    assert left > 0.95 * before


def test_a_path_that_gets_longer_between_two_answers_is_followed():
    played = np.concatenate((speech(9, 2000), np.zeros(12_000), speech(10, 2000)))
    heard = 0.2 * np.concatenate((late(played, 2000)[:26_000], late(played, 2140)[26_000:]))
    guard = EchoGuard()
    judged = [verdict for verdict, *_ in verdicts(heard, played, guard)]
    assert guard.lag == 2140
    assert "clear" not in judged[30_140 // WINDOW + 1 :]


def test_nothing_played_or_nothing_heard_is_clear():
    assert {verdict for verdict, *_ in verdicts(speech(11, 1000), np.zeros(8000))} == {"clear"}
    guard, silence = EchoGuard(), bytes(2 * WINDOW)
    played = np.rint(speech(12, 1300)[-PLAYED:] * 32768).astype("<i2").tobytes().rjust(2 * PLAYED, b"\0")
    assert guard.listen(silence, played) == (silence, "clear")


def test_what_stands_for_an_echo_is_as_quiet_as_the_line():
    guard = EchoGuard()
    assert 0 < np.abs(np.frombuffer(guard.hush(), "<i2")).max() < 300
    guard.pause()
    assert guard.lag is None
