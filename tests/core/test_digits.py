import pytest

from offhook.core.digits import BREAK, runs


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("12 34", ["1234"]),
        ("twelve thirty four", ["1234"]),
        ("thirty five oh seven", ["3507"]),
        ("ninety zero", ["900"]),
        ("double oh seven", ["007"]),
        ("treble five", ["555"]),
        ("eight hundred five", ["8005"]),
        ("hundred", []),
        ("one and two um three", ["123"]),
        ("one, two; three. four", ["1234"]),
        ("1: 2", ["1", "2"]),
        ("12.50", ["12", "50"]),
        ("1,299", ["1", "299"]),
        ("11/26", ["11", "26"]),
        ("555.1234", ["5551234"]),
        ("12, 50", ["1250"]),
        ("1 two 3", ["123"]),
        (f"12{BREAK}34", ["1234"]),
        ("twelve apples three", ["12", "3"]),
        ("someone often", []),
        ("x1", ["1"]),
        ("٣", []),
        ("", []),
    ],
)
def test_digits_of_what_is_said(said, digits):
    assert [run.digits for run in runs(said)] == digits


def test_where_a_run_is():
    (run,) = runs("it is plus one 2-3 .")
    assert "it is plus one 2-3 ."[run.begin : run.end] == "one 2-3"
    assert run.plus
    assert next(runs("+1 2")).plus and not next(runs("1 + 2")).plus
    assert [each.plus for each in runs("plus x 1")] == [False]
