"""Which parameters there are, and what they may hold."""

import json
from pathlib import Path

import pytest

from offhook.sim.rest_errors import RestError
from offhook.sim.rest_parameters import CHANGE, CHANGE_NUMBER, CREATE, LIST_CALLS, LIST_NUMBERS, checked, is_url, moment
from tests.sim.oai import DOCUMENT, PATHS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Url2", "x"),
        ("Timeout", "0"),
        ("Timeout", "601"),
        ("Timeout", "ten"),
        ("Timeout", "١٠"),
        ("Method", "PUT"),
        ("MachineDetection", "enable"),
        ("MachineDetectionTimeout", "60"),
        ("AsyncAmd", "yes"),
        ("SendDigits", "x"),
        ("Record", "1"),
    ],
)
def test_what_is_unknown_or_bad_is_refused(name: str, value: str) -> None:
    with pytest.raises(RestError) as refused:
        checked([(name, value)], CREATE)
    assert refused.value.code == 20001 and name in str(refused.value)


def test_only_events_may_be_repeated() -> None:
    events = [("StatusCallbackEvent", "ringing"), ("StatusCallbackEvent", "answered")]
    assert checked(events, CREATE) == {"StatusCallbackEvent": ["ringing", "answered"]}
    with pytest.raises(RestError, match="given twice"):
        checked([("To", "+1"), ("To", "+2")], CREATE)


@pytest.mark.parametrize("url", ["", "h", "ftp://h", "https://", "https://[", "https://h:0", "https://h:x", "//h/p"])
def test_what_is_no_url(url: str) -> None:
    assert not is_url(url)


def test_a_moment_is_a_day_or_a_time() -> None:
    day, time = moment("2026-11-20"), moment("2026-11-20T09:00:00Z")
    assert day and time and day[1] and not time[1] and (time[0] - day[0]).seconds == 9 * 3600
    assert moment("yesterday") is None


@pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"Twilio's OpenAPI document is not on this machine ({DOCUMENT})")
@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        (PATHS["calls"], "post", CREATE),
        (PATHS["calls"], "get", LIST_CALLS),
        (PATHS["call"], "post", CHANGE),
        (PATHS["numbers"], "get", LIST_NUMBERS),
        (PATHS["number"], "post", CHANGE_NUMBER),
    ],
)
def test_every_parameter_of_twilios_document_is_known_and_no_other(path: str, method: str, allowed: dict) -> None:
    operation = json.loads(Path(DOCUMENT).read_text())["paths"][path][method]
    names = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
    if "requestBody" in operation:
        (content,) = operation["requestBody"]["content"].values()
        names |= set(content["schema"]["properties"])
    assert set(allowed) == names
