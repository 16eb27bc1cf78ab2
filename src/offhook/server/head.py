"""The head of a request as the checks need it, the same for a route and for a media upgrade; and where it came from."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from offhook.errors import RemoteProtocolError


@dataclass(frozen=True, slots=True)
class Head:
    """What was asked, exactly as it came."""

    scheme: str
    """`http` or `https`, as the connection has it; a proxy may have taken the TLS off."""
    target: str
    """Raw path and query string."""
    headers: Mapping[str, str]
    """Names in small letters; repeated ones joined by a comma."""
    peer: str
    """The address the connection comes from."""

    @classmethod
    def of(cls, scope: Mapping[str, Any], target: str | None = None) -> Self:
        """From an ASGI scope; `target` where the scope has none yet (an upgrade)."""
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        if target is None:
            query = scope["query_string"].decode("latin-1")
            target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        client = scope.get("client")
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        return cls(scheme, target, headers, client[0] if client else "")

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def host(self) -> str:
        """Host and port as the client named them."""
        return self.headers.get("host", "")


class Proxies:
    """The peers whose forwarded headers are believed: addresses and networks separated by commas, or `*`."""

    def __init__(self, trusted: str) -> None:
        parts = [part.strip() for part in trusted.split(",") if part.strip()]
        self._all = "*" in parts
        self._networks = [ipaddress.ip_network(part, strict=False) for part in parts if part != "*"]

    def trust(self, peer: str) -> bool:
        """Whether this address is one of them."""
        if self._all:
            return True
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def origin(self, head: Head) -> str:
        """The origin the client asked, as far as it can be known: `https://voice.example.com`; without a host `http://`.

        Raises RemoteProtocolError if it is none.
        """
        scheme, host = head.scheme, head.host
        _check_host("Host", host)
        if self.trust(head.peer):
            scheme = _first(head.headers.get("x-forwarded-proto", "")).lower() or scheme
            host = _first(head.headers.get("x-forwarded-host", "")) or host
            _check_host("X-Forwarded-Host", host)
        scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        if scheme not in ("http", "https"):
            raise RemoteProtocolError("its X-Forwarded-Proto is neither http nor https")
        return f"{scheme}://{host}"


HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?")


def _check_host(header: str, host: str) -> None:
    """Refuses what is no `name`, `name:port`, `[v6]` or `[v6]:port`; two Host headers, joined by a comma, are none."""
    if not host:
        return  # none told: nothing that needs an origin holds then
    found = HOST.fullmatch(host)
    if found is None or int(found["port"] or 0) > 65535 or not (found["v6"] is None or _is_v6(found["v6"])):
        raise RemoteProtocolError(f"its {header} names no host")


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _first(value: str) -> str:
    return value.partition(",")[0].strip()


FORWARDED = ("forwarded", "via", "x-real-ip")


def was_forwarded(head: Head) -> bool:
    """Whether a proxy or a tunnel says that it passed this on."""
    return any(name.startswith("x-forwarded-") or name in FORWARDED for name in head.headers)


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine and nothing else."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return is_loopback_address(name)


def is_loopback_address(name: str) -> bool:
    """Whether an address to listen on, or a host without its port, is this machine and nothing else."""
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
