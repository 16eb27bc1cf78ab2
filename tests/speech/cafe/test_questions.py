"""What the desk may ask, and how it asks tools."""

import asyncio

import pytest

from offhook.errors import ToolError
from offhook.speech.cafe.questions import BOOKING, FAILED, HINTS, YES_OR_NO, Question, Rota, ask


def test_every_question_has_a_hint() -> None:
    assert HINTS.keys() == set(Question)
    for question in YES_OR_NO:
        assert "yes or no" in HINTS[question]
    assert Question.BOOK in BOOKING


def test_a_rota_gives_each_wording_in_turn() -> None:
    rota = Rota()
    assert [rota(("a", "b")) for _ in range(3)] == ["a", "b", "a"]
    assert rota(("c",)) == "c"
    assert rota(("a", "b")) == "b"


def asked(told: str = "", error: str = "", **arguments: object) -> object:
    async def use(name: str, **given: object) -> str:
        assert given == {key: value for key, value in arguments.items() if value not in ("", None)}
        if error:
            raise ToolError(error)
        return told

    return asyncio.run(ask(use, "menu", **arguments))


def test_what_is_told_is_json_or_text_and_empty_arguments_are_not_given() -> None:
    assert asked('{"cents": 5}', kind="tea", size="", day=None, number=0) == {"cents": 5}
    assert asked("[1]") == [1]
    assert asked("We have tea.") == "We have tea."


@pytest.mark.parametrize(
    "error", ["menu failed.", "menu took too long.", "menu: kind: Field required.", "There is no tool menu."]
)
def test_a_tool_that_breaks_is_not_spoken_of_by_name(error: str) -> None:
    with pytest.raises(ToolError, match=FAILED):
        asked(error=error)


def test_what_a_tool_refuses_is_said_as_a_sentence() -> None:
    with pytest.raises(ToolError, match="^The payment failed.$"):
        asked(error="the payment failed")


@pytest.mark.parametrize("error", ["We have no printed menu.", "Menu failed to print.", "menu took the day off."])
def test_a_refusal_that_names_its_tool_is_said_to_the_caller(error: str) -> None:
    with pytest.raises(ToolError) as told:
        asked(error=error)
    assert str(told.value) == error[0].upper() + error[1:]
