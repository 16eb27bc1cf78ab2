"""A telephone book: what it says, and what it must not."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from offhook.errors import ConfigError
from offhook.sim.book import Book, parse
from offhook.sim.plan import RestFaults

BOOK = """
numbers: ["+12025550100", "+12025550199"]
callees:
  "+12025550101": {answers: 1.5s, says: [hello, "what are your hours"], voice: en-us+f3, leaves: 90s}
  "+12025550102": busy
  "+12025550103": no answer
  "+12025550104": {machine: Leave a message., beep: false, detected: unknown, detected after: 3s}
  "+12025550105": {refused: 21215}
  "+12025550106": {script: order.yaml}
  "client:anna": rejects
  other: unreachable
"""


def test_who_answers_where() -> None:
    book = parse(BOOK, "book.yaml")
    person, machine = book.entries["+12025550101"], book.entries["+12025550104"]
    assert book.numbers == ["+12025550100", "+12025550199"]
    assert (person.callee.after_ms, person.says, person.voice) == (1500, ["hello", "what are your hours"], "en-us+f3")
    assert person.callee.leaves_ms == 90_000
    assert [book.entries[f"+1202555010{n}"].callee.does for n in (2, 3)] == ["busy", "no-answer"]
    assert (machine.machine, machine.beeps, machine.callee.answered_by, machine.callee.verdict_ms) == (
        "Leave a message.",
        False,
        "unknown",
        3000,
    )
    assert book.entries["client:anna"].callee.does == "reject" and book.other.callee.does == "fail"
    assert book.refused == {"+12025550105": 21215} and book.entries["+12025550106"].script == "order.yaml"
    assert book.has_voices and not Book().has_voices


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty: a telephone book has"),
        ("phones: []", "knows no “phones”"),
        ("numbers: [me]", "line 1: “me” is no number"),
        ("callees:\n  12: busy", "“12” is no number"),
        (
            'callees:\n  "+12025550102": bussy',
            "line 2: A callee is busy, rejects, no answer, unreachable, fax, answers, not",
        ),
        ('callees:\n  "+12025550102": {anwers: 2s}', "did you mean “answers”"),
        ('callees:\n  "+12025550102": {answers: 2}', "is a time with its unit"),
        ('callees:\n  "+12025550102": {says: hi, machine: hello}', "one of says, machine, script and refused"),
        ('callees:\n  "+12025550102": {refused: 404}', "refused is 21214, 21215, 21219, 21211"),
        ('callees:\n  "+12025550102": {script: ../x.yaml}', "a file beside the book"),
        ('callees:\n  "+12025550102": {detected: person}', "detected is human"),
        ('callees:\n  "+12025550102": busy\n  "+12025550102": fax', "line 3: “+12025550102” is there twice"),
        ('callees:\n  "+12025550102": {script: a.yaml, voice: en}', "voice goes with says or machine"),
        ('callees:\n  "+12025550102": {beep: true}', "beep goes with machine"),
        ("callees: busy", "callees has a line for each"),
    ],
)
def test_every_mistake_is_one_sentence_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text, "book.yaml")
    assert str(refused.value).startswith("book.yaml") and sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_book_of_the_documentation_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
    (shown,) = [each for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "callees:" in each]
    assert len(parse(shown, "docs").entries) == 6
    faults = {field.name.replace("_", "-") for field in fields(RestFaults)}
    assert faults == set(re.findall(r"^\| `([a-z0-9-]+)=N` \|", page, re.MULTILINE))
