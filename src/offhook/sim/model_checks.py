"""Strict checks of what a client sends, and the words in which the service refuses it. Pure.

A check takes a value and its path ("session.audio.input.format") and returns nothing or raises `Refused`. The codes and
sentences are those that users of the service quote; where none was ever seen, the nearest known one is taken.
"""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str], None]


class Refused(Exception):
    """What becomes of it is an `error` event; the session goes on."""

    def __init__(self, code: str | None, message: str, param: str | None = None, kind: str = "invalid_request_error"):
        super().__init__(message)
        self.code, self.message, self.param, self.kind = code, message, param, kind


def kind_of(value: Any) -> str:
    """How the service names a JSON value: "an integer", "null"."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"


def wrong_type(value: Any, path: str, expected: str) -> Refused:
    """The refusal of a value of another type than expected ("a string")."""
    return Refused(
        "invalid_type", f"Invalid type for '{path}': expected {expected}, but got {kind_of(value)} instead.", path
    )


def anything(value: Any, path: str) -> None:
    """Takes all."""


def text(most: int | None = None) -> Check:
    """A string, of at most so many characters."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(value, path, "a string")
        if most is not None and len(value) > most:
            raise Refused(
                "string_above_max_length",
                f"Invalid '{path}': string too long. Expected a string with maximum length {most}, "
                f"but got a string with length {len(value)} instead.",
                path,
            )

    return check


def flag(value: Any, path: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong_type(value, path, "a boolean")


def integer(least: int | None = None, most: int | None = None) -> Check:
    """A whole number within bounds."""

    def check(value: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(value, path, "an integer")
        _bounds(value, path, "integer", least, most)

    return check


def decimal(least: float | None = None, most: float | None = None) -> Check:
    """Any number within bounds."""

    def check(value: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(value, path, "a decimal")
        _bounds(value, path, "decimal", least, most)

    return check


def _bounds(value: float, path: str, what: str, least: float | None, most: float | None) -> None:
    if least is not None and value < least:
        raise Refused(
            f"{what}_below_min_value",
            f"Invalid '{path}': {what} below minimum value. Expected a value >= {least}, but got {value} instead.",
            path,
        )
    if most is not None and value > most:
        raise Refused(
            f"{what}_above_max_value",
            f"Invalid '{path}': {what} above maximum value. Expected a value <= {most}, but got {value} instead.",
            path,
        )


def one_of(*values: str) -> Check:
    """One of these words."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(value, path, f"one of {_listed(values, 'or')}")
        if value not in values:
            raise unsupported(value, path, values)

    return check


def unsupported(value: str, path: str, values: tuple[str, ...]) -> Refused:
    """The refusal of a word that is none of these."""
    return Refused("invalid_value", f"Invalid value: '{value}'. Supported values are: {_listed(values, 'and')}.", path)


def _listed(values: tuple[str, ...], joint: str) -> str:
    quoted = [f"'{value}'" for value in values]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])}, {joint} {quoted[-1]}"


def nullable(check: Check) -> Check:
    """That or null."""

    def with_null(value: Any, path: str) -> None:
        if value is not None:
            check(value, path)

    return with_null


def either(expected: str, *checks: Check) -> Check:
    """What one of the checks takes; of a value that none takes, the last of them that knows its type says why."""

    def check(value: Any, path: str) -> None:
        refusals = []
        for each in checks:
            try:
                each(value, path)
                return
            except Refused as refused:
                refusals.append(refused)
        raise next(
            (
                refused
                for refused in reversed(refusals)
                if not (refused.code == "invalid_type" and refused.param == path)
            ),
            wrong_type(value, path, expected),
        )

    return check


def array(check: Check, most: int | None = None) -> Check:
    """A list of such."""

    def each(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(value, path, "an array")
        if most is not None and len(value) > most:
            raise Refused(
                "array_above_max_length",
                f"Invalid '{path}': array too long. Expected an array with maximum length {most}, "
                f"but got an array with length {len(value)} instead.",
                path,
            )
        for index, item in enumerate(value):
            check(item, f"{path}[{index}]")

    return each


def mapping(check: Check, most: int | None = None) -> Check:
    """An object with any keys, and such values."""

    def each(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        if most is not None and len(value) > most:
            raise Refused("object_above_max_properties", f"Invalid '{path}': too many properties.", path)
        for key, item in value.items():
            check(item, f"{path}.{key}")

    return each


def record(required: tuple[str, ...] = (), /, **fields: Check) -> Check:
    """An object with these keys and no others."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        inner = f"{path}." if path else ""
        for key in required:
            if key not in value:
                raise Refused(
                    "missing_required_parameter", f"Missing required parameter: '{inner}{key}'.", f"{inner}{key}"
                )
        for key, item in value.items():
            if key not in fields:
                raise Refused("unknown_parameter", f"Unknown parameter: '{inner}{key}'.", f"{inner}{key}")
            fields[key](item, f"{inner}{key}")

    return check


def tagged(tag: str, kinds: Mapping[str, Check]) -> Check:
    """An object whose `tag` says which of the checks it must pass."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, path, "an object")
        where = f"{path}.{tag}" if path else tag
        if tag not in value:
            raise Refused("missing_required_parameter", f"Missing required parameter: '{where}'.", where)
        one_of(*kinds)(value[tag], where)
        kinds[value[tag]](value, path)

    return check
