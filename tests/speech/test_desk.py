"""The café's front desk: what it makes of words and what it says."""

import asyncio

import pytest

from offhook.speech.base import Responder
from offhook.speech.desk import Desk, intent_of


def _say(desk: Desk, text: str) -> list[str]:
    async def collect() -> list[str]:
        return [sentence async for sentence in desk.respond(text)]

    return asyncio.run(collect())


def test_the_desk_is_a_responder() -> None:
    responder: Responder = Desk()
    assert responder.greeting()


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what are your opening hours", "hours"),
        ("are you open on sunday", "hours"),
        ("hello what time do you close today please", "hours"),
        ("where are you located", "address"),
        ("how do i get there", "address"),
        ("read me the menu", "menu"),
        ("how much is a coffee", "menu"),
        ("can you repeat that", "repeat"),
        ("yes please", "yes"),
        ("no thank you", "no"),
        ("thank you goodbye", "goodbye"),
        ("that's all thanks", "goodbye"),
        ("good morning", "hello"),
        ("", "unknown"),
    ],
)
def test_words_mean_what_a_caller_means(text: str, intent: str) -> None:
    assert intent_of(text) == intent


def test_the_greeting_says_that_it_is_a_demo_and_what_can_be_asked() -> None:
    greeting = Desk().greeting()
    assert "demo" in greeting
    for word in ("hours", "address", "menu"):
        assert word in greeting


def test_the_menu_is_long_enough_to_be_interrupted() -> None:
    assert sum(len(sentence.split()) for sentence in _say(Desk(), "read me the menu")) > 60


def test_repeat_says_the_last_answer_again() -> None:
    desk = Desk()
    answer = _say(desk, "where are you")
    assert _say(desk, "say that again") == answer
    assert _say(desk, "pardon") == answer


def test_repeat_before_anything_says_what_can_be_asked() -> None:
    assert "menu" in " ".join(_say(Desk(), "pardon"))


def test_what_was_not_understood_is_followed_by_what_can_be_asked() -> None:
    apology, choices = _say(Desk(), "")
    assert "did not understand" in apology
    assert "menu" in choices


def test_a_misunderstanding_does_not_become_what_is_repeated() -> None:
    desk = Desk()
    answer = _say(desk, "when are you open")
    _say(desk, "")
    assert _say(desk, "repeat that") == answer


@pytest.mark.parametrize("text", ["goodbye", "no thanks", "that is all"])
def test_the_conversation_ends_after_a_goodbye(text: str) -> None:
    desk = Desk()
    assert not desk.farewell
    assert "Goodbye" in _say(desk, text)[-1]
    assert desk.farewell


def test_a_caller_who_asks_on_after_the_goodbye_is_served() -> None:
    desk = Desk()
    _say(desk, "bye")
    _say(desk, "when are you open")
    assert not desk.farewell
