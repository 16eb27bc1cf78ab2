"""Sounds have the length, the loudness and the spectrum that their names promise."""

import numpy as np
import pytest

from offhook.audio.level import speech_rms
from offhook.sim import sounds
from offhook.sim.sounds import RATE, SOUNDS, Samples, at_level


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def share(samples: Samples, low_hz: float, high_hz: float) -> float:
    """The part of the power between two frequencies."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(power[(hz >= low_hz) & (hz < high_hz)].sum() / power.sum())


def dbfs(samples: Samples) -> float:
    return float(20 * np.log10(speech_rms(samples, RATE) / 32768))


def bursts(samples: Samples) -> int:
    """How often it sounds: stretches within 20 dB of the loudest 5 ms that are 40 ms apart."""
    power = (samples[: len(samples) // 40 * 40].reshape(-1, 40) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() / 100)
    return int((np.diff(loud) > 8).sum()) + 1


@pytest.mark.parametrize(("name", "seconds", "level", "count"), [
    ("cough", 0.52, -18, 2), ("throat", 0.6, -24, None), ("breath", 0.9, -32, 1), ("knock", 0.75, -22, 3), ("keys", 1.6, -30, 8),
])  # fmt: skip
def test_each_sound_is_as_long_and_as_loud_as_it_should_be(
    name: str, seconds: float, level: float, count: int | None
) -> None:
    for seed in range(5):
        sound = SOUNDS[name](rng(seed))
        assert len(sound) == pytest.approx(seconds * RATE, abs=2)
        assert dbfs(sound) == pytest.approx(level, abs=0.1)
        assert np.abs(sound).max() < 32768
        assert count is None or bursts(sound) == count


def test_a_seed_makes_the_same_sound_again() -> None:
    for make in SOUNDS.values():
        assert (make(rng(3)) == make(rng(3))).all() and (make(rng(3)) != make(rng(4))).any()


def test_spectra_are_plausible() -> None:
    assert share(SOUNDS["keys"](rng()), 1000, 4000) > 0.9, "keys click"
    assert share(SOUNDS["knock"](rng()), 100, 1000) > 0.7, "wood is low"
    assert share(SOUNDS["cough"](rng()), 300, 3000) > 0.8
    assert share(SOUNDS["throat"](rng()), 300, 2300) > 0.8
    assert share(SOUNDS["breath"](rng()), 250, 2200) > 0.9
    assert share(sounds.street(rng(), 8), 0, 600) > 0.7, "traffic rumbles"
    thirds = [share(sounds.white(rng(), 8), low, low + 950) for low in (300, 1250, 2200)]
    assert max(thirds) < 1.15 * min(thirds), "white is flat"


def test_a_cough_begins_hard() -> None:
    cough = sounds.cough(rng())
    power = (cough[: 80 * 52].reshape(-1, 80) ** 2).mean(axis=1)
    assert power[:2].max() > 0.3 * power.max(), "within 20 ms"


def test_babble_is_all_of_its_talkers_and_as_long_as_asked() -> None:
    low, high = (np.sin(2 * np.pi * hz * np.arange(RATE) / RATE) for hz in (300, 2000))
    crowd = sounds.babble(rng(), 3.0, [low, high, np.zeros(0)])
    assert len(crowd) == 3 * RATE
    assert 0.1 < share(crowd, 250, 350) < 0.9 and share(crowd, 250, 350) + share(crowd, 1950, 2050) > 0.99


def test_silence_stays_silent_at_any_level() -> None:
    assert (at_level(np.zeros(800), -20) == 0).all()
