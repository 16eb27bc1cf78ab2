"""Utterances at telephone level."""

import numpy as np
import pytest

from offhook.audio.level import level, speech_rms


def _speech(rms_db: float, seed: int = 1) -> bytes:
    """One second of noise in syllables, its active part at `rms_db` below full scale, then a second of silence."""
    rng = np.random.default_rng(seed)
    syllables = np.sin(2 * np.pi * 4 * np.arange(8000) / 8000) > 0
    noise = rng.standard_normal(8000) * syllables
    noise *= 32768 * 10 ** (rms_db / 20)
    return np.concatenate((np.clip(np.rint(noise), -32768, 32767), np.zeros(8000))).astype("<i2").tobytes()


def _rms_db(pcm16: bytes) -> float:
    return float(20 * np.log10(speech_rms(np.frombuffer(pcm16, "<i2").astype(float), 8000) / 32768))


@pytest.mark.parametrize("before_db", [-45, -35, -20, -14])
def test_speech_comes_out_at_20_db_below_full_scale(before_db: float) -> None:
    assert _rms_db(level(_speech(before_db), 8000)) == pytest.approx(-20, abs=0.5)


def test_pauses_do_not_count() -> None:
    speech = _speech(-30)
    assert level(speech + bytes(160000), 8000)[: len(speech)] == level(speech, 8000)


def test_a_peak_is_rounded_off_and_not_clipped() -> None:
    samples = np.frombuffer(_speech(-40), "<i2").copy()
    samples[2000:2010] = 12000
    out = np.frombuffer(level(samples.tobytes(), 8000), "<i2").astype(int)
    assert np.abs(out).max() <= 32768 * 10 ** (-2 / 20) + 1
    assert out[2000:2010].min() > 20000


def test_what_is_far_from_a_peak_is_not_touched_by_the_limiter() -> None:
    samples = np.frombuffer(_speech(-40), "<i2").copy()
    plain = np.frombuffer(level(samples.tobytes(), 8000), "<i2")
    samples[2500] = 20000  # inside a pause's edge: too short to move the level much
    peaked = np.frombuffer(level(samples.tobytes(), 8000), "<i2")
    ratio = peaked[4200:4800].astype(float).std() / plain[4200:4800].astype(float).std()
    steady = peaked[100:900].astype(float).std() / plain[100:900].astype(float).std()
    assert ratio == pytest.approx(steady, rel=0.01)


def test_silence_stays_silence() -> None:
    assert level(bytes(3200), 8000) == bytes(3200)
    assert level(b"", 8000) == b""


def test_hiss_is_raised_by_30_db_at_most() -> None:
    hiss = np.random.default_rng(2).integers(-2, 3, 8000).astype("<i2").tobytes()
    assert np.abs(np.frombuffer(level(hiss, 8000), "<i2")).max() <= 2 * 32


def test_the_length_does_not_change() -> None:
    assert len(level(_speech(-30)[:-6], 8000)) == len(_speech(-30)) - 6
