"""What checks take and how they refuse the rest."""

from typing import Any

import pytest

from offhook.sim import model_checks as c


def refusal(check: c.Check, value: Any) -> c.Refused:
    with pytest.raises(c.Refused) as caught:
        check(value, "session.x")
    return caught.value


@pytest.mark.parametrize(
    ("check", "good", "bad", "code", "message"),
    [
        (c.text(), "", 5, "invalid_type", "Invalid type for 'session.x': expected a string, but got an integer instead."),
        (c.text(2), "ab", "abc", "string_above_max_length", "maximum length 2"),
        (c.flag, True, 1, "invalid_type", "expected a boolean, but got an integer"),
        (c.integer(1, 9), 9, True, "invalid_type", "expected an integer, but got a boolean"),
        (c.integer(1, 9), 1, 0, "integer_below_min_value", "Expected a value >= 1, but got 0 instead."),
        (c.integer(1, 9), 1, 10, "integer_above_max_value", "Expected a value <= 9, but got 10 instead."),
        (c.decimal(0.25, 1.5), 1, 1.6, "decimal_above_max_value", "decimal above maximum value"),
        (c.decimal(), 0.5, None, "invalid_type", "expected a decimal, but got null"),
        (c.one_of("a", "b"), "b", "c", "invalid_value", "Invalid value: 'c'. Supported values are: 'a', and 'b'."),
        (c.one_of("a"), "a", [], "invalid_type", "expected one of 'a', but got an array"),
        (c.nullable(c.text()), None, {}, "invalid_type", "but got an object"),
        (c.array(c.flag, 1), [True], [True, True], "array_above_max_length", "maximum length 1"),
        (c.array(c.flag), [], "x", "invalid_type", "expected an array"),
        (c.mapping(c.text(), 1), {"a": "b"}, {"a": "b", "c": "d"}, "object_above_max_properties", "too many"),
        (c.mapping(c.text()), {}, [], "invalid_type", "expected an object"),
        (c.record(a=c.flag), {}, 1.5, "invalid_type", "expected an object, but got a decimal"),
    ],
)  # fmt: skip
def test_values(check: c.Check, good: Any, bad: Any, code: str, message: str) -> None:
    check(good, "session.x")
    refused = refusal(check, bad)
    assert refused.code == code and message in refused.message
    assert refused.param == "session.x" and refused.kind == "invalid_request_error"


def test_records_name_the_key() -> None:
    check = c.record(("a",), a=c.flag, b=c.record(c=c.array(c.flag)))
    assert refusal(check, {}).message == "Missing required parameter: 'session.x.a'."
    unknown = refusal(check, {"a": True, "z": 1})
    assert (unknown.code, unknown.param) == ("unknown_parameter", "session.x.z")
    assert refusal(check, {"a": True, "b": {"c": [True, 0]}}).param == "session.x.b.c[1]"


def test_tags_choose_the_check() -> None:
    check = c.tagged("type", {"on": c.record(type=c.anything, level=c.integer()), "off": c.record(type=c.anything)})
    check({"type": "on", "level": 1}, "session.x")
    assert refusal(check, {}).param == "session.x.type"
    assert refusal(check, {"type": "dim"}).message.endswith("'on', and 'off'.")
    assert refusal(check, {"type": "off", "level": 1}).code == "unknown_parameter"
    assert refusal(check, 1).code == "invalid_type"


def test_of_alternatives_the_one_that_knows_the_type_says_why() -> None:
    check = c.either("a string or an object", c.one_of("auto"), c.record(("name",), name=c.text()))
    check("auto", "session.x")
    check({"name": "a"}, "session.x")
    assert refusal(check, "never").code == "invalid_value"
    assert refusal(check, {}).param == "session.x.name"
    assert "expected a string or an object, but got an integer" in refusal(check, 5).message
