"""What the detection of machines says, and when."""

import pytest

from offhook.sim.amd import Detection, verdict
from offhook.sim.orders import Callee

GREETING = Callee(speech_ms=6000, beep_ms=6800)


@pytest.mark.parametrize(
    ("callee", "detection", "expected"),
    [
        (Callee(speech_ms=600), Detection(), ("human", 1800)),
        (Callee(), Detection(), ("unknown", 5000)),
        (Callee(fax=True), Detection(), ("fax", 3000)),
        (GREETING, Detection(), ("machine_start", 2400)),
        (GREETING, Detection(until_end=True), ("machine_end_beep", 6800)),
        (Callee(speech_ms=6000), Detection(until_end=True), ("machine_end_silence", 7200)),
        (GREETING, Detection(until_end=True, timeout_ms=3000), ("machine_end_other", 3000)),
        (Callee(), Detection(timeout_ms=3000), ("unknown", 3000)),
        (GREETING, Detection(speech_ms=6001), ("human", 7200)),
        (Callee(speech_ms=600, answered_by="machine_start", verdict_ms=900), Detection(), ("machine_start", 900)),
    ],
)
def test_the_verdict_goes_by_what_is_heard(callee: Callee, detection: Detection, expected: tuple[str, float]) -> None:
    assert verdict(callee, detection) == expected
