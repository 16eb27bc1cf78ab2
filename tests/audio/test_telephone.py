"""Voices of all formats on their way to the telephone."""

import numpy as np
import pytest

from offhook.audio import g711
from offhook.audio.format import MULAW_8K, PCM16_8K, PCM16_24K, Format
from offhook.audio.level import speech_rms
from offhook.audio.telephone import Telephone


def voice(format: Format, dbfs: float, seconds: float) -> bytes:
    """A tone in syllables."""
    at = np.arange(int(seconds * format.rate)) / format.rate
    tone = np.sin(2 * np.pi * 300 * at) * (np.sin(2 * np.pi * 4 * at) > 0) * 32768 * 10 ** (dbfs / 20) * 2**0.5
    pcm16 = np.rint(tone).astype("<i2").tobytes()
    return g711.encode(pcm16) if format.encoding == "mulaw" else pcm16


def dbfs(mulaw: bytes) -> float:
    return float(20 * np.log10(speech_rms(np.frombuffer(g711.decode(mulaw), "<i2").astype(float), 8000) / 32768))


@pytest.mark.parametrize("format", [MULAW_8K, PCM16_8K, PCM16_24K])
@pytest.mark.parametrize("before", [-38, -12])
def test_what_is_learned_is_levelled(format: Format, before: float) -> None:
    way = Telephone(format, levelled=False)
    way.learn(voice(format, before, 2))
    stream, audio = way.stream(), voice(format, before, 1)
    out = b"".join(stream(audio[at : at + 999]) for at in range(0, len(audio), 999)) + stream.flush()
    assert len(out) == 8000 and dbfs(out) == pytest.approx(-20, abs=1)


def test_what_is_level_already_is_left_as_it_is() -> None:
    audio = voice(PCM16_8K, -30, 1)
    assert Telephone(PCM16_8K, levelled=True).stream()(audio) == g711.encode(audio)


def test_a_format_there_is_no_way_from_is_refused() -> None:
    with pytest.raises(ValueError, match="44100"):
        Telephone(Format("pcm16", 44100), levelled=False)
