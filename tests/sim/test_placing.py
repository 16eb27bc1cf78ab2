"""From parameters to a call."""

from typing import Any

import pytest

from offhook.sim.placing import placed
from offhook.sim.plan import Plan
from offhook.sim.rest_errors import RestError
from offhook.sim.signature import Account

PLAN = Plan(Account("AC1", "t"), epoch_s=1000)
FIELDS = {"To": "+12025550101", "From": "+12025550100", "Url": "https://h/v"}


def place(**fields: Any) -> Any:
    given = {name: [value] for name, value in {**FIELDS, **fields}.items()}
    return placed(PLAN, given, {"+12025550100"}, "CA1", 2000, 0)


def test_what_is_asked_for_is_in_the_call() -> None:
    call = place(
        Method="get",
        Timeout="20",
        TimeLimit="90",
        StatusCallback="https://h/s",
        MachineDetection="DetectMessageEnd",
        MachineDetectionSpeechThreshold="1900",
        AsyncAmd="true",
        AsyncAmdStatusCallback="https://h/amd",
    )
    setup, outbound = call.setup, call.outbound
    assert (setup.voice_url, setup.voice_method, setup.status_callback, setup.epoch_s) == (
        "https://h/v",
        "GET",
        "https://h/s",
        1002,
    )
    assert (outbound.timeout_ms, outbound.time_limit_ms, outbound.events) == (20_000, 90_000, ("completed",))
    detection = outbound.detection
    assert (detection.until_end, detection.speech_ms, detection.is_async) == (True, 1900, True)


def test_digits_to_send_disable_the_detection() -> None:
    assert place(MachineDetection="Enable", SendDigits="1").outbound.detection is None


def test_with_a_url_a_document_is_ignored() -> None:
    assert place(Twiml="<Response/>").outbound.document == b""
    assert place(Url="", Twiml="<Response/>").outbound.document == b"<Response/>"


def test_other_addresses_can_be_called_but_numbers_must_be_whole() -> None:
    assert place(To="client:anna").setup.called == "client:anna"
    with pytest.raises(RestError):
        place(To="+1202 555 0101")
