"""What is told of the runs: a table for people, an object for programs. Pure."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from offhook.bench.measured import Run, Spread, median, ratios
from offhook.bench.run import Found

RELAY = "relay"
ROWS = (
    "CPU ms/call-second", "times the relay", "up, ms p50/p99", "down, ms p50/p99", "clear, ms p50/p99",
    "cut error, ms p50/p99", "right item of two", "kB per call", "peers late, ms p99", "rounds that count",
)  # fmt: skip
"""Up is from the carrier to the model; clear is from the model's speech_started to the carrier's clear."""


def table(runs: Sequence[Run], titles: dict[str, str]) -> Table:
    """A column for each bridge: medians over its rounds that count."""
    seconds, calls = (runs[0].seconds, runs[0].calls) if runs else (0.0, 0)
    made = Table(title=f"{calls} calls, {seconds:.0f} s a run, medians of the rounds")
    made.add_column("")
    columns = []
    times = ratios(runs, RELAY)
    for name, title in titles.items():
        made.add_column(title, justify="right")
        own = [run for run in runs if run.bridge == name]
        good = [run for run in own if not run.rejected]
        columns.append(
            [
                _number(median([run.cost_ms for run in good]), 2),
                _range(times.get(name, [])),
                _spread([run.up_ms for run in good]),
                _spread([run.down_ms for run in good]),
                _spread([run.clear_ms for run in good]),
                _spread([run.truncation_ms for run in good], 0),
                _right(good),
                _number(median([run.memory_kb for run in good]), 0),
                _number(median([run.late_ms.p99 for run in good]), 1),
                f"{len(good)} of {len(own)}",
            ]
        )
    for name, *values in zip(ROWS, *columns, strict=True):
        made.add_row(name, *values)
    return made


def line(run: Run, title: str) -> str:
    """One run, as it ends."""
    if run.rejected:
        return f"{title}: {run.calls} calls, does not count: {run.rejected}"
    return (
        f"{title}: {run.calls} calls, {run.cost_ms:.2f} ms per call-second, "
        f"up {_pair(run.up_ms, 1)}, down {_pair(run.down_ms, 1)} ms; peers {run.peers_cpu:.0%} of a core, late p99 {run.late_ms.p99:.1f} ms"
    )


def journal_line(runs: Sequence[Run], kept: str, unkept: str) -> str | None:
    """What the journal costs, if the product was measured with it and without."""
    with_it, without = (
        median([run.cost_ms for run in runs if run.bridge == name and not run.rejected]) for name in (kept, unkept)
    )
    if math.isnan(with_it) or math.isnan(without):
        return None
    return f"The journal costs {with_it - without:.2f} ms of CPU per call-second."


def found_line(found: Found, title: str) -> str:
    """How many calls a bridge carries."""
    if found.refused is None:
        return f"{title}: carries at least {found.carried} calls on one core"
    return f"{title}: carries {found.carried} calls on one core; {found.refused} were too many ({found.why})"


def record(runs: Sequence[Run], searched: Sequence[Found], machine: dict[str, Any]) -> dict[str, Any]:
    """Everything, for `--json`; what was not measured is null."""
    told = {
        "machine": machine,
        "runs": [_run(run) for run in runs],
        "times_relay": ratios(runs, RELAY),
        "search": [
            {"bridge": each.bridge, "carried": each.carried, "refused": each.refused, "why": each.why}
            | {"runs": [_run(run) for run in each.runs]}
            for each in searched
        ],
    }
    return {key: _nulls(value) for key, value in told.items()}


def _run(run: Run) -> dict[str, Any]:
    extra = {
        "cost_ms": run.cost_ms, "clear_ms": asdict(run.clear_ms), "truncation_ms": asdict(run.truncation_ms),
        "rejected": run.rejected,
    }  # fmt: skip
    return asdict(run) | extra


def _nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nulls(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_nulls(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _right(runs: Sequence[Run]) -> str:
    two = [each for run in runs for each in run.interruptions if each.items == 2]
    if not any(each.told_ms is not None for each in two):
        return "–"
    return f"{sum(each.right for each in two)} of {len(two)}"


def _spread(spreads: Sequence[Spread], digits: int = 2) -> str:
    return _pair(Spread(median([each.p50 for each in spreads]), median([each.p99 for each in spreads])), digits)


def _pair(spread: Spread, digits: int) -> str:
    return "–" if math.isnan(spread.p50) else f"{spread.p50:.{digits}f} / {spread.p99:.{digits}f}"


def _range(values: Sequence[float]) -> str:
    if not values:
        return "–"
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
