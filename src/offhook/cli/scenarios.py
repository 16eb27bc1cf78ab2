"""`offhook test`: plays caller scripts, against an agent in this process or against a server that runs.

In this process time is simulated, unless a model is behind a network: nothing makes another machine hurry, so then the
calls last as long as they last. The caller, the telephone network and the server stay in memory; only the model is asked
over its socket.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from offhook.agent.backends import is_remote
from offhook.agent.cafe import agent as built_in
from offhook.agent.roster import Roster, answering
from offhook.cli.agents import Loaded, credentials_alone, load_agents
from offhook.cli.calling import LONGEST_S, Played, Server, accounts_of, call_scripted, links_of
from offhook.core import events as e
from offhook.errors import ConfigError
from offhook.phone.twilio.leg import TwilioLeg
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.sim import clock
from offhook.sim.carrier import CarrierCall
from offhook.sim.memory import MediaSocket, place_call
from offhook.sim.orders import Faults, OpenStream, Setup
from offhook.sim.report import Turns, scripted
from offhook.sim.script import Script, parse
from offhook.sim.signature import Account
from offhook.sim.voicing import Voiced, Voices, voiced

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
AFTERWARDS_S = 30.0
"""Simulated time in which a call that is over at the carrier must be over in the server too."""

INSIDE = Account("AC" + "0" * 32, "the account of calls within one process")


def load(paths: list[Path]) -> list[Voiced]:
    """The scripts with their sound. Raises ConfigError for the first mistake in any."""

    async def render() -> list[Voiced]:
        async with Voices() as voices:
            return [await voiced(script, path.parent, voices) for path, script in zip(paths, scripts, strict=True)]

    scripts = [_read(path) for path in paths]
    return asyncio.run(render())


def _read(path: Path) -> Script:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigError(f"{path} cannot be read ({why}): give a script in YAML.") from error
    return parse(text, str(path))


def refuse_inside(scripts: list[Voiced]) -> None:
    """Raises ConfigError for a script that expects what a telephone does not tell."""
    for each in scripts:
        for expected in each.script.expect:
            if expected.line.from_inside:
                raise ConfigError(
                    f"{each.script.file}: {expected.name} is known to the agent's own process only: "
                    "run it with `offhook test --agent`, or take it out."
                )
        if not each.script.agent_voices and any(not words for words in each.phrases.values()):
            raise ConfigError(
                f"{each.script.file}: with `agent voice: other` the caller cannot tell words by ear: "
                "run it with `offhook test --agent`, or name a voice of espeak-ng that the agent has."
            )


async def play_inside(script: Voiced, roster: Roster) -> Played:
    """Makes a call to an agent in this process, whose roster is started, on the loop's clock, simulated or real."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    turns: dict[int, tuple[float, e.TurnKept]] = {}

    def watch(_call_id: str, event: e.Event) -> None:
        if isinstance(event, e.TurnKept):
            turns[event.turn] = ((loop.time() - began) * 1000.0, event)

    def told(since_ms: float) -> str:
        return " ".join(turn.text for at_ms, turn in turns.values() if turn.role == "agent" and at_ms >= since_ms)

    app = App(Options(INSIDE.sid, [Key(INSIDE.token)]), roster.open, watch)
    app.ready.set()

    def accept(order: OpenStream, socket: MediaSocket) -> TwilioLeg:
        return app.door.open_leg(socket, order.url.rsplit("/", 1)[1])

    room = script.script.room
    caller, understanding = script.caller(told)
    setup = Setup(
        "http://agent.test/incoming-call",
        INSIDE,
        caller=script.script.caller,
        hang_up_after_ms=LONGEST_S * 1000.0,
        faults=Faults(drop_stream_after_ms=room.drops_ms),
    )
    call = CarrierCall(setup, caller)
    try:
        there, back = links_of(script.script)
        await place_call(call, app.asgi, accept, there, back)
        await asyncio.sleep(room.delay_ms / 1000.0)
        for _ in range(int(AFTERWARDS_S)):
            if not app.switchboard.live:
                break
            await asyncio.sleep(1.0)
    finally:
        await app.switchboard.close()
    kept = Turns()
    for at_ms, turn in turns.values():
        if turn.role == "agent":
            kept.agent.append({"at_ms": at_ms, "text": turn.text, "unheard": turn.unheard})
        else:
            kept.caller.append({"at_ms": at_ms, "text": turn.text})
    return Played(call, scripted(call, caller, script.script, understanding, kept))


def remote_models(loaded: Loaded) -> list[str]:
    """The models that answer over a network, and in real time only."""
    models = {model for agent in answering(loaded.agents, loaded.known) for model in agent.models}
    return sorted(model for model in models if is_remote(model))


def _play_inside(scripts: list[Voiced], loaded: Loaded, tell: Callable[[dict[str, Any]], None]) -> None:
    roster = Roster(loaded.agents, loaded.known, credentials_alone())
    remote = remote_models(loaded)
    if remote:
        there = " and ".join(remote)
        typer.echo(f"In real time, since {there} cannot be hurried: the calls take as long as they last.", err=True)
    # What keeps a model from answering is news; what a script does to its stream is not.
    with _quiet(but=("offhook.agent", "offhook.call") if remote else ()):
        (asyncio.run if remote else clock.run)(_play_all(scripts, roster, tell))


async def _play_all(scripts: list[Voiced], roster: Roster, tell: Callable[[dict[str, Any]], None]) -> None:
    try:
        await roster.start()
        for script in scripts:
            tell((await play_inside(script, roster)).result)
    finally:
        await roster.close()


@contextmanager
def _quiet(but: Iterable[str] = ()) -> Iterator[None]:
    """What a script does on purpose, as losing a stream, is nothing to warn of; `but`: loggers that still warn."""
    wanted = {"offhook": logging.ERROR} | dict.fromkeys(but, logging.WARNING)
    levels = {name: logging.getLogger(name).level for name in wanted}
    for name, level in wanted.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def run_tests(
    paths: Annotated[
        list[Path], typer.Argument(metavar="SCRIPT...", help="Caller scripts in YAML.", show_default=False)
    ],
    agent: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:AGENT",
            help="The agent to test, in this process; in simulated time, but for models behind a network. "
            "Default: the built-in one.",
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Call a server that runs instead, in real time.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per script.")] = False,
) -> None:
    """Play caller scripts and tell which hold."""
    if agent and url:
        raise ConfigError("Give either --agent (in this process) or --url (a server that runs), not both.")
    scripts = load(paths)
    results: list[dict[str, Any]] = []
    interrupted = False

    def tell(result: dict[str, Any]) -> None:
        results.append(result)
        if as_json:
            typer.echo(json.dumps(result))
            return
        typer.echo(f"{'FAILED' if result['failed'] else 'ok    '}  {result['script']}")
        for sentence in result["failed"]:
            typer.echo(f"        {sentence}")

    began = time.monotonic()
    if url:
        refuse_inside(scripts)
        server, accounts = Server(url), accounts_of()
        for script in scripts:
            played = call_scripted(script, server, accounts)
            tell(played.result)
            if interrupted := played.interrupted:
                break
    else:
        loaded = load_agents(agent) if agent else Loaded(built_in, {})
        _play_inside(scripts, loaded, tell)
    failed = sum(bool(result["failed"]) for result in results)
    if not as_json:
        talked_s = sum(result["ended_ms"] for result in results) / 1000.0
        typer.echo(
            f"{len(results) - failed} of {len(results)} scripts hold; {talked_s:.0f} s of calls in "
            f"{time.monotonic() - began:.0f} s"
        )
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if failed:
        raise typer.Exit(1)
