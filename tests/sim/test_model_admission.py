"""Who gets in, and as whom."""

import json

import pytest

from offhook.sim.model_admission import Admitted, Turned, admit
from offhook.sim.model_orders import Faults, Setup
from offhook.sim.model_wire import AZURE, BETA, GA, Dialect

BEARER = {"Authorization": "Bearer k"}
VOICE_LIVE = "/voice-live/realtime?api-version=2026-07-15&model=gpt-realtime-2.1"
AGENT = "/voice-live/realtime?api-version=2026-07-15&agent-name=anna&agent-project-name=p"


@pytest.mark.parametrize(
    ("target", "headers", "dialect"),
    [
        ("/v1/realtime?model=gpt-realtime-2.1", BEARER, GA),
        ("/v1/realtime?model=gpt-realtime-2.1", {"authorization": "bearer k"}, GA),
        ("/openai/v1/realtime?model=gpt-realtime", {"api-key": "k"}, GA),
        ("/v1/realtime?model=gpt-4o-realtime-preview", {**BEARER, "OpenAI-Beta": "realtime=v1"}, BETA),
        ("/v1/realtime?model=gpt-realtime", {**BEARER, "OpenAI-Beta": "realtime=v1"}, BETA),
        (VOICE_LIVE, {"api-key": "k"}, AZURE),
        (VOICE_LIVE, BEARER, AZURE),
        (VOICE_LIVE + "&api-key=k", {}, AZURE),
        (VOICE_LIVE + "&Authorization=Bearer%20k", {}, AZURE),
    ],
)
def test_who_gets_in(target: str, headers: dict[str, str], dialect: Dialect) -> None:
    admitted = admit(target, headers, Setup(api_key="k"))
    assert isinstance(admitted, Admitted) and admitted.dialect is dialect
    assert f"model={admitted.model}" in target


@pytest.mark.parametrize(
    ("target", "headers", "status", "code"),
    [
        ("/v1/realtime?model=gpt-realtime-2.1", {}, 401, "missing_api_key"),
        ("/v1/realtime?model=gpt-realtime-2.1", {"Authorization": "Bearer "}, 401, "missing_api_key"),
        ("/v1/realtime?model=gpt-realtime-2.1", {"Authorization": "Bearer x"}, 401, "invalid_api_key"),
        ("/v1/realtime?model=gpt-realtime-2.1", {"api-key": "k"}, 401, "missing_api_key"),
        ("/v1/realtime?model=gpt-realtime-2.1&api-key=k", {}, 401, "missing_api_key"),
        ("/v1/realtime", BEARER, 400, "missing_model"),
        ("/v1/realtime?model=gpt-4", BEARER, 404, "model_not_found"),
        ("/v1/realtime?model=gpt-4o-realtime-preview", BEARER, 404, "model_not_found"),
        ("/v1/chat", BEARER, 404, "not_found"),
        ("/voice-live/realtime?model=gpt-realtime-2.1", BEARER, 400, "unsupported_api_version"),
        ("/voice-live/realtime?api-version=2020-01-01&model=gpt-4o", BEARER, 400, "unsupported_api_version"),
        ("/voice-live/realtime?api-version=2026-07-15", BEARER, 400, "missing_model"),
        ("/voice-live/realtime?api-version=2026-07-15&agent-name=a", BEARER, 400, "missing_parameter"),
        (AGENT + "&model=gpt-4o", BEARER, 400, "invalid_parameter"),
        (AGENT, {"api-key": "k"}, 401, "invalid_authentication"),
        ("/voice-live/realtime?api-version=2026-07-15&model=gpt-3", BEARER, 404, "model_not_found"),
    ],
)
def test_who_does_not(target: str, headers: dict[str, str], status: int, code: str) -> None:
    turned = admit(target, headers, Setup(api_key="k"))
    assert isinstance(turned, Turned) and turned.status == status
    error = json.loads(turned.body)["error"]
    assert error["code"] == code and error["message"]


def test_an_agent_answers_in_place_of_a_model() -> None:
    assert admit(AGENT, BEARER, Setup(api_key="k")) == Admitted(AZURE, "", "anna")


def test_without_a_key_of_its_own_any_will_do() -> None:
    assert isinstance(admit("/v1/realtime?model=gpt-realtime", BEARER, Setup()), Admitted)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 418])
def test_refusing_on_demand(status: int) -> None:
    turned = admit("/v1/realtime?model=gpt-realtime", BEARER, Setup(faults=Faults(refuse=status)))
    assert isinstance(turned, Turned) and turned.status == status
    assert json.loads(turned.body)["error"]["message"]
