import pytest

from offhook import LegFailed
from offhook.parts.temperature import Temperature
from offhook.sim.clock import run
from offhook.speech.base import Wishes
from tests.parts.provider import all_of

REFUSED = LegFailed("X refused a request: 400 `temperature` is deprecated for this model.")


class Model:
    """Refuses each wish for a temperature; or fails as it is told."""

    def __init__(self, failure=REFUSED, before=()):
        self.failure, self.before, self.asked = failure, before, []

    async def __call__(self, wishes):
        self.asked.append(wishes.temperature)
        for part in self.before:
            yield part
        if wishes.temperature is not None:
            raise self.failure
        yield f"with {wishes.most_tokens}"


def test_a_model_that_takes_none_is_asked_again_without_and_from_then_on(caplog):
    model, known = Model(), Temperature("new-model")
    for _ in range(2):
        assert run(all_of(known.answer(model, Wishes(0.5, 9)))) == ["with 9"]
    assert model.asked == [0.5, None, None] and caplog.text.count("new-model takes no temperature") == 1


@pytest.mark.parametrize(
    ("model", "wishes"),
    [
        (Model(LegFailed("X refused a request: 401 no key")), Wishes(0.5)),
        (Model(LegFailed("X refused a request: 503 the temperature is too high here", retryable=True)), Wishes(0.5)),
        (Model(before=["He"]), Wishes(0.5)),
    ],
)
def test_other_failures_are_told(model, wishes):
    with pytest.raises(LegFailed):
        run(all_of(Temperature("m").answer(model, wishes)))
    assert len(model.asked) == 1


def test_who_wishes_for_none_is_asked_once():
    model = Model()
    assert run(all_of(Temperature("m").answer(model, Wishes()))) == ["with None"] and model.asked == [None]
