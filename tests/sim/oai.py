"""Twilio's own OpenAPI document, where it is at hand: answers are held against its schemas."""

import json
import re
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

DOCUMENT = Path("/work/shared/data/twilio-oai/twilio_api_v2010.cut.json")
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
