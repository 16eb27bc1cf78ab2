"""A telephone book in YAML: the account's numbers, and who answers at others. Pure; the voices are given in answering.py.

numbers: ["+12025550100"]
callees:
  "+12025550101": {answers: 2s, says: ["hello?", "what are your opening hours"]}
  "+12025550102": busy
  other: {machine: "You have reached Anna. Please leave a message.", answers: 8s}
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from offhook.errors import ConfigError
from offhook.sim.orders import Callee
from offhook.sim.reading import Part, read
from offhook.sim.rest_errors import REFUSALS_OF_A_NUMBER

OTHER = "other"
VERDICTS = (
    "human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown",
)  # fmt: skip
LONGEST_CALL_MS = 3_600_000.0


@dataclass(slots=True)
class Entry:
    """Somebody or something at a number."""

    callee: Callee = field(default_factory=Callee)
    says: list[str] = field(default_factory=list)
    """A person's turns; the first at once, the others after what was heard."""
    machine: str | None = None
    """A machine's greeting."""
    beeps: bool = True
    script: str | None = None
    """A caller script that the person follows; a file beside the book."""
    voice: str | None = None
    refused: int | None = None
    """The error code of whoever calls it."""


@dataclass(slots=True)
class Book:
    """What the file says."""

    numbers: list[str] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    other: Entry = field(default_factory=Entry)

    @property
    def refused(self) -> dict[str, int]:
        """The numbers that cannot be called, with their error codes."""
        return {number: entry.refused for number, entry in self.entries.items() if entry.refused is not None}

    @property
    def has_voices(self) -> bool:
        """Whether anybody in it speaks."""
        return any(each.says or each.machine or each.script for each in (*self.entries.values(), self.other))


def parse(text: str, file: str) -> Book:
    """Reads a book. Raises ConfigError with file, line and what is allowed."""
    try:
        named = read(text, file).named("A telephone book", dict.fromkeys(("numbers", "callees")))
    except ConfigError as error:
        if "is empty" in str(error):
            raise ConfigError(f"{file} is empty: a telephone book has `numbers` or `callees`.") from None
        raise
    book = Book()
    if "numbers" in named:
        book.numbers = [_address(each, each.text("numbers")) for each in named["numbers"].parts("numbers")]
    if "callees" in named:
        for name, part in named["callees"].pairs("callees").items():
            if name == OTHER:
                book.other = _entry(part)
            else:
                book.entries[_address(part, name)] = _entry(part)
    return book


def _address(part: Part, text: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}|(sips?|client):\S+", text):
        part.refuse(f"“{text}” is no number such as +12025550101, and no sip: or client: address.")
    return text


_BARE: dict[str, Callable[[], Callee]] = {
    "busy": lambda: Callee("busy"),
    "rejects": lambda: Callee("reject"),
    "no answer": lambda: Callee("no-answer"),
    "unreachable": lambda: Callee("fail"),
    "fax": lambda: Callee(fax=True),
    "answers": lambda: Callee(),
}


def _entry(part: Part) -> Entry:
    if part.plain is not None:
        return Entry(part.choice("A callee", _BARE)())
    named = part.named("A callee", _READERS)
    if len({"says", "machine", "script", "refused"} & set(named)) > 1:
        part.refuse("A callee has one of says, machine, script and refused.")
    for name, owners in (("voice", ("says", "machine")), ("beep", ("machine",))):
        if name in named and not set(owners) & set(named):
            named[name].refuse(f"{name} goes with {' or '.join(owners)}.")
    entry = Entry()
    for name, each in named.items():
        _READERS[name](entry, each)
    return entry


def _ring(entry: Entry, part: Part) -> None:
    entry.callee.after_ms = part.time("answers")


def _says(entry: Entry, part: Part) -> None:
    entry.says = [part.text("says")] if part.plain is not None else [each.text("says") for each in part.parts("says")]


def _machine(entry: Entry, part: Part) -> None:
    entry.machine = part.text("machine")


def _beep(entry: Entry, part: Part) -> None:
    entry.beeps = part.truth("beep")


def _script(entry: Entry, part: Part) -> None:
    entry.script = part.text("script")
    if entry.script.startswith("/") or ".." in entry.script.split("/"):
        part.refuse("script takes a file beside the book, as order.yaml.")


def _voice(entry: Entry, part: Part) -> None:
    entry.voice = part.text("voice")


def _leaves(entry: Entry, part: Part) -> None:
    entry.callee.leaves_ms = part.time("leaves", most_ms=LONGEST_CALL_MS)


def _detected(entry: Entry, part: Part) -> None:
    entry.callee.answered_by = part.choice("detected", {each: each for each in VERDICTS})


def _detected_after(entry: Entry, part: Part) -> None:
    entry.callee.verdict_ms = part.time("detected after")


def _refused(entry: Entry, part: Part) -> None:
    entry.refused = part.choice("refused", {str(each): each for each in REFUSALS_OF_A_NUMBER})


_READERS: dict[str, Callable[[Entry, Part], None]] = {
    "answers": _ring,
    "says": _says,
    "machine": _machine,
    "beep": _beep,
    "script": _script,
    "voice": _voice,
    "leaves": _leaves,
    "detected": _detected,
    "detected after": _detected_after,
    "refused": _refused,
}
