"""What a script expects of a call, checked on its report once it is over. Pure: each failing one is a sentence.

What is checked is in the report (sim/report.py), so that a program can check the same and more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from offhook.sim.reading import Part, shown_ms

Result = dict[str, Any]


@dataclass(slots=True)
class Expectation:
    """One line of `expect`: its name, its value as the script has it, and what it says of a report that fails it."""

    name: str
    wanted: float | str | bool
    shown: str
    line: "Line"

    def check(self, result: Result) -> str | None:
        """None, or what was found instead."""
        return self.line.found(result, self.wanted)


class Line(NamedTuple):
    """How an expectation is read and judged."""

    read: Callable[[Part, str], float | str | bool]
    found: Callable[[Result, Any], str | None]
    from_inside: bool = False
    """It needs the agent in this process: a telephone does not tell it."""


def checked(expect: list[Expectation], result: Result) -> list[dict[str, Any]]:
    """Each expectation with `failed`: None, or a whole sentence."""
    checks = []
    for each in expect:
        found = each.check(result)
        sentence = None if found is None else f"expected {each.name} {each.shown}; {found}."
        checks.append({"name": each.name, "wanted": each.shown, "failed": sentence})
    return checks


# ------------------------------------------------------------ what is found


def _answered(result: Result, most_ms: float) -> str | None:
    late = [
        f"“{turn['words']}” was " + ("not answered" if turn["ms"] is None else f"answered after {turn['ms']:.0f}ms")
        for turn in result["answers"]
        if (not _left_at_once(result, turn, most_ms) if turn["ms"] is None else turn["ms"] > most_ms)
    ]
    return ", ".join(late) or None


def _left_at_once(result: Result, turn: Result, most_ms: float) -> bool:
    """Whether the caller hung up before an answer was due."""
    return bool(result["ended_by"] == "caller" and result["ended_ms"] - turn["at_ms"] < most_ms)


def _greeted(result: Result, most_ms: float) -> str | None:
    first = result["first_sound_ms"]
    if first is None:
        return "nothing was heard"
    return f"the first sound came {first:.0f}ms after the stream opened" if first > most_ms else None


def _silent(result: Result, most_ms: float) -> str | None:
    slow = [
        f"at {cut['at_ms'] / 1000:.1f} s it went on for "
        + ("good" if cut["silent_after_ms"] is None else f"{cut['silent_after_ms']:.0f}ms")
        for cut in result["barge_ins"]
        if cut["silent_after_ms"] is None or cut["silent_after_ms"] > most_ms
    ]
    return ", ".join(slow) or None


def _longest_silence(result: Result, most_ms: float) -> str | None:
    long = [
        f"{quiet['ms']:.0f}ms at {quiet['at_ms'] / 1000:.1f} s" for quiet in result["silences"] if quiet["ms"] > most_ms
    ]
    return f"there were {', '.join(long)}" if long else None


def _count(of: Callable[[Result], list[str]]) -> Callable[[Result, float], str | None]:
    def found(result: Result, wanted: float) -> str | None:
        when = of(result)
        if len(when) == wanted:
            return None
        return f"there {'was' if len(when) == 1 else 'were'} {len(when)}" + (f" ({', '.join(when)})" if when else "")

    return found


def _times(name: str) -> Callable[[Result], list[str]]:
    return lambda result: [f"at {each['at_ms'] / 1000:.1f} s" for each in result[name]]


def _barge_ins(result: Result) -> list[str]:
    return [f"at {cut['at_ms'] / 1000:.1f} s" for cut in result["barge_ins"] if cut["cleared"]]


def _ended_by(result: Result, wanted: str) -> str | None:
    by = result["ended_by"]
    return None if by == wanted else f"it was ended by the {by} ({result['reason']})"


def _not_heard(result: Result, words: str) -> str | None:
    return "it was heard" if words in result["heard"] else None


def _no_word_lost(result: Result, wanted: bool) -> str | None:
    lost = [turn["unheard"] for turn in result["agent_turns"] if turn["unheard"]]
    if wanted:
        return f"not heard: “{'”, “'.join(lost)}”" if lost else None
    return None if lost else "all was heard"


def _understood(result: Result, words: str) -> str | None:
    turns = [turn["text"] for turn in result["caller_turns"]]
    return None if words in turns else f"understood: {', '.join(f'“{turn}”' for turn in turns) or 'nothing'}"


# ------------------------------------------------------------ the table


def _time(part: Part, name: str) -> float:
    return part.time(name)


def _number(part: Part, name: str) -> int:
    return part.number(name)


def _who(part: Part, name: str) -> str:
    return part.choice(name, {who: who for who in ("agent", "caller", "carrier")})


def _text(part: Part, name: str) -> str:
    return part.text(name)


def _truth(part: Part, name: str) -> bool:
    return part.truth(name)


LINES: dict[str, Line] = {
    "greeted_within": Line(_time, _greeted),
    "answered_within": Line(_time, _answered),
    "silent_within": Line(_time, _silent),
    "longest_silence": Line(_time, _longest_silence),
    "barge_ins": Line(_number, _count(_barge_ins)),
    "cut_short": Line(_number, _count(_times("cut_short"))),
    "talked_over": Line(_number, _count(_times("talked_over"))),
    "gaps": Line(_number, _count(_times("gaps"))),
    "streams": Line(
        _number, lambda result, wanted: None if result["streams"] == wanted else f"there were {result['streams']}"
    ),
    "ended_by": Line(_who, _ended_by),
    "not_heard": Line(_text, _not_heard),
    "understood": Line(_text, _understood, from_inside=True),
    "no_word_lost": Line(_truth, _no_word_lost, from_inside=True),
}


def _reader(name: str, line: Line) -> Callable[[Part], Expectation]:
    def read(part: Part) -> Expectation:
        wanted = line.read(part, name)
        shown = shown_ms(wanted) if line.read is _time and isinstance(wanted, float) else str(wanted).lower()
        return Expectation(name, wanted, f"“{wanted}”" if line.read is _text else shown, line)

    return read


EXPECTATIONS: dict[str, Callable[[Part], Expectation]] = {name: _reader(name, line) for name, line in LINES.items()}
