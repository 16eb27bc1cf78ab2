"""µ-law tables against the recommendation's own figures."""

import math

import numpy as np
import pytest

from offhook.audio import g711


def _values(pcm16: bytes) -> list[int]:
    return [int(value) for value in np.frombuffer(pcm16, "<i2")]


def _expand(code: int) -> int:
    """ITU-T G.711 table 2, worked by hand on one code."""
    code = ~code & 255
    magnitude = ((code & 15) * 2 + 33 << (code >> 4 & 7)) - 33
    return (-magnitude if code & 128 else magnitude) * 4


def test_every_code_decodes_as_the_recommendation_says() -> None:
    assert _values(g711.decode(bytes(range(256)))) == [_expand(code) for code in range(256)]


def test_every_code_but_negative_zero_survives_decode_and_encode() -> None:
    codes = bytes(code for code in range(256) if code != 0x7F)
    assert g711.encode(g711.decode(codes)) == codes


def test_a_wave_and_its_negative_differ_only_in_the_sign_bit() -> None:
    values = np.arange(1, 32768, dtype="<i2")
    plus, minus = (np.frombuffer(g711.encode(v.tobytes()), np.uint8) for v in (values, -values))
    assert np.array_equal(plus & 127, minus & 127)


def test_the_error_is_at_most_half_a_step() -> None:
    values = np.arange(-32768, 32768, dtype=np.int32)
    back = np.frombuffer(g711.decode(g711.encode(values.astype("<i2").tobytes())), "<i2").astype(np.int32)
    inside = np.abs(values) <= 32124  # the loudest value there is
    assert (np.abs(back - values) <= (np.abs(values) + 132) / 32)[inside].all()


def test_a_loud_tone_keeps_35_db_of_signal_to_noise() -> None:
    tone = np.rint(10000 * np.sin(2 * math.pi * 440 / 8000 * np.arange(8000)))
    back = np.frombuffer(g711.decode(g711.encode(tone.astype("<i2").tobytes())), "<i2")
    assert 10 * math.log10((tone**2).mean() / ((back - tone) ** 2).mean()) > 35


def test_silence_is_ff() -> None:
    assert g711.encode(bytes(4)) == b"\xff\xff"


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError):
        g711.encode(b"\x00")
