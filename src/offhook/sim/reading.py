"""Reads a YAML file strictly: every mistake is one sentence with the file, the line and what is allowed. Pure.

Values are read as they are written, so that `say: no` says "no" and `press: 08` presses 0 and 8.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from typing import NoReturn, TypeVar

import yaml  # type: ignore[import-untyped]

from offhook.errors import ConfigError

T = TypeVar("T")

LONGEST_MS = 120_000.0
"""What a script may wait for, and how long anything in it may last."""

MOST_CHARS = 1000
"""How long a text may be."""
_SHOWN_CHARS = 40

_TIME = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s)")
_MARK = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What is no character of a text: controls, line ends, halves of a character."""
_LEVEL = re.compile(r"(-?\d+(?:\.\d+)?) ?dB", re.IGNORECASE)


class Part:
    """A place in the file: a text, a list or named values, with the words that say where it is."""

    def __init__(self, node: yaml.Node, file: str, step: int = 0) -> None:
        self._node, self._file, self.step = node, file, step

    def refuse(self, sentence: str) -> NoReturn:
        """Raises ConfigError with the place in front."""
        step = f", step {self.step}" if self.step else ""
        sentence = _MARK.sub("\N{REPLACEMENT CHARACTER}", sentence)
        raise ConfigError(f"{self._file}, line {self._node.start_mark.line + 1}{step}: {sentence}")

    @property
    def plain(self) -> str | None:
        """The text, if it is one."""
        return self._node.value if isinstance(self._node, yaml.ScalarNode) else None

    def at_step(self, number: int) -> "Part":
        """The same place, as part of a step."""
        return Part(self._node, self._file, number)

    def text(self, what: str) -> str:
        """A text that is not empty."""
        text = self.plain
        if text is None or not text.strip():
            self.refuse(f"{what} needs a text.")
        text = " ".join(text.split())
        if len(text) > MOST_CHARS:
            self.refuse(f"{what} takes up to {MOST_CHARS} characters, not {len(text)}.")
        if _MARK.search(text):
            self.refuse(f"{what} holds a control character or half a character: “{shown(text)}”.")
        return text

    def time(self, what: str, least_ms: float = 0.0, most_ms: float = LONGEST_MS) -> float:
        """Milliseconds of a time like 1.2s or 300ms."""
        found = _TIME.fullmatch((self.plain or "").strip())
        if found is None:
            self.refuse(f"{what} is a time with its unit, as 300ms or 1.2s{self._not()}.")
        ms = float(found[1]) * (1000.0 if found[2] == "s" else 1.0)
        if not least_ms <= ms <= most_ms:
            self.refuse(f"{what} is between {shown_ms(least_ms)} and {shown_ms(most_ms)}, not {shown(found[0])}.")
        return ms

    def level(self, what: str, least_db: float, most_db: float) -> float:
        """Decibels of a level like 20dB."""
        found = _LEVEL.fullmatch((self.plain or "").strip())
        if found is None:
            self.refuse(f"{what} is a level, as 20dB{self._not()}.")
        if not least_db <= (level := float(found[1])) <= most_db:
            self.refuse(f"{what} is between {least_db:g}dB and {most_db:g}dB, not {shown(found[0])}.")
        return level

    def number(self, what: str, most: int = 1000) -> int:
        """A whole number."""
        text = (self.plain or "").strip()
        if not text.isdecimal() or len(text) > _SHOWN_CHARS or int(text) > most:
            self.refuse(f"{what} is a whole number up to {most}{self._not()}.")
        return int(text)

    def truth(self, what: str) -> bool:
        """true or false."""
        if (text := (self.plain or "").strip().lower()) not in ("true", "false"):
            self.refuse(f"{what} is true or false{self._not()}.")
        return text == "true"

    def choice(self, what: str, allowed: Mapping[str, T]) -> T:
        """One of a few words."""
        text = " ".join((self.plain or "").split())
        if text not in allowed:
            self.refuse(f"{what} is {listed(allowed)}{self._not(allowed)}.")
        return allowed[text]

    def parts(self, what: str) -> "list[Part]":
        """The parts of a list that is not empty."""
        if not isinstance(self._node, yaml.SequenceNode) or not self._node.value:
            self.refuse(f"{what} is a list, each item on a line of its own after a dash.")
        return [Part(node, self._file, self.step) for node in self._node.value]

    def named(self, what: str, allowed: Mapping[str, object]) -> "dict[str, Part]":
        """Named values; no name twice, none that is not allowed."""
        if not isinstance(self._node, yaml.MappingNode):
            self.refuse(f"{what} has named values ({listed(allowed)}){self._not()}.")
        found: dict[str, Part] = {}
        for key, value in self._node.value:
            name = " ".join(key.value.split()) if isinstance(key, yaml.ScalarNode) else ""
            if name not in allowed:
                Part(key, self._file, self.step).refuse(
                    f"{what} knows no “{shown(name)}”{_meant(name, allowed)}; allowed: {listed(allowed)}."
                )
            if name in found:
                Part(key, self._file, self.step).refuse(f"“{name}” is there twice.")
            found[name] = Part(value, self._file, self.step)
        return found

    def pairs(self, what: str) -> "dict[str, Part]":
        """Values with names of the writer's own; no name twice."""
        if not isinstance(self._node, yaml.MappingNode):
            self.refuse(f"{what} has a line for each, as `name: value`{self._not()}.")
        found: dict[str, Part] = {}
        for key, value in self._node.value:
            name = " ".join(key.value.split()) if isinstance(key, yaml.ScalarNode) else ""
            if not name or name in found:
                Part(key, self._file, self.step).refuse(f"“{shown(name)}” is {'there twice' if name else 'no name'}.")
            found[name] = Part(value, self._file, self.step)
        return found

    def one(self, what: str, readers: "Mapping[str, Callable[[Part], T]]", bare: "Mapping[str, T]") -> T:
        """What one named value stands for, or one bare word."""
        word = self.plain
        if word is not None:
            if (name := " ".join(word.split())) in bare:
                return bare[name]
            if name in readers:
                self.refuse(f"“{name}” needs a value, as `{name}: …`.")
            known = [*bare, *readers]
            self.refuse(f"{what} knows no “{shown(name)}”{_meant(name, known)}; allowed: {listed(known)}.")
        pairs = self.named(what, {**readers, **dict.fromkeys(bare)})
        if len(pairs) != 1:
            self.refuse(f"{what} is one thing, not {len(pairs)} ({listed(pairs) or 'nothing'}).")
        ((name, part),) = pairs.items()
        if name not in readers:
            part.refuse(f"“{name}” stands alone, without a value.")
        return readers[name](part)

    def _not(self, allowed: Mapping[str, object] | None = None) -> str:
        text = self.plain
        if text is None:
            kind = "a list" if isinstance(self._node, yaml.SequenceNode) else "named values"
            return f", not {kind}"
        return f", not “{shown(text)}”{_meant(text, allowed or {})}" if text else ", and none is given"


def read(text: str, file: str) -> Part:
    """The whole file. Raises ConfigError if it is no YAML or empty."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{file}{line}: this is no YAML: {error.problem}.") from error
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{file}, line {number}: this is no YAML: it holds the character #x{error.character:04x}."
        ) from error
    except RecursionError:
        raise ConfigError(f"{file} is nested too deeply for a script: leave out the brackets.") from None
    if node is None:
        raise ConfigError(f"{file} is empty: a script has at least `steps`.")
    return Part(node, file)


def listed(names: object) -> str:
    """Names for a sentence."""
    return ", ".join(str(name) for name in names)  # type: ignore[attr-defined]


def shown(text: str) -> str:
    """As much of a text as a sentence has room for, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def shown_ms(ms: float) -> str:
    """A time as a script has it."""
    return f"{ms:.0f}ms" if ms < 1000 else f"{ms / 1000:g}s"


def _meant(name: str, allowed: object) -> str:
    near = difflib.get_close_matches(name[:_SHOWN_CHARS], list(allowed), 1)  # type: ignore[call-overload]
    return f" (did you mean “{near[0]}”?)" if near else ""
