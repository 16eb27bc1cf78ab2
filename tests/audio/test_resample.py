"""Converters measured: what passes, what is kept out, how late, and that cutting a stream changes nothing."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.audio.resample import (
    Down16To8,
    Down24To8,
    Down24To16,
    Up8To16,
    Up8To16Clean,
    Up8To24,
    Up16To24,
    resample,
)

Stream = Up8To24 | Down24To8 | Up8To16 | Up8To16Clean | Down16To8 | Up16To24 | Down24To16
STREAMS: list[Callable[[], Stream]] = [Up8To24, Down24To8, Up8To16, Up8To16Clean, Down16To8, Up16To24, Down24To16]
NOISE = np.random.default_rng(711).integers(-32768, 32768, 2400).astype("<i2").tobytes()


def _tone(hz: float, rate: int, seconds: float = 1.0, amplitude: float = 16000) -> bytes:
    return np.rint(amplitude * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype("<i2").tobytes()


def _db(pcm16: bytes, amplitude: float = 16000) -> float:
    """Level against the tone that went in, without the ends."""
    samples = np.frombuffer(pcm16, "<i2").astype(float)[500:-500]
    return float(10 * np.log10((samples**2).mean() / (amplitude**2 / 2) + 1e-15))


@pytest.mark.parametrize("stream", STREAMS)
@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=12))
def test_any_cut_of_a_stream_gives_the_same_samples(stream: type[Up8To24], cuts: list[int]) -> None:
    whole = stream()
    expected = whole(NOISE) + whole.flush()
    edges = [0, *sorted(cuts), len(NOISE)]
    cut = stream()
    pieces = [cut(NOISE[a:b]) for a, b in pairwise(edges)]
    assert b"".join(pieces) + cut.flush() == expected


@pytest.mark.parametrize("hz", [4300, 5000, 6000, 7000, 8000, 9000, 10000, 11000])
def test_what_8_khz_cannot_carry_is_80_db_down(hz: int) -> None:
    assert _db(Down24To8()(_tone(hz, 24000))) < -80


@pytest.mark.parametrize("hz", [300, 1000, 2000, 3000, 3400])
@pytest.mark.parametrize(
    ("stream", "rate"),
    [
        (Up8To24, 8000),
        (Down24To8, 24000),
        (Up8To16Clean, 8000),
        (Down16To8, 16000),
        (Up16To24, 16000),
        (Down24To16, 24000),
    ],
)
def test_speech_passes_unchanged(stream: type[Up8To24], rate: int, hz: int) -> None:
    assert _db(stream()(_tone(hz, rate))) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize(
    ("stream", "rate", "hz"),
    [(Down16To8, 16000, 4300), (Down16To8, 16000, 7000), (Down24To16, 24000, 8300), (Down24To16, 24000, 11000)],
)
def test_what_the_lower_rate_cannot_carry_is_80_db_down(stream: type[Up8To24], rate: int, hz: int) -> None:
    assert _db(stream()(_tone(hz, rate))) < -80


@pytest.mark.parametrize(("rate", "hz"), [(8000, 1000), (8000, 3000), (16000, 1000), (16000, 7000)])
def test_images_of_the_other_rates_are_80_db_down(rate: int, hz: int) -> None:
    stream, to_rate = (Up8To16Clean(), 16000) if rate == 8000 else (Up16To24(), 24000)
    up = np.frombuffer(stream(_tone(hz, rate, 1.5)), "<i2").astype(float)[2000 : 2000 + to_rate]
    spectrum = np.abs(np.fft.rfft(up * np.kaiser(len(up), 20)))
    near = slice(hz - 40, hz + 40)
    tone = spectrum[near].max()
    spectrum[near] = 0
    assert 20 * np.log10(spectrum.max() / tone) < -80


@pytest.mark.parametrize("hz", [1000, 3000])
def test_images_after_upsampling_are_80_db_down(hz: int) -> None:
    up = np.frombuffer(Up8To24()(_tone(hz, 8000, 1.5)), "<i2").astype(float)[2000:26000]
    spectrum = np.abs(np.fft.rfft(up * np.kaiser(len(up), 20)))
    near = slice(hz - 40, hz + 40)  # one bin is one hertz
    tone = spectrum[near].max()
    spectrum[near] = 0
    assert 20 * np.log10(spectrum.max() / tone) < -80


@pytest.mark.parametrize(
    ("stream", "rate", "to_rate", "most_ms"),
    [(Up8To24, 8000, 24000, 3), (Down24To8, 24000, 8000, 3), (Up8To16, 8000, 16000, 2), (Up8To16Clean, 8000, 16000, 3),
     (Down16To8, 16000, 8000, 3), (Up16To24, 16000, 24000, 3), (Down24To16, 24000, 16000, 3)],
)  # fmt: skip
def test_a_click_leaves_at_most_3_ms_later(stream: type[Up8To24], rate: int, to_rate: int, most_ms: float) -> None:
    click = np.zeros(rate // 10, "<i2")
    click[240] = 20000
    out = np.frombuffer(stream()(click.tobytes()), "<i2")
    delay_ms = int(np.abs(out.astype(int)).argmax()) * 1000 / to_rate - 240 * 1000 / rate
    assert 0 < delay_ms <= most_ms


@pytest.mark.parametrize(
    ("stream", "frame", "out"),
    [(Up8To24, 320, 960), (Down24To8, 960, 320), (Up8To16, 320, 640), (Up16To24, 640, 960), (Down24To16, 960, 640)],
)
def test_nothing_is_held_back_from_a_frame(stream: type[Up8To24], frame: int, out: int) -> None:
    converter = stream()
    assert {len(converter(bytes(frame))) for _ in range(5)} == {out}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_flushed_converter_is_as_new(stream: type[Up8To24]) -> None:
    used = stream()
    used(NOISE + b"\x01")
    used.flush()
    assert used(NOISE) == stream()(NOISE)


def test_flush_gives_the_delay_and_no_more() -> None:
    up, down = Up8To24(), Down24To8()
    up(bytes(320)), down(bytes(960))
    assert (len(up.flush()), len(down.flush())) == (2 * 72, 2 * 24)


def test_full_scale_is_clipped_and_never_wraps() -> None:
    square = np.tile(np.repeat(np.array([32767, -32768], "<i2"), 20), 50)
    out = np.frombuffer(Up8To24()(square.tobytes()), "<i2")[1000:-1000].reshape(-1)
    assert out.max() == 32767 and out.min() == -32768
    jumps = np.abs(np.diff(out.astype(int)))
    assert jumps.max() < 40000  # a wrap would be 65535


def test_the_recognisers_upsampler_leaves_a_tenth_of_the_image() -> None:
    out = np.frombuffer(Up8To16()(_tone(1000, 8000)), "<i2").astype(float)[1000:15000]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    tone, image = spectrum[870:880].max(), spectrum[6120:6130].max()
    assert image / tone == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 24000, 44100, 48000])
def test_a_clip_of_any_rate_keeps_its_tone_in_place(rate: int) -> None:
    out = np.frombuffer(resample(_tone(1000, rate), rate, 8000), "<i2").astype(float)
    expected = 16000 * np.sin(2 * np.pi * 1000 * np.arange(len(out)) / 8000)
    error = (out - expected)[200:-200]
    assert 10 * np.log10((expected**2).mean() / (error**2).mean()) > 80


@pytest.mark.parametrize("rate", [16000, 22050, 44100])
def test_a_clip_is_free_of_aliases(rate: int) -> None:
    assert _db(resample(_tone(5000, rate), rate, 8000)) < -80


def test_a_clip_keeps_its_length() -> None:
    assert len(resample(bytes(2 * 22050), 22050, 8000)) == 2 * 8000


def test_an_empty_clip_stays_empty() -> None:
    assert resample(b"", 22050, 8000) == b""


def test_a_clip_at_the_wanted_rate_is_returned_as_it_is() -> None:
    assert resample(NOISE, 8000, 8000) is NOISE
