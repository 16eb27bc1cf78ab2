"""`offhook number` against the simulated carrier."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner

from offhook.cli.number import app
from offhook.errors import CarrierError, ConfigError
from offhook.server.tunnel import kept_by_ngrok
from offhook.settings import Settings
from offhook.sim.plan import RestFaults
from tests.server.test_tunnel import kept, ngrok_page
from tests.sim.test_exchange_app import ACCOUNT, OURS, listening

SECOND = "+12025550199"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("OFFHOOK_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with listening(numbers=(OURS, SECOND)) as origin:
        monkeypatch.setenv("TWILIO_API_BASE_URL", origin)
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT.sid)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", ACCOUNT.token)
        yield origin


def number(*arguments: str, typed: str = "") -> Any:
    return CliRunner().invoke(app, list(arguments), input=typed)


def hooks() -> dict[str, dict[str, str]]:
    return {each["number"]: each for each in map(json.loads, number("list", "--json").stdout.splitlines())}


def test_numbers_are_listed_with_where_their_calls_go(carrier: str) -> None:
    assert number("list").stdout.splitlines() == [f"{OURS}  nowhere", f"{SECOND}  nowhere"]


def test_a_number_is_attached_after_a_question(carrier: str) -> None:
    asked = number("attach", OURS, "--public-url", "https://old.example.com", typed="y\n")
    assert asked.exit_code == 0 and "now    nowhere" in asked.stdout
    again = number("attach", OURS, "--public-url", "https://voice.example.com/", typed="n\n")
    assert again.exit_code == 1
    assert (
        "now    POST https://old.example.com/incoming-call (fallback https://old.example.com/incoming-call)"
        in again.stdout
    )
    assert hooks()[OURS]["voice_url"] == "https://old.example.com/incoming-call"
    assert hooks()[SECOND]["voice_url"] == ""


def test_yes_asks_nothing_and_the_environment_names_number_and_server(
    carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://voice.example.com")
    monkeypatch.setenv("TWILIO_PHONE_NUMBER", SECOND)
    done = number("attach", "--yes", "--fallback-url", "https://spare.example.com/voice")
    assert done.exit_code == 0 and "and to https://spare.example.com/voice if that fails" in done.stdout
    assert hooks()[SECOND] | {"sid": "", "name": ""} == {
        "sid": "",
        "name": "",
        "number": SECOND,
        "voice_url": "https://voice.example.com/incoming-call",
        "voice_method": "POST",
        "fallback_url": "https://spare.example.com/voice",
        "status_callback": "https://voice.example.com/twilio/status",
        "application_sid": "",
        "trunk_sid": "",
    }


def test_an_ngrok_of_this_machine_says_where_the_server_is(carrier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ngrok_page([kept("https://mine.ngrok.app", "http://localhost:8123")]) as page:
        monkeypatch.setattr("offhook.cli.number.kept_by_ngrok", partial(kept_by_ngrok, page=page))
        monkeypatch.setenv("PORT", "8123")
        assert number("attach", OURS, "--yes").exit_code == 0
    assert hooks()[OURS]["voice_url"] == "https://mine.ngrok.app/incoming-call"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["attach", OURS], "set PUBLIC_URL"),
        (["attach", "--public-url", "https://h"], "Which number"),
        (["attach", OURS, "--public-url", "https://h/path"], "PUBLIC_URL must be an origin"),
        (["attach", OURS, "--public-url", "https://h", "--fallback-url", "h"], "--fallback-url must be"),
        (["attach", "+12025550111", "--public-url", "https://h"], f"it has: {OURS}, {SECOND}"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(carrier: str, arguments: list[str], sentence: str) -> None:
    result = number(*arguments)
    assert isinstance(result.exception, ConfigError) and sentence in str(result.exception)


def test_wrong_credentials_are_told(carrier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    result = number("list")
    assert isinstance(result.exception, CarrierError) and "does not take the credentials" in str(result.exception)


def test_without_credentials_twilio_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "set TWILIO_ACCOUNT_SID" in str(number("list").exception)
    monkeypatch.setenv("TWILIO_API_BASE_URL", "https://api.dublin.ie1.twilio.com")
    assert "Twilio at api.dublin.ie1.twilio.com wants credentials" in str(number("list").exception)


def test_the_simulated_carrier_is_asked_with_the_simulators_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(faults=RestFaults()) as origin:
        monkeypatch.setenv("TWILIO_API_BASE_URL", origin)
        assert isinstance(number("list").exception, CarrierError)  # another account's; it was asked
