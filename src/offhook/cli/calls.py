"""`offhook calls`: what is kept of calls, read from the store itself; no server is needed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from offhook.cli.compose import store
from offhook.errors import ConfigError
from offhook.server.feed import status_of
from offhook.settings import Settings
from offhook.store.calls import Calls, Kept, Wanted

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="What is kept of calls.")

SHOWN_CHARS = 100  # of a tool's arguments and output


@app.command("list")
def list_calls(
    words: Annotated[str | None, typer.Argument(help="Words that were said in one turn.", show_default=False)] = None,
    number: Annotated[str | None, typer.Option(help="Of either side, or a part of it.", show_default=False)] = None,
    live: Annotated[bool, typer.Option("--live", help="Only calls that are on.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
) -> None:
    """The newest calls."""
    wanted = Wanted(words=words, number=number, live=True if live else None)
    page = _ask(lambda calls: calls.page(wanted, limit))
    for call in page.calls:
        ours, theirs = ("called", "caller") if call["direction"] == "inbound" else ("caller", "called")
        length = f"{(call['ended_at'] - call['answered_at']).seconds:>5} s" if _was_on(call) else "       "
        line = f"{call['id']}  {call['started_at'].astimezone():%Y-%m-%d %H:%M:%S}{length}  {status_of(call):<11}"
        typer.echo(_plain(f"{line}  {call[theirs]} → {call[ours]}  {page.matches.get(call['id'], '')}").rstrip())
    if not page.calls:
        typer.echo("No such calls.", err=True)
    elif page.next is not None:
        typer.echo("There are more: raise --limit.", err=True)


@app.command()
def show(call_id: Annotated[str, typer.Argument(metavar="ID", help="A call's id, as `list` shows it.")]) -> None:
    """What was said in a call."""
    kept = _ask(lambda calls: calls.find(call_id))
    if kept is None:
        raise ConfigError("There is no such call; `offhook calls list` shows those there are.")
    for line in _lines(kept):
        typer.echo(_plain(line))


def _was_on(call: dict[str, Any]) -> bool:
    return call["answered_at"] is not None and call["ended_at"] is not None


def _lines(kept: Kept) -> list[str]:
    call = kept.call
    said = [(turn["at_ms"], _turn(turn)) for turn in kept.turns]
    said += [(tool["at_ms"], _tool(tool)) for tool in kept.tools]
    usd = "not known" if call["unpriced"] or call["cost_usd"] is None else f"{call['cost_usd']:.4f} US dollars"
    began = f"{call['started_at'].astimezone():%Y-%m-%d %H:%M:%S}"
    return [
        f"{call['direction']} call from {call['caller']} to {call['called']}, {began}, {call['agent']} ({call['backend']})",
        *(f"{at_ms / 1000.0:7.1f} s  {line}" for at_ms, line in sorted(said)),
        f"{status_of(call)}{': ' + call['reason'] if call['reason'] else ''}; cost {usd}",
    ]


def _turn(turn: dict[str, Any]) -> str:
    unheard = f" […not heard: {turn['unheard']}]" if turn["unheard"] else ""
    return f"{'caller' if turn['role'] == 'user' else 'agent ':<6}  {turn['text']}{unheard}"


def _tool(tool: dict[str, Any]) -> str:
    came = "" if tool["output"] is None else f" → {_short(tool['output'])}"
    return f"tool    {tool['name']} {_short(tool['arguments'])}{came}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + " …"


def _plain(text: str) -> str:
    """Without what moves a terminal: callers and models may say anything."""
    return "".join(char if char.isprintable() else " " for char in text)


def _ask(question: Callable[[Calls], Awaitable[T]]) -> T:
    async def ask() -> T:
        kept = store(Settings.load())
        try:
            await kept.open()
            return await question(Calls(kept))
        finally:
            await kept.close()

    return asyncio.run(ask())
