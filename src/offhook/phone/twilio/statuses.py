"""What Twilio says of a call that nobody here holds any more: its CallStatus, by REST."""

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
UNKNOWN = "unknown"
"""Of a call that Twilio does not know."""


class CallStatuses:
    """Asks for the calls of one account."""

    def __init__(self, account_sid: str, auth_token: str, *, base_url: str | None = None) -> None:
        """`base_url`: another server that speaks Twilio's REST API."""
        self._account_sid, self._auth_token, self._base_url = account_sid, auth_token, base_url
        self._client: Any = None

    async def __call__(self, sid: str) -> str | None:
        """The call's status, `unknown` if there is no such call, None if Twilio does not say now."""
        return await asyncio.to_thread(self._ask, sid)

    def _ask(self, sid: str) -> str | None:
        from requests import RequestException  # with twilio's library: slow to load, and seldom needed
        from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]

        try:
            return str(self._opened().calls(sid).fetch().status)
        except TwilioRestException as error:
            if error.status == 404:
                return UNKNOWN
            log.warning("Twilio does not say how a call stands (%s, %s)", error.status, error.code)
        except (TwilioException, RequestException) as error:
            log.warning("Twilio cannot be asked how a call stands: %s", type(error).__name__)
        return None

    def _opened(self) -> Any:
        if self._client is None:
            from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
            from twilio.rest import Client  # type: ignore[import-untyped]

            http = TwilioHttpClient(timeout=TIMEOUT_S, max_retries=1)
            self._client = Client(self._account_sid, self._auth_token, http_client=http)
            if self._base_url:
                self._client.api.base_url = self._base_url
        return self._client
