"""What a simulated account is made of."""

import pytest

from offhook.errors import ConfigError
from offhook.sim.plan import RestFaults, callback_faults


def test_faults_are_read_from_texts_and_spent_one_by_one() -> None:
    faults = RestFaults.parse(["too-many=2", "slow-ms=300", "lost"])
    assert (faults.too_many, faults.slow_ms, faults.lost) == (2, 300, 1)
    assert [faults.spend("too_many") for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "sentence"), [("rain", "There is no fault 'rain'"), ("lost=x", "needs a whole number")]
)
def test_a_bad_fault_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        RestFaults.parse([text])


def test_callbacks_are_lost_repeated_and_late_by_their_event() -> None:
    faults = callback_faults(["initiated=lost", "answered=twice", "ringing=3000"])
    assert (faults.lose, faults.repeat, faults.late_ms) == ({"initiated"}, {"answered"}, {"ringing": 3000.0})
    for text, sentence in (
        ("rain=lost", "There is no status callback 'rain'"),
        ("ringing=never", "lost, twice or so many"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            callback_faults([text])
