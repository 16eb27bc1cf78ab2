"""Who may open a session, and what it will speak: the answer to a WebSocket handshake. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from offhook.sim import model_flat
from offhook.sim.model_orders import Setup
from offhook.sim.model_wire import AZURE, BETA, GA, Dialect

OPENAI_PATHS = ("/v1/realtime", "/openai/v1/realtime")
AZURE_PATH = "/voice-live/realtime"


@dataclass(frozen=True, slots=True)
class Admitted:
    """The session may begin."""

    dialect: Dialect
    model: str
    agent: str = ""
    """The Foundry agent that answers in place of a model."""


@dataclass(frozen=True, slots=True)
class Turned:
    """The handshake is refused with a status and a body of JSON."""

    status: int
    body: str


_FAULTS = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "permission_denied", "You do not have access to this resource."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", "server_error", "The server had an error while processing your request."),
    503: ("server_error", "service_unavailable", "The engine is currently overloaded, please try again later."),
}


def admit(target: str, headers: Mapping[str, str], setup: Setup) -> Admitted | Turned:
    """Judges a handshake by its target ("/v1/realtime?model=…") and its headers, whose names are in any case."""
    if setup.faults.refuse is not None:
        return _turned(setup.faults.refuse)
    address, known = urlsplit(target), {name.lower(): value for name, value in headers.items()}
    query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
    path = address.path.rstrip("/")
    if path != AZURE_PATH and path not in OPENAI_PATHS:
        return _turned(404, "not_found", f"Invalid URL (GET {address.path})")
    azure = path == AZURE_PATH
    key = _key(known, query if azure else {}, azure or path != OPENAI_PATHS[0])
    if key is None:
        return _turned(401, "missing_api_key", "You didn't provide an API key.")
    if setup.api_key is not None and key != setup.api_key:
        return _turned(401)
    if azure and query.get("api-version") not in model_flat.AZURE_VERSIONS:
        return _turned(400, "unsupported_api_version", "The api-version is missing or not supported.")
    if azure and (agent := query.get("agent-name") or query.get("agent-id")):
        return _agent(agent, query, known)
    dialect = AZURE if azure else BETA if known.get("openai-beta") == "realtime=v1" else GA
    model = query.get("model", "")
    if not model:
        return _turned(400, "missing_model", "You must provide a model parameter.")
    if model not in (BETA.models + GA.models if dialect is BETA else dialect.models):
        return _turned(404, "model_not_found", f"The model '{model}' does not exist or you do not have access to it.")
    return Admitted(dialect, model)


def _agent(agent: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Admitted | Turned:
    """An agent needs its project, a token of Entra rather than a key, and no model."""
    if not query.get("agent-project-name"):
        return _turned(400, "missing_parameter", "The parameter agent-project-name is missing.")
    if "model" in query:
        return _turned(400, "invalid_parameter", "An agent has its own model: leave the parameter out.")
    if "api-key" in headers or "api-key" in query:
        return _turned(401, "invalid_authentication", "Agents need a token; keys are not supported.")
    return Admitted(AZURE, "", agent)


def _key(headers: Mapping[str, str], query: Mapping[str, str], azure: bool) -> str | None:
    """The key or token that was given; Azure also takes it as `api-key`, and Voice Live in the query."""
    bearer = headers.get("authorization") or query.get("Authorization", "")
    if bearer.lower().startswith("bearer ") and bearer[7:].strip():
        return bearer[7:].strip()
    return headers.get("api-key") or query.get("api-key") or None if azure else None


def _turned(status: int, code: str | None = None, message: str | None = None) -> Turned:
    kind, usual, text = _FAULTS.get(status, ("invalid_request_error", None, "The request was refused."))
    error = {"message": message or text, "type": kind, "param": None, "code": code or usual}
    return Turned(status, json.dumps({"error": error}))
