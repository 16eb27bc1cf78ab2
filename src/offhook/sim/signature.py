"""Signing requests as the carrier does (header X-Twilio-Signature), from the page "Webhooks security".

The signature is base64(HMAC-SHA1(auth token, data)); the data is the exact URL without its fragment, and for a form every
field name followed by its value, in code-point order of the names.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urldefrag

HEADER = "X-Twilio-Signature"


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs: the account that owns the number."""

    sid: str
    token: str


def sign_url(token: str, url: str) -> str:
    """For GET and for the WebSocket upgrade: everything is in the URL, which for a stream is that of its TwiML (wss or ws)."""
    return _signature(token, urldefrag(url).url)


def sign_form(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """For a form POST. Blank values count; of a repeated field each value counts once, in order."""
    return _signature(token, urldefrag(url).url + "".join(name + value for name, value in sorted(set(fields))))


def sign_json(token: str, url: str, body: bytes) -> tuple[str, str]:
    """For a JSON POST: the URL to post to, which carries the hash of the body, and the signature over it."""
    plain = urldefrag(url).url
    url = f"{plain}{'&' if '?' in plain else '?'}bodySHA256={hashlib.sha256(body).hexdigest()}"
    return url, _signature(token, url)


def _signature(token: str, data: str) -> str:
    return base64.b64encode(hmac.new(token.encode(), data.encode(), hashlib.sha1).digest()).decode()
