"""Voices brought to telephone level while they speak."""

import numpy as np
import pytest

from offhook.audio.level import CEILING, speech_rms
from offhook.audio.leveller import Leveller, Loudness, learn

RATE = 24_000


def speech(dbfs: float, seconds: float, seed: int = 1) -> bytes:
    """Noise in syllables and with a pause after each four, at `dbfs` while it sounds."""
    at = np.arange(int(seconds * RATE)) / RATE
    sounds = (np.sin(2 * np.pi * 4 * at) > 0) & (at % 1.5 < 1.0)
    noise = np.random.default_rng(seed).standard_normal(len(at)) * sounds * 32768 * 10 ** (dbfs / 20)
    return np.clip(np.rint(noise), -32768, 32767).astype("<i2").tobytes()


def dbfs(pcm16: bytes) -> float:
    return float(20 * np.log10(speech_rms(np.frombuffer(pcm16, "<i2").astype(float), RATE) / 32768))


def in_pieces(leveller: Leveller, pcm16: bytes, size: int) -> bytes:
    return b"".join(leveller(pcm16[at : at + size]) for at in range(0, len(pcm16), size))


@pytest.mark.parametrize("before", [-45, -35, -27, -20, -14])
def test_a_voice_that_is_known_comes_out_at_20_db_below_full_scale(before: float) -> None:
    loudness = Loudness()
    learn(loudness, speech(before, 6), RATE)
    assert dbfs(Leveller(loudness, RATE)(speech(before, 3, seed=2))) == pytest.approx(-20, abs=0.7)


@pytest.mark.parametrize("before", [-32, -12])
def test_one_that_was_never_heard_is_there_after_a_second(before: float) -> None:
    out = Leveller(Loudness(), RATE)(speech(before, 4))
    assert dbfs(out[: RATE // 5]) == pytest.approx(before, abs=4), "it begins as it came"
    assert dbfs(out[2 * RATE * 3 // 2 :]) == pytest.approx(-20, abs=1)


def test_a_soft_word_stays_softer() -> None:
    loudness = Loudness()
    learn(loudness, speech(-25, 20), RATE)
    assert dbfs(Leveller(loudness, RATE)(speech(-31, 1))) == pytest.approx(-26, abs=1)


def test_no_peak_is_clipped() -> None:
    loudness = Loudness()
    learn(loudness, speech(-40, 5), RATE)
    out = np.frombuffer(Leveller(loudness, RATE)(speech(-3, 1)), "<i2").astype(int)
    assert np.abs(out).max() <= CEILING + 1
    assert len(set(out[np.abs(out) > CEILING * 0.9])) > 20, "rounded off, not cut off"


def test_silence_and_hiss_teach_nothing() -> None:
    loudness = Loudness()
    assert Leveller(loudness, RATE)(bytes(48_000)) == bytes(48_000)
    learn(loudness, np.random.default_rng(2).integers(-3, 4, RATE).astype("<i2").tobytes(), RATE)
    assert loudness.gain == 1.0


@pytest.mark.parametrize("size", [1, 7, 333, 960, 4801])
def test_it_is_the_same_however_it_is_cut(size: int) -> None:
    audio = speech(-30, 0.5)
    assert in_pieces(Leveller(Loudness(), RATE), audio, size) == Leveller(Loudness(), RATE)(audio)


def test_speech_is_hardly_bent() -> None:
    """What the curve takes off the peaks of speech with its usual crest is 30 dB below it, or less."""
    loudness = Loudness()
    learn(loudness, speech(-30, 10), RATE)
    audio = speech(-30, 2, seed=3)
    out = np.frombuffer(Leveller(loudness, RATE)(audio), "<i2").astype(float)
    plain = np.frombuffer(audio, "<i2") * loudness.gain
    assert 20 * np.log10(speech_rms(out - plain, RATE) / speech_rms(plain, RATE)) < -30
