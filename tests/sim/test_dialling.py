"""What becomes of a number that is called."""

import pytest

from offhook.sim.dialling import Dialling
from offhook.sim.orders import Callee


@pytest.mark.parametrize(
    ("callee", "steps", "sip_code"),
    [
        (Callee(after_ms=1000), [(0, "initiated"), (200, "ringing"), (1200, "answered")], "200"),
        (Callee("busy"), [(0, "initiated"), (400, "busy")], "486"),
        (Callee("fail"), [(0, "initiated"), (400, "failed")], "404"),
        (Callee("no-answer"), [(0, "initiated"), (200, "ringing"), (5000, "no-answer")], "487"),
        (Callee(after_ms=6000), [(0, "initiated"), (200, "ringing"), (5000, "no-answer")], "487"),
        (Callee("reject", after_ms=1000), [(0, "initiated"), (200, "ringing"), (1200, "busy")], "603"),
    ],
)
def test_each_number_has_its_road(callee: Callee, steps: list[tuple[float, str]], sip_code: str) -> None:
    dialling = Dialling(callee, 0, 5000)
    seen = []
    while (at := dialling.next_at()) is not None:
        assert dialling.outcome is None
        seen += [(at, step) for step in dialling.due(at)]
    assert seen == steps
    assert (dialling.outcome, dialling.sip_code) == (steps[-1][1], sip_code)


def test_a_late_look_sees_all_that_happened() -> None:
    assert Dialling(Callee(after_ms=100), 50, 5000).due(10_000) == ["initiated", "ringing", "answered"]


def test_who_gives_up_sees_nothing_more() -> None:
    dialling = Dialling(Callee(), 0, 5000)
    dialling.due(300)
    dialling.give_up()
    assert dialling.due(9000) == [] and dialling.next_at() is None and dialling.outcome is None
