"""`offhook sim carrier`: Twilio's REST interface and the telephones behind it on this machine, without an account."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from offhook.cli.calling import accounts_of
from offhook.errors import ConfigError
from offhook.sim.book import Book, parse
from offhook.sim.network import Link
from offhook.sim.orders import Callee
from offhook.sim.outbound import OutboundCall
from offhook.sim.plan import Plan, RestFaults, callback_faults

NUMBER = "+12025550100"
"""The account's, unless another is given. Fictitious."""


def carrier(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")] = 9030,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    number: Annotated[
        list[str] | None, typer.Option(help=f"A number of the account. Default: {NUMBER}.", show_default=False)
    ] = None,
    book: Annotated[
        Path | None, typer.Option(help="A telephone book in YAML: who answers where.", show_default=False)
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option(help="Where the application listens, if its public address leads elsewhere.", show_default=False),
    ] = None,
    account_sid: Annotated[str | None, typer.Option(help="The account. Default: the one that signs calls.")] = None,
    auth_token: Annotated[str | None, typer.Option(help="Its auth token.")] = None,
    callback: Annotated[
        list[str] | None,
        typer.Option(
            help="A status callback that goes wrong: EVENT=lost, EVENT=twice or EVENT=MILLISECONDS.", show_default=False
        ),
    ] = None,
    calls_per_second: Annotated[float, typer.Option(min=0, help="More are queued; 0 for as many as come.")] = 1.0,
    delay: Annotated[float, typer.Option(min=0, help="Delay of the streams, each way, in ms.")] = 0.0,
    jitter: Annotated[float, typer.Option(min=0, help="Standard deviation of that delay, in ms.")] = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Something that is to go wrong, as name=number; docs/simulator.md lists them.", show_default=False
        ),
    ] = None,
) -> None:
    """Stand in for Twilio: take REST requests, call people and machines, tell what becomes of it."""
    faults = RestFaults.parse(fault or [])
    read = _book(book)
    numbers = number or read.numbers or [NUMBER]
    for each in numbers:
        parse(f'numbers: ["{each}"]', "--number")
    account = accounts_of(account_sid, auth_token)[0]
    plan = Plan(
        account,
        numbers,
        refused=read.refused,
        faults=faults,
        callbacks=callback_faults(callback or []),
        calls_per_second=calls_per_second,
        upstreams=(upstream.rstrip("/"),) if upstream else (),
        epoch_s=time.time(),
    )
    links = (Link(delay, jitter, seed=1), Link(delay, jitter, seed=2))
    asyncio.run(_serve(plan, read, book.parent if book else Path(), links, host, port))


def _book(path: Path | None) -> Book:
    if path is None:
        return Book()
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigError(f"{path} cannot be read ({why}): give a telephone book in YAML.") from error


async def _serve(plan: Plan, book: Book, folder: Path, links: tuple[Link, Link], host: str, port: int) -> None:
    plan.callees = await people(book, folder)
    over = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # no signal handlers on Windows
            asyncio.get_running_loop().add_signal_handler(each, over.set)
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigError(
            f"Port {port} of {host} cannot be listened on ({error.strerror}); give another --port."
        ) from error
    bound = listening.getsockname()[1]
    async with serving(plan, listening, _tell, links) as running:
        typer.echo(
            f"Twilio's REST interface at http://{host}:{bound} for {plan.account.sid}, with {', '.join(plan.numbers)}; "
            f"set TWILIO_API_BASE_URL=http://{host}:{bound} (Ctrl-C ends it)."
        )
        await asyncio.wait([running, asyncio.create_task(over.wait())], return_when=asyncio.FIRST_COMPLETED)


@contextlib.asynccontextmanager
async def serving(
    plan: Plan, listening: socket.socket, tell: Callable[[OutboundCall], None], links: tuple[Link, Link]
) -> AsyncIterator["asyncio.Task[None]"]:
    """The REST interface and its telephones, until left; the task is done if it ends by itself. `tell` is given every
    call that is over."""
    import uvicorn  # what `sim call` does not need is not imported for it

    from offhook.sim.exchange_app import ExchangeApp
    from offhook.sim.phone import SocketOutside

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # they belong to whoever serves

    outside = SocketOutside()
    app = ExchangeApp(plan, outside, tell, links)
    server = Server(
        uvicorn.Config(app, log_level="error", lifespan="off", date_header=False, timeout_graceful_shutdown=1)
    )
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield running
    finally:
        await app.hang_up()
        server.should_exit = True
        await running
        await app.close()
        await outside.finish()


async def people(book: Book, folder: Path) -> Callable[[str], Callee]:
    """Who answers at a number, with the voices they need. Raises ConfigError for a voice or a script that is not there."""
    if not book.has_voices:  # the extra with the voices is not needed
        known = {number: entry.callee for number, entry in book.entries.items()}
        return lambda number: known.get(number, book.other.callee)
    from offhook.sim.answering import callees_of
    from offhook.sim.voicing import Voices

    async with Voices() as voices:
        return await callees_of(book, folder, voices)


def _tell(call: OutboundCall) -> None:
    """A call that is over, in a line."""
    setup, finished = call.setup, call.finished
    talked = ""
    if call.answered_ms is not None and call.ended_ms is not None:
        talked = f" after {(call.ended_ms - call.answered_ms) / 1000:.1f} s"
    by = f", answered by {call.answered_by}" if call.answered_by else ""
    typer.echo(
        f"{setup.call_sid}  {setup.caller} → {setup.called}  {call.status}{talked}{by}: {finished and finished.reason}"
    )
    for entry in call.log:
        if entry["what"] == "warning":
            typer.echo(f"    {entry['code']}: {entry['message']}")
    forget(call)


def forget(call: OutboundCall) -> None:
    """Lets go of what was said in a call that is over: REST tells nothing of it."""
    for kept in (call.log, call.mouth, call.streams, call.bridges):
        kept.clear()
