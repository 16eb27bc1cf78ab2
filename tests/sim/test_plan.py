"""What a simulated account is made of."""

import pytest

from offhook.errors import ConfigError
from offhook.sim.plan import RestFaults


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
