"""How long verbs take, and the keys a Gather collects."""

import pytest

from offhook.sim.twiml import parse
from offhook.sim.verbs import Verbs


def begun(document: str) -> Verbs:
    verbs = Verbs(parse(f"<Response>{document}</Response>".encode()).verbs)
    verbs.next(1000.0)
    return verbs


@pytest.mark.parametrize(
    ("document", "length_ms"),
    [
        ("<Say>0123456789</Say>", 650),
        ('<Say loop="2">0123456789</Say>', 1300),
        ("<Pause/>", 1000),
        ('<Pause length="3"/>', 3000),
        ('<Play digits="wW1#"/>', 1900),
        ("<Play>/tune.wav</Play>", 3000),
        ("<Gather/>", 5000),
        ('<Gather timeout="2"><Say>0123456789</Say></Gather>', 2650),
        ("<Dial>+15550100003</Dial>", None),
        ("<Hangup/>", None),
        ("<Redirect>/x</Redirect>", None),
    ],
)
def test_how_long_a_verb_takes(document: str, length_ms: float | None) -> None:
    assert begun(document).until_ms == (None if length_ms is None else 1000 + length_ms)


def test_what_is_said_is_told() -> None:
    assert begun("<Say>Hello.</Say>").spoken == "Hello."
    assert begun("<Gather><Say>Press</Say><Say>one.</Say></Gather>").spoken == "Press one."


def test_a_gather_is_complete_at_its_number_of_digits() -> None:
    verbs = begun('<Gather numDigits="2"/>')
    assert verbs.press("4") is None
    gathered = verbs.press("2")
    assert gathered is not None and gathered[1] == "42"
    assert verbs.until_ms is None


def test_a_gather_is_complete_at_its_finishing_key() -> None:
    verbs = begun("<Gather/>")
    assert verbs.press("#") is None
    verbs.press("7")
    gathered = verbs.press("#")
    assert gathered is not None and gathered[1] == "7"


def test_a_key_during_another_verb_means_nothing() -> None:
    assert begun("<Pause/>").press("1") is None


def test_after_the_last_verb_there_is_none() -> None:
    assert begun("<Hangup/>").next(0) is None
