"""Faults from the command line."""

import pytest

from offhook.errors import ConfigError
from offhook.sim.model_orders import Faults


def test_faults_are_named_with_and_without_a_number() -> None:
    faults = Faults.parse(["refuse=401", "half-open", "stall_ms=600", "drop-ms=400", "drop-code=1006"])
    assert faults == Faults(refuse=401, half_open=True, stall_ms=600, drop_ms=400, drop_code=1006)
    assert Faults.parse([]) == Faults()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rain", "There is no fault 'rain'; the faults are refuse, no-upgrade, half-open,"),
        ("half-open=1", "takes no number"),
        ("refuse", "needs a whole number"),
        ("refuse=soon", "needs a whole number"),
    ],
)
def test_what_is_no_fault_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Faults.parse([text])
