import numpy as np
import pytest

from offhook.audio.format import MULAW_8K, PCM16_16K
from offhook.audio.g711 import encode
from offhook.audio.meter import QUIETEST_DB, dbfs


def tone(amplitude):
    return (amplitude * np.sin(np.arange(1600) * 2 * np.pi * 440 / 8000)).astype("<i2").tobytes()


@pytest.mark.parametrize(("amplitude", "db"), [(32767, -3.0), (3277, -23.0), (328, -43.0)])
def test_a_tone_is_as_loud_as_it_is_in_either_encoding(amplitude, db):
    assert dbfs(tone(amplitude), PCM16_16K) == pytest.approx(db, abs=0.1)
    assert dbfs(encode(tone(amplitude)), MULAW_8K) == pytest.approx(db, abs=0.2)


@pytest.mark.parametrize("audio", [b"", MULAW_8K.silence(20)])
def test_silence_and_nothing_have_a_level_too(audio):
    assert dbfs(audio, MULAW_8K) == QUIETEST_DB
