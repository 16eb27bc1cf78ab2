"""Whether events are what the official packages know: parsed as their types, and no key left that they do not have.

Where a package is not installed nothing is checked; tests/sim/test_model_types.py says so.
"""

import importlib.util
from functools import cache
from typing import Any

OPENAI = importlib.util.find_spec("openai") is not None
AZURE = importlib.util.find_spec("azure") is not None and importlib.util.find_spec("azure.ai.voicelive") is not None

DOCUMENTED = {"session.id", "session.object", "session.expires_at"}
"""In the documentation and in what the service sends, not in the types."""


@cache
def _openai(beta: bool) -> Any:
    from pydantic import TypeAdapter

    if beta:
        from openai.types.beta.realtime import RealtimeServerEvent

        return TypeAdapter(RealtimeServerEvent)
    from openai.types.realtime import RealtimeServerEvent as General

    return TypeAdapter(General)


def unknown_to_openai(event: dict[str, Any], beta: bool = False) -> set[str]:
    """Paths of keys that the type of the event does not have. Raises ValidationError if no type fits."""
    parsed = _openai(beta).validate_python(event)
    assert parsed.type == event["type"], f"{event['type']} is read as {parsed.type}"
    return _extra(parsed, "") - DOCUMENTED


def _extra(value: Any, path: str) -> set[str]:
    from pydantic import BaseModel

    found: set[str] = set()
    if isinstance(value, list):
        return found.union(*(_extra(each, path) for each in value))
    if not isinstance(value, BaseModel):
        return found
    found |= {f"{path}{name}" for name in value.__pydantic_extra__ or ()}
    for name in type(value).model_fields:
        found |= _extra(getattr(value, name), f"{path}{name}.")
    return found


def unknown_to_azure(event: dict[str, Any]) -> set[str]:
    """The same for Voice Live; an unknown event is read as the base class, and all its keys are unknown."""
    from azure.ai.voicelive.models import ServerEvent

    parsed = ServerEvent._deserialize(event, [])
    if type(parsed) is ServerEvent:
        return {f"type={event['type']}"}
    return _unread(parsed, "") - {"session.object"}


def _unread(value: Any, path: str) -> set[str]:
    from azure.ai.voicelive._utils.model_base import Model

    found: set[str] = set()
    if isinstance(value, list):
        return found.union(*(_unread(each, path) for each in value))
    if not isinstance(value, Model):
        return found
    fields = {each._rest_name: name for name, each in value._attr_to_rest_field.items()}
    for name in value:
        if name in fields:
            found |= _unread(getattr(value, fields[name]), f"{path}{name}.")
        else:
            found.add(f"{path}{name}")
    return found


def check(event: dict[str, Any], dialect: str) -> None:
    """Fails with the keys that the package of the dialect does not know."""
    if dialect == "azure":
        unknown = unknown_to_azure(event) if AZURE else set()
    else:
        unknown = unknown_to_openai(event, dialect == "beta") if OPENAI else set()
    assert not unknown, f"{event['type']}: {sorted(unknown)}"
