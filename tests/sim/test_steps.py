"""Steps are plain data."""

from typing import get_args

from offhook.sim.steps import Listen, Step


def test_every_step_may_say_where_it_came_from() -> None:
    for kind in get_args(Step):
        assert kind.__dataclass_fields__["number"].kw_only, kind
    assert Listen(number=3) != Listen() == Listen(8000.0)
