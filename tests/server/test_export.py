import csv
import io
from datetime import UTC, datetime

import pytest

from offhook.server.export import cell, head, lines


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "|calc",
        "%0A=1",
        "+",
        "+15550100=1",
        "=HYPERLINK(1)",
    ],
)
def test_no_text_can_be_taken_for_a_formula(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+15550100", "hello", "a=b", "", "1,5", "O'Hara", 'say "hi"', "sip:a@b"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert cell(text) == text


def test_numbers_moments_and_nothing_are_written_plainly():
    values = [cell(value) for value in (-1.5, 3, True, None, datetime(2026, 11, 20, 12, tzinfo=UTC))]
    assert values == ["-1.5", "3", "True", "", "2026-11-20T12:00:00+00:00"]


def test_what_is_written_is_read():
    rows = [{"a": 'one "two", three', "b": "line\nline"}, {"a": "=cmd|' /C calc'!A0", "b": None}]
    text = head(("a", "b")) + lines(("a", "b"), rows)
    read = list(csv.reader(io.StringIO(text)))
    assert read == [["a", "b"], ['one "two", three', "line\nline"], ["'=cmd|' /C calc'!A0", ""]]
