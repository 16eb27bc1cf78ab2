"""The telephones that the demo may call: a simulated carrier within it, and who answers behind that."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from offhook.cli.sim_carrier import forget, people, serving
from offhook.errors import OffhookError
from offhook.sim.book import Book, parse
from offhook.sim.network import Link
from offhook.sim.plan import Plan
from offhook.sim.signature import Account

log = logging.getLogger(__name__)

BOOK = Path(__file__).with_name("telephones.yaml")
TELEPHONES = {
    "+12025550101": "orders a latte and changes their mind",
    "+12025550102": "is busy",
    "+12025550103": "does not answer",
    "+12025550104": "has an answering machine",
}
"""What becomes of whom one calls, for the page; the book makes it so."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where calls are made."""

    base_url: str
    """Of the carrier's REST interface."""
    number: str
    """That calls come from."""


@contextlib.asynccontextmanager
async def telephones(account_sid: str, auth_token: str) -> AsyncIterator[Lines]:
    """The carrier and its telephones on a free port of this machine, until left. A call that is asked for while those who
    speak are still given their voices waits for them."""
    book = parse(BOOK.read_text(encoding="utf-8"), BOOK.name)
    plan = Plan(Account(account_sid, auth_token), book.numbers, epoch_s=time.time())
    over = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who connects from now on is served once it is begun
        task = asyncio.create_task(_serve(plan, book, listening, over), name="telephones of the demo")
        try:
            yield Lines(f"http://127.0.0.1:{listening.getsockname()[1]}", book.numbers[0])
        finally:
            over.set()
            await task


async def _serve(plan: Plan, book: Book, listening: socket.socket, over: asyncio.Event) -> None:
    try:
        plan.callees = await people(book, BOOK.parent)
    except OffhookError as error:
        log.warning("The telephones of the demo have no voices: %s", error)
    async with serving(plan, listening, forget, (Link(0.0, 0.0, seed=1), Link(0.0, 0.0, seed=2))):
        await over.wait()
