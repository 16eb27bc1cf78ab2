"""Who may ask: the demo's own rules, foreign origins, Twilio's signature, the operator's token. Used by every road in.

The same `Access` answers for the routes (as ASGI middleware and as a dependency) and for the media upgrade, which never
passes through ASGI.
"""

import base64
import binascii
import hmac
import logging
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from offhook.phone.twilio.signature import Fields, Key, verify
from offhook.server import session
from offhook.server.head import Head, Proxies, is_loopback, was_forwarded

log = logging.getLogger(__name__)

DEMO_ONLY = "This is the demo, which answers this machine only; to be reached from elsewhere use `offhook serve`."
FOREIGN = "A page of another origin may not use this server."


class Access:
    """The rules of one server.

    `public_url` is the origin Twilio reaches us at, if it was configured. Without it the origin is the request's own,
    proved by the signature: Twilio signs the full URL, so nobody without the key can make a request for a host of their
    choosing. The origin that verified is kept in `origin`.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        *,
        public_url: str | None = None,
        proxies: Proxies,
        demo: bool = False,
        operator_token: str | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = list(keys)
        self._public_url = public_url
        self._proxies = proxies
        self._demo = demo
        self._operator_token = operator_token
        self._wall_clock = wall_clock
        self.origin = public_url
        self._told: set[str] = set()

    # -------------------------------------------------------------- everybody

    def refusal(self, head: Head) -> str | None:
        """The sentence that refuses this request whatever it asks for, or None.

        Raises RemoteProtocolError for a head that names no proper host. Every request comes by here first.
        """
        own = self._proxies.origin(head)
        if self._demo and (not is_loopback(head.host) or was_forwarded(head)):
            return DEMO_ONLY
        origin = head.headers.get("origin")
        if origin is not None and not self._is_own(origin, own):
            return DEMO_ONLY if self._demo else FOREIGN
        return None

    def _is_own(self, origin: str, asked: str) -> bool:
        # Hosts are compared, not schemes: behind a proxy that takes the TLS off, ours is the wrong one.
        own = {urlsplit(asked).netloc}
        if self.origin:
            own.add(urlsplit(self.origin).netloc)
        try:
            return bool(place := urlsplit(origin).netloc) and place in own
        except ValueError:
            return False

    # -------------------------------------------------------------- Twilio

    def verify(
        self, head: Head, fields: Fields | None = None, body: bytes | None = None, *, upgrade: bool = False
    ) -> str | None:
        """The origin under which Twilio's signature of this request holds, None if it holds under none."""
        signature = head.headers.get("x-twilio-signature", "")
        for origin in self._origins(head):
            base = "ws" + origin.removeprefix("http") if upgrade else origin
            if verify(signature, base + head.target, self._keys, fields, body):
                self._remember(origin)
                return origin
        return None

    def _origins(self, head: Head) -> list[str]:
        if self._public_url:
            return [self._public_url]
        own = self._proxies.origin(head)
        # A proxy that takes the TLS off often does not say so. Twilio signed what it asked for: https.
        secure = "https://" + urlsplit(own).netloc
        return list(dict.fromkeys(origin for origin in (own, secure) if urlsplit(origin).netloc))

    def expect(self, origin: str) -> None:
        """Twilio is known to reach us at this origin, until it comes by another."""
        self.origin = origin

    def _remember(self, origin: str) -> None:
        self.origin = origin
        if not (self._public_url or self._demo or origin in self._told):
            self._told.add(origin)
            log.info(
                "signatures hold for this origin; with PUBLIC_URL set they hold for no other", extra={"origin": origin}
            )

    # -------------------------------------------------------------- the operator

    def is_operator(self, head: Head) -> bool:
        """Whether the request may see the page and the API: anybody in the demo, else who has the operator's token.

        The token comes as `Authorization: Bearer`, as the password of Basic, which a browser asks for by itself, or as
        the session cookie that was given for it: what a browser's WebSocket brings.
        """
        if self._demo:
            return True
        if not self._operator_token:
            return False
        if session.holds(session.given(head.headers.get("cookie", "")), self._operator_token, self._wall_clock()):
            return True
        scheme, _, given = head.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            given = _basic_password(given)
        elif scheme.lower() != "bearer":
            given = ""
        return hmac.compare_digest(given.strip().encode("utf-8", "surrogatepass"), self._operator_token.encode())

    async def operator(self, connection: HTTPConnection) -> Head:
        """The head of a request of the operator's; a dependency of every route that is for operators only."""
        head = Head.of(connection.scope)
        if not self.is_operator(head):
            sentence = "Give the operator's token." if self.has_operator else "Set OFFHOOK_TOKEN to use this page."
            # At Basic a browser asks for a password by itself; the console, which asks for JSON alone, asks in its own way.
            scheme = "Bearer" if head.headers.get("accept") == "application/json" else "Basic"
            raise HTTPException(HTTPStatus.UNAUTHORIZED, sentence, {"www-authenticate": f'{scheme} realm="offhook"'})
        return head

    def session_cookie(self, head: Head) -> str | None:
        """The Set-Cookie header that spares an operator's browser the token; None where none is needed."""
        if self._demo or not self._operator_token:
            return None
        return session.cookie(session.ticket(self._operator_token, self._wall_clock()), secure=self._is_secure(head))

    def no_session_cookie(self, head: Head) -> str:
        """The Set-Cookie header that ends it."""
        return session.cookie("", secure=self._is_secure(head))

    def _is_secure(self, head: Head) -> bool:
        return self._proxies.origin(head).startswith("https:")

    @property
    def has_operator(self) -> bool:
        """Whether anybody could be let in as operator at all."""
        return self._demo or bool(self._operator_token)


def _basic_password(given: str) -> str:
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
