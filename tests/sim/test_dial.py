"""A `<Dial>` from the verb to what became of it."""

from collections.abc import Callable
from typing import Any

import pytest

from offhook.sim.dial import Dial
from offhook.sim.orders import Callee, HangUp, Silent
from offhook.sim.stream import StreamPlayback
from offhook.sim.twiml import parse


def dial(document: str, callees: Callable[[str], Callee]) -> Dial:
    return Dial(parse(f"<Response>{document}</Response>".encode()).verbs[0], callees, Silent(), "CA2", 0)


def over(running: Dial, latest_ms: float = 60_000) -> float:
    """Runs it to its end; when that was."""
    at = 0.0
    while (next_at := running.next_at()) is not None and next_at <= latest_ms:
        running.due(at := next_at)
    return at


@pytest.mark.parametrize(
    ("does", "status", "at_ms"), [("busy", "busy", 400), ("fail", "failed", 400), ("no-answer", "no-answer", 20_000)]
)
def test_a_number_that_does_not_answer(does: Any, status: str, at_ms: float) -> None:
    running = dial('<Dial timeout="20">+15550100003</Dial>', lambda _: Callee(does))
    assert over(running) == at_ms
    assert running.dialled is not None and (running.dialled.status, running.dialled.talked_ms) == (status, None)


def test_of_several_numbers_the_first_that_answers_is_joined() -> None:
    called: list[str] = []

    def callees(number: str) -> Callee:
        called.append(number)
        return Callee(after_ms={"+1": 3000.0, "+2": 1000.0}.get(number, 0), does="busy" if number == "+3" else "answer")

    running = dial("<Dial><Number>+1</Number><Number>+2</Number><Number>+3</Number></Dial>", callees)
    over(running, 5000)
    assert called == ["+1", "+2", "+3"]
    assert running.joined and running.bridge.joined_ms == 1200


def test_an_address_keeps_its_kind() -> None:
    called: list[str] = []
    dial("<Dial><Client>anna</Client><Sip>sip:desk@example.com</Sip></Dial>", lambda to: called.append(to) or Callee())  # type: ignore[func-returns-value]
    assert called == ["client:anna", "sip:desk@example.com"]


def test_a_conference_is_not_simulated_and_fails() -> None:
    running = dial("<Dial><Conference>room</Conference></Dial>", lambda _: Callee())
    assert running.dialled is not None and running.dialled.status == "failed"
    assert running.due(100) is None and running.next_at() is None


def test_a_callee_who_hangs_up_ends_it() -> None:
    class Leaver:
        def __init__(self, answered_ms: float) -> None:
            self.frames = 0

        def frame(self, now: float, ear: StreamPlayback) -> bytes:
            self.frames += 1
            return b"\xff" * 160

        def acts(self) -> list[Any]:
            return [HangUp()] if self.frames == 50 else []

    running = dial("<Dial>+1</Dial>", lambda _: Callee(after_ms=800, person=Leaver))
    over(running)
    assert running.dialled is not None and running.dialled.talked_ms == pytest.approx(1000, abs=20)
