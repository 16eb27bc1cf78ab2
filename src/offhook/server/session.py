"""The operator's session: a cookie that stands for the operator's token, for browsers, whose sockets can bring no header.

The ticket in it is an expiry time and a MAC under the token, so that no process needs to remember it and a new token
ends all sessions. The cookie is for this site's own pages only (SameSite=Strict), and no script can read it.
"""

import base64
import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie

COOKIE = "offhook_session"
SECONDS = 12 * 3600


def ticket(token: str, now: float) -> str:
    """A ticket for whoever has shown the operator's token. `now`: Unix seconds."""
    expires = int(now) + SECONDS
    return f"{expires}.{_mac(token, expires)}"


def holds(given: str, token: str, now: float) -> bool:
    """Whether a ticket was made with this token and has not expired."""
    expires, _, mac = given.partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) < 15 and now < int(expires)):
        return False
    return hmac.compare_digest(mac.encode("utf-8", "surrogatepass"), _mac(token, int(expires)).encode())


def _mac(token: str, expires: int) -> str:
    mac = hmac.new(token.encode(), f"offhook session until {expires}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def given(cookies: str) -> str:
    """The ticket in a Cookie header; empty if there is none."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def cookie(value: str, *, secure: bool) -> str:
    """The Set-Cookie header that gives a browser a ticket; an empty one takes it away."""
    parts = [f"{COOKIE}={value}", "Path=/", f"Max-Age={SECONDS if value else 0}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*parts, "Secure"] if secure else parts)
