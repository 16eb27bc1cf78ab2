"""Where a server is: its name looked up once for all calls that ask, and a socket to the first of its addresses that answers.

A name server that is slow or gone must not cost a conversation: what it said last is used then.
"""

import asyncio
import errno
import ipaddress
import logging
import socket
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

FRESH_S = 30.0
"""An answer so old is asked for anew."""
PATIENCE_S = 1.0
"""For a new answer, where there is an old one."""
ADDRESS_S = 1.5
"""For an address to answer, where there is another: longer than a lost SYN takes."""

Address = tuple[socket.AddressFamily, Any]


@dataclass(slots=True)
class _Known:
    addresses: list[Address]
    at: float


class Addresses:
    """Of the servers that a process connects to."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], _Known] = {}
        self._asked: dict[tuple[str, int], asyncio.Task[list[Address]]] = {}

    async def socket(self, host: str, port: int) -> socket.socket:
        """A connected socket. Raises OSError."""
        *first, last = await self._of(host, port)
        for address in first:
            try:
                return await _connected(address, ADDRESS_S)
            except OSError as error:
                log.info("an address of %s cannot be reached: %s", host, error.strerror)
        return await _connected(last, None)

    async def _of(self, host: str, port: int) -> list[Address]:
        loop, name = asyncio.get_running_loop(), (host, port)
        if (literal := _literal(host, port)) is not None:
            return [literal]
        known = self._known.get(name)
        if known is not None and loop.time() - known.at < FRESH_S:
            return known.addresses
        if name not in self._asked:
            asked = self._asked[name] = loop.create_task(self._ask(host, port), name=f"address of {host}")
            asked.add_done_callback(lambda task: task.cancelled() or task.exception())  # perhaps nobody waits any more
        try:
            async with asyncio.timeout(PATIENCE_S if known is not None else None):
                return await asyncio.shield(self._asked[name])
        except OSError as error:  # a timeout is one too
            if known is None:
                raise
            log.warning("the address of %s is not to be had (%s): the last one is used", host, error or "no answer")
            return known.addresses

    async def _ask(self, host: str, port: int) -> list[Address]:
        loop, name = asyncio.get_running_loop(), (host, port)
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses: list[Address] = [(family, address) for family, _, _, _, address in found]
            if not addresses:
                raise OSError(errno.EHOSTUNREACH, "the name has no address")
            self._known[name] = _Known(addresses, loop.time())
            return addresses
        finally:
            del self._asked[name]


def _literal(host: str, port: int) -> Address | None:
    """What needs no looking up."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return (socket.AF_INET6, (host, port, 0, 0)) if version == 6 else (socket.AF_INET, (host, port))


async def _connected(address: Address, seconds: float | None) -> socket.socket:
    family, where = address
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(made, where)
    except TimeoutError:
        made.close()
        raise OSError(errno.ETIMEDOUT, "no answer") from None
    except BaseException:
        made.close()
        raise
    return made
