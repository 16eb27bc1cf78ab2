import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.audio.convert import Between, Converter
from offhook.audio.format import MULAW_8K, PCM16_8K, PCM16_16K, PCM16_24K, Format

FORMATS = (MULAW_8K, PCM16_8K, PCM16_16K, PCM16_24K)


def tone(form, ms, hertz=440.0):
    n = np.arange(ms * form.rate // 1000)
    pcm16 = (8000 * np.sin(2 * np.pi * hertz * n / form.rate)).astype("<i2").tobytes()
    return Converter(PCM16_8K, MULAW_8K)(pcm16) if form is MULAW_8K else pcm16


def samples(form, audio):
    pcm16 = Converter(MULAW_8K, PCM16_8K)(audio) if form is MULAW_8K else audio
    return np.frombuffer(pcm16, "<i2").astype(float)


@pytest.mark.parametrize("source", FORMATS, ids=str)
@pytest.mark.parametrize("target", FORMATS, ids=str)
def test_an_aligned_stream_is_as_long_as_its_source_and_each_moment_stays_where_it_was(source, target):
    convert = Converter(source, target, aligned=True)
    audio = b"".join(
        convert(tone(source, 500)[at : at + 20 * source.bytes_per_ms])
        for at in range(0, 500 * source.bytes_per_ms, 20 * source.bytes_per_ms)
    )
    audio += convert.flush()
    assert len(audio) == 500 * target.bytes_per_ms
    got, wanted = samples(target, audio), samples(target, tone(target, 500))
    middle = slice(20 * target.rate // 1000, -20 * target.rate // 1000)
    noise = np.sqrt(np.mean((got - wanted)[middle] ** 2)) / np.sqrt(np.mean(wanted[middle] ** 2))
    down = target.rate < source.rate  # whose delay is 0.08 ms short of 3 ms
    assert noise < (0.25 if down else 0.03), "the same wave at the same place"


@settings(max_examples=30)
@given(st.lists(st.integers(0, 700), max_size=12), st.sampled_from([(PCM16_24K, MULAW_8K), (PCM16_8K, MULAW_8K),
                                                                    (MULAW_8K, PCM16_24K), (PCM16_16K, PCM16_24K),
                                                                    (PCM16_24K, PCM16_16K), (PCM16_16K, MULAW_8K)]))  # fmt: skip
def test_a_stream_may_be_cut_anywhere_even_within_a_sample(cuts, formats):
    source, target = formats
    whole = tone(source, 100, 1000.0)
    one, pieces = Converter(source, target, aligned=True), Converter(source, target, aligned=True)
    got, at = b"", 0
    for length in [*cuts, len(whole)]:
        got += pieces(whole[at : at + length])
        at += length
    assert got + pieces.flush() == one(whole) + one.flush()


def test_a_stream_that_is_not_aligned_withholds_nothing():
    convert = Converter(MULAW_8K, PCM16_24K)
    assert [len(convert(b"\xff" * 160)) for _ in range(5)] == [960] * 5


def test_a_rate_there_is_no_way_to_is_refused():
    with pytest.raises(ValueError, match="22050"):
        Converter(Format("pcm16", 22050), MULAW_8K)


def test_between_a_call_and_a_leg_each_item_has_its_own_stream():
    between = Between(MULAW_8K, PCM16_24K)
    said = tone(PCM16_24K, 300)
    for at in range(0, len(said), 960):
        down = between.down("a", said[at : at + 960]), between.down("b", said[at : at + 960])
        assert down[0] == down[1]
    assert len(between.up(b"\xff" * 160)) == 960
    whole = b"".join((Between(MULAW_8K, PCM16_24K).down("a", said), between.end("a")))
    assert len(whole) == 300 * 8
    assert between.end("a") == b"" == between.end("nobody's")
    between.clear()
    assert between.end("b") == b""


def test_a_converter_serves_one_stretch_after_the_other():
    convert = Converter(PCM16_24K, PCM16_8K, aligned=True)
    stretch = tone(PCM16_24K, 60)
    first = convert(stretch) + convert.flush()
    assert first == convert(stretch) + convert.flush() and len(first) == 60 * 16
