"""`offhook doctor`: the findings for the eyes or for a program."""

import json
from collections import Counter
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from offhook.agent.agent import Agent
from offhook.agent.roster import answering
from offhook.cli.agents import agent_from, credentials, load_agents
from offhook.cli.serve import command
from offhook.server.doctor import examine
from offhook.server.finding import Finding, State
from offhook.settings import Settings, without_secrets

SIGNS = {
    State.OK: ("✓", "green"),
    State.NOTE: ("·", "cyan"),
    State.MISSING: ("○", "yellow"),
    State.WRONG: ("✗", "bold red"),
}


def run_doctor(target: str | None, *, online: bool, as_json: bool) -> int:
    """Looks at everything and prints it; 1 if something that is configured is wrong, else 0."""

    console = Console(highlight=False, soft_wrap=False)
    if as_json:
        findings = examine(
            lambda settings: agents_of(target, settings), agent=target, online=online, credentials=credentials
        )
    else:
        with console.status("Looking …"):
            findings = examine(
                lambda settings: agents_of(target, settings), agent=target, online=online, credentials=credentials
            )
    healthy = not any(each.state is State.WRONG for each in findings)
    if as_json:
        told = [{"name": each.name, "state": each.state, "sentence": each.sentence} for each in findings]
        typer.echo(json.dumps({"ok": healthy, "next": next_step(findings, target), "findings": told}))
    else:
        show(findings, target, console)
    return 0 if healthy else 1


def agents_of(target: str | None, settings: Settings) -> list[Agent]:
    """The agents that would answer; none if a function chooses among agents of elsewhere. Raises ConfigError."""
    if target is None:
        return [agent_from(settings)]
    loaded = load_agents(target)
    return answering(loaded.agents, loaded.known)


def show(findings: Sequence[Finding], target: str | None, console: Console) -> None:
    """Prints a line for each finding, and what to do next."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in findings:
        sign, style = SIGNS[each.state]
        table.add_row(Text(f"{sign} {each.state}", style), Text(each.name, "bold"), Text(each.sentence))
    console.print(table)
    counted = Counter(each.state for each in findings)
    summary = Text("\n" + ", ".join(f"{counted[state]} {state}" for state in State if counted[state]) + ".")
    console.print(summary)
    console.print(Text.assemble(("Next: ", "bold"), next_step(findings, target)))


def next_step(findings: Sequence[Finding], target: str | None) -> str:
    """One sentence: the first thing that is wrong, or how to start."""
    for each in findings:
        if each.state is State.WRONG:
            return f"mend {each.name}, then look again."
    names = {each.name for each in findings if each.state is State.MISSING}
    called = without_secrets(command())
    if "agent" in names and "embedded engine" in names:
        return "pip install 'offhook[local]' for the built-in agent, or name one as in offhook serve shop:agent."
    if "agent" in names:
        return f"{called} demo needs nothing more; for a number, name an agent as in {called} serve shop:agent."
    return f"{called} serve{' ' + target if target else ''}"
