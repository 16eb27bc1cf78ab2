"""`offhook bench`: the product's transport beside a bare relay and the usual sample pattern, on this machine."""

import json
import os
import platform
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from offhook.bench import plot, report
from offhook.bench.bridges import NAMES, UNKEPT, Bridge, bridges, compiler
from offhook.bench.load import measure
from offhook.bench.measured import Run
from offhook.bench.process import cores
from offhook.bench.run import Found, rounds, search
from offhook.errors import ConfigError
from offhook.server.lifetime import raise_descriptor_limit

QUICK = {"calls": 50, "seconds": 2.0, "rounds": 1}


def bench(
    calls: Annotated[int, typer.Option(min=1, max=2000, help="Calls at once.")] = 100,
    seconds: Annotated[float, typer.Option(min=0.5, max=60, help="Seconds of talk that are measured.")] = 8.0,
    count: Annotated[int, typer.Option("--rounds", min=1, max=20, help="Runs of each bridge.")] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="Half a minute: one round of 2 s with 50 calls.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this bridge: relay, sample, offhook, or unkept: offhook without its journal; may be repeated.",
            show_default=False,
        ),
    ] = None,
    find: Annotated[bool, typer.Option("--search", help="Then find how many calls each carries on one core.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Keep everything as JSON.")] = None,
    plot_file: Annotated[Path | None, typer.Option("--plot", help="Draw it as SVG.")] = None,
) -> None:
    """Measure offhook beside a bare relay and the usual sample pattern."""
    names = _names(only)
    for path in (json_file, plot_file):
        if path and not path.parent.is_dir():
            raise ConfigError(f"{path} cannot be written: there is no folder {path.parent}.")
    if quick:
        calls, seconds, count = int(QUICK["calls"]), float(QUICK["seconds"]), int(QUICK["rounds"])
    raise_descriptor_limit()
    console = Console()
    bridge_core, peers_core = cores()
    apart = f"bridge on core {bridge_core}, peers on core {peers_core}"
    console.print(apart if bridge_core != peers_core else "There is one core only: bridge and peers share it.")
    import uvloop  # not on Windows, where the line above has said so

    if "relay" in names and compiler() is None:
        console.print("There is no C compiler: the bare relay is the one in Python, which costs more.")
    with bridges(names) as made:
        titles = {bridge.name: bridge.title for bridge in made}
        runs, found = uvloop.run(_measure(made, calls, seconds, count, find, console))
    console.print(report.table(runs, titles))
    if costs := report.journal_line(runs, "offhook", UNKEPT):
        console.print(costs)
    for each in found:
        console.print(report.found_line(each, titles[each.bridge]))
    if json_file:
        machine = _machine() | {"cores": [bridge_core, peers_core]}
        _write(json_file, json.dumps(report.record(runs, found, machine), indent=1) + "\n")
    if plot_file:
        _write(plot_file, plot.svg([*runs, *(run for each in found for run in each.runs)], titles))


def _names(only: list[str] | None) -> tuple[str, ...]:
    for name in only or ():
        if name not in (*NAMES, UNKEPT):
            raise ConfigError(f"There is no bridge {name!r}: --only takes {', '.join((*NAMES, UNKEPT))}.")
    return tuple(name for name in (*NAMES, UNKEPT) if name in (only or NAMES))


async def _measure(
    made: list[Bridge], calls: int, seconds: float, count: int, find: bool, console: Console
) -> tuple[list[Run], list[Found]]:
    titles = {bridge.name: bridge.title for bridge in made}
    # Drawn between the runs only: a bar that moves by itself would make the peers late.
    with Progress(console=console, auto_refresh=False, transient=True) as progress:
        bar = progress.add_task("", total=len(made) * count)

        async def one(bridge: Bridge, calls: int, seconds: float, interrupt: bool) -> Run:
            progress.update(bar, description=f"{bridge.title}, {calls} calls", refresh=True)
            return await measure(bridge, calls, seconds, interrupt=interrupt)

        def said(run: Run) -> None:
            progress.print(report.line(run, titles[run.bridge]))
            progress.update(bar, advance=1, refresh=True)

        runs = await rounds(made, calls, seconds, count, one, said)
        found = [await search(bridge, one, said) for bridge in made] if find else []
    return runs, found


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(), "python": platform.python_version(), "cpus": os.cpu_count(),
        "load": os.getloadavg(),
    }  # fmt: skip


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}); give another path.") from None
