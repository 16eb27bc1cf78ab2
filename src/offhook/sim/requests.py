"""The carrier's HTTP requests: signed, numbered, each with a deadline. Pure."""

from urllib.parse import urlencode

from offhook.sim.forms import Fields
from offhook.sim.orders import Purpose, Request, Setup
from offhook.sim.signature import HEADER, sign_form, sign_url

WEBHOOK_TIMEOUT_MS = 15_000.0
"""Twilio's limit for a whole answer."""


class Requests:
    """The requests of one call that have no answer yet."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._open: dict[int, tuple[Request, float]] = {}
        self._awaited: set[int] = set()
        self._made = 0
        self._connections = 0

    def make(self, purpose: Purpose, url: str, method: str, fields: Fields, now: float, awaited: bool) -> Request:
        """A new request. `awaited`: the call goes on with the TwiML of its answer."""
        self._made += 1
        token = self._setup.account.token
        if method == "GET":
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
            headers, body = {HEADER: sign_url(token, url)}, b""
        else:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                HEADER: sign_form(token, url, fields),
            }
            body = urlencode(fields).encode()
        request = Request(self._made, purpose, method, url, headers, body, self.upstream())
        self._open[request.id] = (request, now + WEBHOOK_TIMEOUT_MS)
        if awaited:
            self._awaited.add(request.id)
        return request

    def upstream(self) -> str | None:
        """The server behind the public address whose turn it is; None if there is but one."""
        if not self._setup.upstreams:
            return None
        self._connections += 1
        return self._setup.upstreams[(self._connections - 1) % len(self._setup.upstreams)]

    def answered(self, request: int) -> tuple[Request, bool] | None:
        """An answer came: its request, and whether the call waits for it. None if nobody asked or it came too late."""
        if request not in self._open:
            return None
        return self._open.pop(request)[0], request in self._awaited

    def failed(self, request: int) -> bool:
        """A request came to nothing. True if the call waited for it and for no copy of it."""
        waited = request in self._awaited
        self._awaited.discard(request)
        return waited and not self._awaited

    def stop_waiting(self) -> None:
        """The call waits for none of them any more; what is open may still be answered."""
        self._awaited.clear()

    def timed_out(self, now: float) -> list[Request]:
        """Those whose deadline has come; they are open no more."""
        late = [request for request, deadline in self._open.values() if deadline <= now]
        for request in late:
            del self._open[request.id]
        return late

    def next_at(self) -> float | None:
        """The first deadline."""
        return min((deadline for _, deadline in self._open.values()), default=None)

    def __bool__(self) -> bool:
        """Whether any is open."""
        return bool(self._open)
