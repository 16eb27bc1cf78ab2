"""A simulated call for the eyes: the talk with its times, and what a person would have noticed."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

CLOSED_BY_SERVER = 31921
"""Twilio logs it whenever a server ends a stream, which is the ordinary way to hang up: nothing to warn a person of."""

COLOURS = {"caller": "cyan", "agent": "green", "carrier": "yellow"}


def show(result: dict[str, Any], console: Console | None = None) -> None:
    """Prints a report of `sim.report`."""
    console = console or Console(highlight=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for line in result["talk"]:
        table.add_row(f"{line['from_ms'] / 1000:.2f} s", Text(line["who"], COLOURS[line["who"]]), Text(_what(line)))
    if result["talk"]:
        console.print(table)
        console.print()
    for name, value in _facts(result):
        console.print(Text.assemble((f"{name}: ", "bold"), value))


def _what(line: dict[str, Any]) -> str:
    if "key" in line:
        return f"presses {line['key']}"
    if "sound" in line:
        return f"({line['sound']})"
    seconds = f"{(line['to_ms'] - line['from_ms']) / 1000:.1f} s"
    if line["who"] == "agent":
        return f"speaks for {seconds}"
    if line["who"] == "carrier":
        return f"\u201c{line['words']}\u201d"
    answer = line["answered_ms"]
    answered = "not answered" if answer is None else f"answered after {answer:.0f} ms"
    return f"\u201c{line['words']}\u201d ({seconds}), {answered}"


def _facts(result: dict[str, Any]) -> list[tuple[str, str]]:
    facts = [
        (f"expected {check['name']} {check['wanted']}", "not met" if check["failed"] else "met")
        for check in result.get("expect", ())
    ]
    if result["first_sound_ms"] is not None:
        facts.append(("first sound", f"{result['first_sound_ms']:.0f} ms after the stream opened"))
    for cut in result["barge_ins"]:
        heard = "not settled" if cut["heard_ms"] is None else f"{cut['heard_ms']:.0f} ms heard"
        silent = "" if cut["silent_after_ms"] is None else f", silent after {cut['silent_after_ms']:.0f} ms"
        yielded = "" if cut["cleared"] else ", the agent did not yield"
        facts.append((f"barge-in at {cut['at_ms'] / 1000:.2f} s", heard + silent + yielded))
    gaps = ", ".join(f"{gap['ms']:.0f} ms at {gap['at_ms'] / 1000:.2f} s" for gap in result["gaps"])
    facts.append(("gaps within speech", gaps or "none"))
    facts.append(
        ("the carrier's buffer ran empty", f"{result['underruns']} times, within speech {len(result['gaps'])}")
    )
    facts += [
        (f"warning {warning['code']}", warning["message"])
        for warning in result["warnings"]
        if warning["code"] != CLOSED_BY_SERVER
    ]
    facts.append(("ended", f"{result['status']}, {result['reason']}"))
    return facts
