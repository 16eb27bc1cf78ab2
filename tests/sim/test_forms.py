"""The fields of the carrier's requests."""

from offhook.sim import forms
from offhook.sim.dial import Dialled
from offhook.sim.orders import Setup
from offhook.sim.signature import Account

SETUP = Setup("http://h/voice", Account("AC1", "t"), call_sid="CA" + "0" * 30 + "12", epoch_s=1_795_165_249)


def test_the_first_webhook_names_both_numbers_and_leaves_places_blank() -> None:
    fields = dict(forms.incoming(SETUP))
    assert fields["From"] == fields["Caller"] == "+15550100001"
    assert (fields["CallStatus"], fields["Direction"], fields["FromCity"]) == ("ringing", "inbound", "")
    assert len(fields) == len(forms.incoming(SETUP))


def test_the_last_callback_tells_how_long_the_call_was() -> None:
    fields = dict(forms.ended(SETUP, "completed", 1000, 61_000))
    assert (fields["CallDuration"], fields["Duration"], fields["SipResponseCode"]) == ("61", "2", "200")
    assert fields["Timestamp"] == "Fri, 20 Nov 2026 09:00:50 +0000"


def test_a_stream_that_failed_names_its_error() -> None:
    fields = dict(forms.stream(SETUP, "MZ1", "agent", "stream-error", 31920, 0))
    assert (fields["StreamEvent"], fields["StreamError"]) == ("stream-error", "31920")
    assert fields["Timestamp"] == "2026-11-20T09:00:49.000Z"
    assert "StreamError" not in dict(forms.stream(SETUP, "MZ1", "agent", "stream-started", None, 0))


def test_a_dial_tells_what_became_of_it() -> None:
    fields = dict(forms.dialled(SETUP, "in-progress", Dialled("completed", "CA2", 2000)))
    assert (fields["DialCallStatus"], fields["DialBridged"], fields["DialCallDuration"]) == ("completed", "true", "2")
    assert "DialCallDuration" not in dict(forms.dialled(SETUP, "in-progress", Dialled("busy", "CA2")))


def test_progress_is_numbered_and_the_end_says_how_long_it_was() -> None:
    fields = dict(forms.progress(SETUP, "ringing", 1, 0))
    assert (fields["CallStatus"], fields["SequenceNumber"], fields["CallbackSource"]) == (
        "ringing",
        "1",
        "call-progress-events",
    )
    assert dict(forms.over(61_000, "200", "human")) == {
        "CallDuration": "61",
        "Duration": "2",
        "SipResponseCode": "200",
        "AnsweredBy": "human",
    }
    assert dict(forms.over(None, "486", None)) == {"CallDuration": "0", "SipResponseCode": "486"}


def test_what_the_detection_found_is_told_with_its_time() -> None:
    assert dict(forms.machine(SETUP, "machine_start", 2400))["MachineDetectionDuration"] == "2400"
