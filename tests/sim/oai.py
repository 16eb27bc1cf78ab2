"""Twilio's own OpenAPI document, where it is at hand: answers are held against its schemas."""

import json
import re
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "twilio-oai" / "twilio_api_v2010.cut.json"
_ROOT = "/2010-04-01/Accounts/{AccountSid}"
PATHS = {
    "calls": f"{_ROOT}/Calls.json",
    "call": f"{_ROOT}/Calls/{{Sid}}.json",
    "numbers": f"{_ROOT}/IncomingPhoneNumbers.json",
    "number": f"{_ROOT}/IncomingPhoneNumbers/{{Sid}}.json",
}


@cache
def _document() -> dict[str, Any]:
    return dict(json.loads(DOCUMENT.read_text()))


def wrong(path: str, method: str, status: int, answer: Any) -> list[str]:
    """What of an answer is not as the document says; nothing where the document is not at hand."""
    if not DOCUMENT.is_file():
        return []
    responses = _document()["paths"][PATHS[path]][method.lower()]["responses"]
    if str(status) not in responses:
        return [f"{status} is not among {list(responses)}"]
    (content,) = responses[str(status)]["content"].values()
    return _wrong(content["schema"], answer, path)


def _wrong(schema: dict[str, Any], value: Any, at: str) -> list[str]:
    if "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    if value is None:
        return [] if schema.get("nullable") else [f"{at} is null"]
    kinds = {"string": str, "object": dict, "array": list, "integer": int, "boolean": bool}
    if not isinstance(value, kinds[schema["type"]]):
        return [f"{at} is {value!r}, no {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at} is {value!r}, none of {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at} is {value!r}")
    if schema.get("format") == "date-time-rfc-2822":
        parsedate_to_datetime(value)
    if schema["type"] == "array":
        found += [each for item in value for each in _wrong(schema["items"], item, at)]
    if properties := schema.get("properties"):
        found += [f"{at}.{name} is missing" for name in set(properties) - set(value)]
        found += [f"{at}.{name} is unknown" for name in set(value) - set(properties)]
        found += [
            each
            for name in set(properties) & set(value)
            for each in _wrong(properties[name], value[name], f"{at}.{name}")
        ]
    return found


def wrong_request(path: str, form: str) -> list[str]:
    """What of a POST's form is not as the document says. Only where the document is at hand."""
    (content,) = _document()["paths"][PATHS[path]]["post"]["requestBody"]["content"].items()
    kind, body = content
    assert kind == "application/x-www-form-urlencoded"
    told: dict[str, list[str]] = {}
    for name, value in parse_qsl(form, keep_blank_values=True, strict_parsing=True):
        told.setdefault(name, []).append(value)
    properties = body["schema"]["properties"]
    found = [f"{name} is unknown" for name in told.keys() - properties.keys()]
    found += [f"{name} is missing" for name in set(body["schema"].get("required", ())) - told.keys()]
    for name in told.keys() & properties.keys():
        found += _wrong_field(properties[name], told[name], name)
    return found


def _wrong_field(schema: dict[str, Any], values: list[str], at: str) -> list[str]:
    if schema.get("type") != "array" and len(values) > 1:
        return [f"{at} is there {len(values)} times"]
    if schema.get("type") == "array":
        return [each for value in values for each in _wrong_field(schema["items"], [value], at)]
    (value,) = values
    if schema.get("type") == "integer":
        return [] if re.fullmatch("[0-9]+", value) else [f"{at} is {value!r}, no integer"]
    if schema.get("format") == "uri" and not re.fullmatch(r"https?://[^\s]+", value):
        return [f"{at} is {value!r}, no address"]
    return _wrong(schema, {"true": True, "false": False}.get(value) if schema.get("type") == "boolean" else value, at)
