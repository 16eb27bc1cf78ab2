"""The decoder side, without a process between."""

import importlib.util
import math

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pocketsphinx") is None or importlib.util.find_spec("espeakng_loader") is None,
    reason="offhook[local] is not installed",
)
if importlib.util.find_spec("pocketsphinx") is not None:
    from offhook.speech.engines.pocketsphinx_worker import Caller, Engine, speech_of

from offhook.errors import ConfigError
from offhook.speech.cafe.desk import GRAMMAR
from tests.speech.cafe.talk import clean, spoken

ASKED = "what are your opening hours"
BOOKED = "book a table for two"
FOREIGN = "My grandmother keeps eleven yellow parrots under the kitchen table."


@pytest.fixture(scope="module")
def engine() -> "Engine":
    return Engine(GRAMMAR)


def _hear(caller: "Caller", pcm16: bytes, block: int = 1600) -> tuple[float, str, list[bool]]:
    caller.begin()
    complete = [caller.audio(pcm16[at : at + block]) for at in range(0, len(pcm16), block)]
    score, words = caller.end()
    return score, words, complete


def test_a_sentence_of_the_grammar_is_understood(engine: "Engine") -> None:
    caller = Caller(engine)
    for text in (ASKED, BOOKED, ASKED):
        assert _hear(caller, spoken(text)[text])[1] == text


def test_the_words_do_not_depend_on_the_size_of_blocks(engine: "Engine") -> None:
    audio = spoken(ASKED)[ASKED]
    assert {_hear(Caller(engine), audio, block)[1] for block in (320, 1600, 100_000)} == {ASKED}


def test_a_sentence_outside_the_grammar_is_rejected(engine: "Engine") -> None:
    score, words, _ = _hear(Caller(engine), spoken(FOREIGN)[FOREIGN])
    assert words == ""
    assert score < _hear(Caller(engine), spoken(ASKED)[ASKED])[0]


def test_silence_is_no_words(engine: "Engine") -> None:
    noise = np.random.default_rng(5).integers(-30, 30, 8000).astype("<i2").tobytes()
    assert _hear(Caller(engine), noise)[1] == ""
    assert _hear(Caller(engine), b"") == (-math.inf, "", [])


def test_words_are_complete_only_once_they_make_a_sentence(engine: "Engine") -> None:
    *_, complete = _hear(Caller(engine), spoken(ASKED)[ASKED])
    assert complete[-1]
    assert not any(complete[:8])  # "what are your op…"


def test_a_stretch_given_up_leaves_nothing_behind(engine: "Engine") -> None:
    audio = spoken(ASKED, BOOKED)
    caller = Caller(engine)
    _hear(caller, audio[ASKED])
    caller.begin()
    caller.audio(audio[ASKED])
    caller.cancel()
    assert _hear(caller, audio[BOOKED])[1] == BOOKED


def test_a_caller_who_never_stops_is_not_decoded_for_ever(engine: "Engine") -> None:
    caller = Caller(engine)
    caller.begin()
    loud = np.random.default_rng(6).integers(-9000, 9000, 8000).astype("<i2").tobytes()
    for _ in range(40):
        caller.audio(loud)
    assert len(caller._stretch) < 32 * 32000


def test_a_faulty_grammar_is_a_sentence_to_the_user() -> None:
    with pytest.raises(ConfigError, match="faulty"):
        Engine("#JSGF V1.0;\ngrammar g;\npublic <t> = (yes | no;\n")
    with pytest.raises(ConfigError, match="cannot pronounce zork"):
        Engine("#JSGF V1.0;\ngrammar g;\npublic <t> = zork;\n")


def test_speech_is_found_between_silences() -> None:
    wide = np.concatenate((np.zeros(8000), 5000 * np.sin(np.arange(16000)), np.zeros(4000))).astype("<i2").tobytes()
    assert len(speech_of(wide)) == pytest.approx(32000, abs=640)


def test_a_voice_on_a_line_without_any_noise_is_understood(engine: "Engine") -> None:
    for text in ("yes", "a latte please"):
        assert _hear(Caller(engine), clean(text)[text])[1] == text
