"""What the doctor looks at of the outside: the port, Twilio's account, PUBLIC_URL, and whose clock is right."""

import errno
import socket
import time
from dataclasses import replace
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from offhook.server.finding import Finding, missing, note, ok, wrong
from offhook.server.head import is_loopback_address
from offhook.settings import Settings, without_secrets

PATIENCE_S = 10.0
SKEW_S = 30.0
"""Clocks that differ by more are worth a word: a stream's token holds for 120 s."""
TOKEN_S = 120.0
ONLINE = "run offhook doctor --online to try it"


# ---------------------------------------------------------------- the port


def port(settings: Settings) -> Finding:
    """Whether the server can listen, or already does."""
    name, number, host = "PORT", settings.port, without_secrets(settings.host)
    if number == 0:
        return ok(name, "A free one is taken at each start (PORT=0).")
    try:
        _listen(settings.host, number)
    except (socket.gaierror, UnicodeError):
        return wrong("HOST", f"{host} is no address: set HOST to an address of this machine.")
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return wrong("HOST", f"{host} is no address of this machine: set HOST to one, or to 127.0.0.1.")
        if error.errno == errno.EACCES:
            return wrong(name, f"Port {number} needs more rights than you have: set PORT to one above 1023.")
        if error.errno != errno.EADDRINUSE:
            return wrong(name, f"Port {number} of {host} cannot be listened on ({error.strerror}): set another PORT.")
        if instance(f"http://{_reachable(settings.host)}:{number}") is not None:
            return ok(name, f"offhook answers at {host} port {number} already.")
        return wrong(name, f"Port {number} of {host} is in use by another program: set PORT to another one.")
    return ok(name, f"Port {number} of {host} is free.")


def _listen(host: str, number: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1)


def _reachable(host: str) -> str:
    """An address to ask a server at that listens on `host`, as it is written in a URL."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"


def instance(origin: str) -> str | None:
    """The name that the offhook process at `origin` gave itself; None if none answers there."""
    try:
        answer = httpx.get(f"{origin}/healthz", timeout=2.0, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return instance_in(answer)


def instance_in(answer: httpx.Response) -> str | None:
    """The instance that an answer of /healthz names; None if it is no answer of offhook's."""
    try:
        told = answer.json()
    except ValueError:
        return None
    found = told.get("instance") if isinstance(told, dict) and told.get("status") == "ok" else None
    return found if isinstance(found, str) else None


# ---------------------------------------------------------------- PUBLIC_URL


def public_url(settings: Settings, *, online: bool) -> list[Finding]:
    """Whether Twilio can reach this server, and whether the clocks agree."""
    name, url = "PUBLIC_URL", settings.public_url
    if url is None:
        return [_no_public_url(settings)]
    if urlsplit(url).scheme != "https" and not is_loopback_address(urlsplit(url).hostname or ""):
        findings = [
            wrong(name, f"{url} is not https, and Twilio opens media streams over wss only: set it to an https origin.")
        ]
    elif not online:
        findings = [ok(name, f"{url} is well formed; {ONLINE}.")]
    else:
        findings = _asked(name, url, settings)
    return [replace(each, sentence=without_secrets(each.sentence)) for each in findings]


def _no_public_url(settings: Settings) -> Finding:
    if settings.twilio_account_sid:
        return note("PUBLIC_URL", "Not set: the origin of each request is used, once its signature has proved it.")
    return note("PUBLIC_URL", "Not set: it is needed when Twilio is to call, such as https://voice.example.com.")


def _asked(name: str, url: str, settings: Settings) -> list[Finding]:
    parts = urlsplit(url)
    try:
        socket.getaddrinfo(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    except (OSError, UnicodeError):
        return [wrong(name, f"The name {parts.hostname} is not known: check its spelling, or its entry in DNS.")]
    try:
        answer = httpx.get(f"{url}/healthz", timeout=PATIENCE_S, trust_env=False)
    except httpx.ConnectTimeout:
        return [wrong(name, f"{url} does not answer within {PATIENCE_S:.0f} s: open its port, or start your tunnel.")]
    except httpx.ConnectError as error:
        if "CERTIFICATE" in str(error).upper():
            return [wrong(name, f"The certificate of {parts.hostname} is not accepted, by Twilio neither: renew it.")]
        return [wrong(name, f"Nothing takes connections at {url}: start the server, its proxy or your tunnel.")]
    except httpx.HTTPError as error:
        return [wrong(name, f"{url} does not answer as a web server ({type(error).__name__}): look at its proxy.")]
    return [_who_answered(name, url, settings, answer), *clock(answer.headers.get("date"))]


def _who_answered(name: str, url: str, settings: Settings, answer: httpx.Response) -> Finding:
    if answer.is_redirect:
        return wrong(name, f"{url} redirects, which breaks signatures: set PUBLIC_URL to where it redirects to.")
    there = instance_in(answer)
    here = instance(f"http://{_reachable(settings.host)}:{settings.port}")
    if there is None:
        if here is None:
            return missing(name, f"{url} answers {answer.status_code}: start the server and look again.")
        return wrong(
            name, f"{url} answers {answer.status_code}, and not as offhook does: let it lead to port {settings.port}."
        )
    if here is None:
        return note(
            name, f"offhook answers at {url}, and none on port {settings.port} here: this is another machine's."
        )
    if there != here:
        return note(
            name, f"offhook answers at {url}, but another process of it than the one on port {settings.port} here."
        )
    return ok(name, f"{url} leads to this server.")


def clock(date: str | None, now: float | None = None) -> list[Finding]:
    """Whether this machine's clock agrees with that of a Date header."""
    now = time.time() if now is None else now
    try:
        ahead_s = now - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return []
    if abs(ahead_s) <= SKEW_S:
        return [ok("clock", "It agrees with that of PUBLIC_URL.")]
    told = f"It is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} that of PUBLIC_URL"
    if abs(ahead_s) < TOKEN_S:
        return [note("clock", f"{told}: set it by NTP, since a stream's token holds for {TOKEN_S:.0f} s.")]
    return [wrong("clock", f"{told}, longer than a stream's token holds: set it by NTP.")]
