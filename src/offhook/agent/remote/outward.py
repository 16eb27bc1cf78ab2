"""HTTP to servers that others name: only to public addresses, looked up and checked once for each connection, so that a name
cannot point elsewhere between the check and the call.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore

CONNECT_S = 3.0
"""For one address to answer."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64: the last 32 bits are an IPv4 address (RFC 6052)."""


class Refused(Exception):
    """A server that may not be talked to."""


def is_public(address: str) -> bool:
    """Whether an address can be anybody's: not this machine, not its network, not the one that a cloud keeps secrets at."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


class Outward(httpcore.AsyncNetworkBackend):
    """What a pool of connections connects by."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's own)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to one of the addresses that the name has now. Raises Refused if any of them is not public."""
        addresses = await self._addresses(host, port)
        *first, last = addresses
        for address in first:
            try:
                return await self._sockets.connect_tcp(address, port, CONNECT_S, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._sockets.connect_tcp(last, port, timeout, local_address, socket_options)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name has no address: {error}") from None
        addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
        if not addresses:
            raise httpcore.ConnectError("the name has no address")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise Refused("its address is private")
        return addresses

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise Refused("it is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Between tries of the pool's own, of which there are none."""
        await self._sockets.sleep(seconds)
