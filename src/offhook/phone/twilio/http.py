"""How Twilio's package reaches Twilio: httpx, an origin that can be another one, a deadline for the whole exchange.

An HTTP client of our own for the package, for three reasons: its asynchronous one sets no deadline and is bound to the loop it was
made on, its synchronous one needs a thread for each request, and both write numbers to the log. This one also runs in memory and
in simulated time (`transport`).
"""

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

CONNECT_S = 5.0
WHOLE_S = 15.0


class NotSent(Exception):
    """The request did not reach anybody: nothing was done."""


class NoAnswer(Exception):
    """The request may have reached Twilio; no answer that could be read came back."""


class Refused(Exception):
    """Twilio, or a proxy before it, answered with an error; `code` and `words` are Twilio's, if they are."""

    def __init__(self, status: int, code: int | None, words: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.words = words


class Http(AsyncHttpClient):  # type: ignore[misc]
    """Makes the package's requests. `origin` takes the place of https://api.twilio.com; its path, if any, goes before theirs."""

    def __init__(
        self, origin: str, *, transport: httpx.AsyncBaseTransport | None = None, whole_s: float = WHOLE_S
    ) -> None:
        super().__init__(logging.getLogger(__name__), True, whole_s)
        self.date: datetime | None = None
        """Twilio's clock at its last answer."""
        self._origin = urlsplit(origin)
        self._whole_s = whole_s
        self._client = httpx.AsyncClient(
            transport=transport, timeout=httpx.Timeout(whole_s, connect=CONNECT_S), follow_redirects=False
        )

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  the package's own signature
        allow_redirects: bool = False,
    ) -> Response:
        """Makes one request. Raises NotSent, NoAnswer or Refused: the package's own errors differ from method to method."""
        asked = urlsplit(uri)
        path = self._origin.path.rstrip("/") + asked.path
        url = asked._replace(scheme=self._origin.scheme, netloc=self._origin.netloc, path=path).geturl()
        try:
            async with asyncio.timeout(timeout or self._whole_s):
                answer = await self._client.request(
                    method.upper(), url, params=params or None, data=data or None, headers=headers, auth=auth
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSent(str(error) or type(error).__name__) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(type(error).__name__) from error
        self.date = _date(next(iter(answer.headers.get_list("date")), ""))  # a proxy may have put a second one
        if answer.status_code >= 400:
            raise _refusal(answer)
        if answer.status_code >= 300 or _object(answer) is None:
            raise NoAnswer(f"HTTP {answer.status_code} without a JSON object")
        return Response(answer.status_code, answer.text, answer.headers)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    """The JSON object that was answered; what a proxy says in HTML is none."""
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _refusal(answer: httpx.Response) -> Refused:
    told = _object(answer) or {}
    code, words = told.get("code"), told.get("message") or told.get("title")
    return Refused(answer.status_code, code if isinstance(code, int) else None, words if isinstance(words, str) else "")


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)  # "-0000" is UTC too
