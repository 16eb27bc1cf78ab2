"""Who may see what: every route of the server, by what it asks of a stranger."""

import httpx
import pytest
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus

from offhook import Agent
from offhook.agent.roster import Roster
from offhook.phone.allowance import Allowance
from offhook.phone.destinations import Destinations
from offhook.server.console import SCREENS
from offhook.server.outgoing import Dialling
from tests.server.running import ACCOUNT, running
from tests.server.test_live import watch

# Routes that are not the operator's: probes, the console's files (not what they show), and what Twilio signs.
LICENSE = "/inter-license.txt"  # of the console's typeface, which goes with it
OPEN = {"/healthz", "/readyz", LICENSE, *(path.replace("{call_id}", "c1") for path in SCREENS)}
ASSETS = ("/assets/", "/favicon")
SIGNED = {"/incoming-call", "/voice/incoming", "/twilio/twiml", "/twilio/next", "/twilio/status"}


def routes(app):
    """Every route, also of routers within."""
    for route in app.routes:
        if isinstance(route, Route | WebSocketRoute):
            yield route
        else:
            yield from routes(route.app if hasattr(route, "app") else route.original_router)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    dialling = Dialling(ACCOUNT, None, Destinations(), Allowance(), Roster(Agent(model="echo")), None)
    with running(operator_token="t0ken", folder=tmp_path_factory.mktemp("kept"), dialling=dialling) as server:
        yield server


def filled_in(path):
    return path.replace("{call_id}", "c1").replace("{name}", "x.js")


def test_no_route_answers_a_stranger(guarded):
    seen = set()
    for route in routes(guarded.app.asgi):
        path = filled_in(route.path)
        assert "{" not in path
        seen.add(path)
        for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": "offhook_session=1.x"}):
            if isinstance(route, WebSocketRoute):
                with pytest.raises(InvalidStatus) as refused, watch(guarded, path, headers=headers):
                    pass
                assert refused.value.response.status_code == 401, path
                continue
            for method in route.methods - {"HEAD"}:
                answer = httpx.request(method, guarded.origin + path, headers=headers)
                if path.startswith(ASSETS):
                    assert answer.status_code in (200, 404)
                elif path in OPEN:
                    assert answer.status_code == 200
                elif path.rstrip("/") in SIGNED:
                    assert answer.status_code == 403 and answer.json()["detail"] == "The signature does not hold."
                else:
                    assert answer.status_code == 401, f"{method} {path}"
                    assert answer.json() == {"detail": "Give the operator's token."}
    assert {"/api/calls", "/api/calls/c1", "/api/calls.csv", "/api/calls/c1/export", "/api/agents", "/docs"} <= seen
    assert {"/ws/events", "/ws/events/c1", "/openapi.json", "/", "/api/call", "/make-call"} <= seen


def test_every_route_answers_the_operator(guarded):
    for route in routes(guarded.app.asgi):
        if isinstance(route, WebSocketRoute) or route.path.rstrip("/") in SIGNED:
            continue
        for method in route.methods - {"HEAD"}:
            headers = {"authorization": "Bearer t0ken"}
            answer = httpx.request(method, guarded.origin + filled_in(route.path), headers=headers)
            asks = route.path in ("/api/call", "/make-call") or route.path.endswith(("/say", "/transfer"))
            wanted = (422,) if asks else (200, 204, 404)
            assert answer.status_code in wanted, f"{method} {route.path}"


def test_without_a_token_nobody_is_let_in(tmp_path):
    with running(folder=tmp_path) as server:
        for path in ("/api/calls", "/api/agents", "/docs"):
            answer = httpx.get(server.origin + path, headers={"authorization": "Bearer"})
            assert (answer.status_code, answer.json()) == (401, {"detail": "Set OFFHOOK_TOKEN to use this page."})
        with pytest.raises(InvalidStatus), watch(server, "/ws/events", headers={"authorization": "Bearer"}):
            pass


def test_the_demo_shows_its_calls_to_this_machine(tmp_path):
    with running(demo=True, folder=tmp_path) as server:
        server.call("CA1")
        server.in_loop(lambda: None)
        assert httpx.get(server.origin + "/api/calls").status_code == 200
        for headers in ({"host": "example.com"}, {"origin": "http://evil.example"}, {"x-forwarded-for": "1.2.3.4"}):
            assert httpx.get(server.origin + "/api/calls", headers=headers).status_code == 403
