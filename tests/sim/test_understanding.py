"""Words made out by ear."""

import asyncio
import importlib.util
from functools import cache

import numpy as np
import pytest

from offhook.sim.understanding import MODEL, Understanding, distance, imitation, norm_of, plain_words
from offhook.speech.engines.espeak import EspeakSynthesizer

needs_voice = pytest.mark.skipif(
    importlib.util.find_spec("espeakng_loader") is None, reason="offhook[local] is not installed"
)

HOURS = "We are open from eight to six on weekdays, and from nine to four at the weekend."
STREET = "We are at twelve Mill Street, opposite the railway station."
ORDER = "So that is a large latte with oat milk. Is that right?"
SAID = (HOURS, STREET, ORDER)
PHRASES = ("from eight to six", "at the weekend", "mill street", "railway station", "large latte", "is that right")


@cache
def spoken(voice: str = "en-us", *texts: str) -> list[bytes]:
    async def render() -> list[bytes]:
        espeak = EspeakSynthesizer(voice)
        try:
            return [(await espeak.speak(text)).audio for text in texts]
        finally:
            await espeak.close()

    return asyncio.run(render())


def listener(*phrases: str) -> Understanding:
    model, *said = spoken("en-us", MODEL, *phrases)
    return Understanding(
        {phrase: [imitation(audio, norm_of(model))] for phrase, audio in zip(phrases, said, strict=True)}
    )


def play(understanding: Understanding, audio: bytes, at_ms: float) -> None:
    understanding.listen([(at_ms + at / 8, audio[at : at + 160]) for at in range(0, len(audio), 160)])


@needs_voice
@pytest.mark.parametrize("voice", ["en-us", "en"])
def test_phrases_are_heard_in_the_sentences_that_hold_them_and_in_no_other(voice: str) -> None:
    understanding = listener(*PHRASES)
    for number, (text, audio) in enumerate(zip(SAID, spoken(voice, *SAID), strict=True)):
        play(understanding, audio, number * 10_000.0)
        for phrase in PHRASES:
            if voice == "en-us" or phrase not in plain_words(text):  # a like voice may be missed, but not mistaken
                heard = understanding.heard(phrase, number * 10_000.0, final=True)
                assert (heard is not None) == (plain_words(phrase) in plain_words(text)), (phrase, text)


@needs_voice
def test_words_are_heard_while_they_are_said_and_told_when() -> None:
    understanding = listener("from eight to six")
    (audio,) = spoken("en-us", HOURS)
    heard_at = at = None
    for begin in range(0, len(audio), 160):
        understanding.listen([(5000.0 + begin / 8, audio[begin : begin + 160])])
        if (at := understanding.heard("from eight to six")) is not None:
            heard_at = 5000.0 + begin / 8
            break
    assert heard_at is not None and at is not None
    assert 6200 < at <= heard_at + 20 < at + 400, "within a third of a second, and not at the end of the sentence"
    assert heard_at < 5000 + len(audio) / 8 - 1000


@needs_voice
def test_what_was_said_before_does_not_count() -> None:
    understanding = listener("mill street")
    play(understanding, spoken("en-us", STREET)[0], 0.0)
    play(understanding, spoken("en-us", HOURS)[0], 20_000.0)
    assert understanding.heard("mill street", 0.0, final=True) is not None
    assert understanding.heard("mill street", 20_000.0, final=True) is None
    assert understanding.heard("mill street", 99_000.0, final=True) is None


@needs_voice
def test_nothing_is_made_out_of_silence_or_of_nothing() -> None:
    understanding = listener("mill street")
    assert understanding.heard("mill street", final=True) is None
    play(understanding, b"\xff" * 16_000, 0.0)
    assert understanding.heard("mill street", final=True) is None


def test_a_stretched_pattern_is_near_and_another_is_far() -> None:
    rng = np.random.default_rng(2)
    words = np.cumsum(rng.standard_normal((30, 12)), axis=0)
    slow = np.repeat(words, 2, axis=0)[:-10]
    heard = np.vstack((np.cumsum(rng.standard_normal((40, 12)), axis=0), slow, rng.standard_normal((20, 12))))
    apart, end = distance(words, heard)
    assert apart < 1.5 and 80 <= end <= 92
    assert distance(words, heard[:40])[0] > 3 * apart
    assert distance(words, heard[:1]) == (np.inf, 0)


def test_words_that_nobody_can_imitate_are_looked_for_in_what_is_told() -> None:
    told = {0.0: "Bonjour. Le Café est ouvert!", 5000.0: "Au revoir"}
    understanding = Understanding({"le cafe est": [], "caf": []}, told.__getitem__)
    assert understanding.heard("le cafe est", 0.0) == 0.0
    assert understanding.heard("le cafe est", 5000.0) is None
    assert understanding.heard("caf", 0.0) is None, "whole words"


def test_words_are_compared_without_marks() -> None:
    assert plain_words("What’s “that”, Café?") == " what's that cafe "


def test_pieces_that_follow_each_other_are_one_and_holes_are_kept() -> None:
    understanding = Understanding({"x": []})
    understanding.listen([(0.0, b"\x20" * 160), (20.0, b"\x20" * 160), (100.0, b"\x20" * 1600)])
    assert understanding._pieces == [(0, 0.0), (320, 100.0)]
    assert [understanding._hop_at(ms) for ms in (0.0, 30.0, 60.0, 110.0)] == [0, 3, 4, 5]
    assert [understanding._time_of(hop) for hop in (0, 3, 4, 5)] == [0.0, 30.0, 100.0, 110.0]
