"""What the carrier's REST interface refuses, in its own words: `{code, message, more_info, status}`.

Codes and sentences are those of Twilio's error dictionary.
"""

from typing import Any

NOT_UNDERSTOOD = 20001
NOT_AUTHENTICATED = 20003
METHOD_NOT_ALLOWED = 20004
NOT_FOUND = 20404
TOO_MANY = 20429
TROUBLE = 20500
NO_TO = 21201
NO_URL = 21205
FROM_NOT_OURS = 21210
BAD_TO = 21211
BAD_FROM = 21212
NO_FROM = 21213
UNREACHABLE = 21214
COUNTRY_CLOSED = 21215
NOT_VERIFIED = 21219
NOT_IN_PROGRESS = 21220
NO_AMD_CALLBACK = 21262
BAD_CALLBACK = 21609
TWIML_TOO_LONG = 32018

MESSAGES: dict[int, tuple[int, str]] = {
    NOT_UNDERSTOOD: (400, "{}"),
    NOT_AUTHENTICATED: (401, "Authenticate"),
    METHOD_NOT_ALLOWED: (405, "Method not allowed"),
    NOT_FOUND: (404, "The requested resource {} was not found"),
    TOO_MANY: (429, "Too Many Requests"),
    TROUBLE: (500, "Internal Server Error"),
    NO_TO: (400, "No 'To' number is specified"),
    NO_URL: (400, "Url parameter is required."),
    FROM_NOT_OURS: (
        400,
        "The source phone number provided, {}, is not yet verified for your account.",
    ),
    BAD_TO: (400, "The phone number you are attempting to call, {}, is not valid."),
    BAD_FROM: (400, "The source phone number provided, {}, is not valid."),
    NO_FROM: (400, "No 'From' number is specified"),
    UNREACHABLE: (400, "The phone number you are attempting to call, {}, cannot be reached."),
    COUNTRY_CLOSED: (
        400,
        "Account not authorized to call {}. Perhaps you need to enable some international permissions.",
    ),
    NOT_VERIFIED: (400, "The number {} is unverified. Trial accounts may only make calls to verified numbers."),
    NOT_IN_PROGRESS: (400, "Call is not in-progress. Cannot redirect."),
    NO_AMD_CALLBACK: (400, "AsyncAmdStatusCallback is required with AsyncAmd"),
    BAD_CALLBACK: (400, "The 'StatusCallback' URL {} is not a valid URL"),
    TWIML_TOO_LONG: (400, "Twiml parameter exceeds 4000 characters"),
}
REFUSALS_OF_A_NUMBER = (UNREACHABLE, COUNTRY_CLOSED, NOT_VERIFIED, BAD_TO)
"""What a number can be set up to be refused with."""


class RestError(Exception):
    """A request that is refused."""

    def __init__(self, code: int, about: str = "") -> None:
        self.code = code
        self.status, message = MESSAGES[code]
        super().__init__(message.format(about))

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": str(self), "more_info": more, "status": self.status}
