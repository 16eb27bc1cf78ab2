"""Twilio's signature on a webhook and on a media stream's upgrade: how it is made and when it holds.

Pure. The rule is Twilio's page "Webhooks security": HMAC over the exact public URL, then for a form every field name in
code-point order with its decoded values; a JSON body is covered by the `bodySHA256` of the URL instead. What the page
leaves open (ports, the slash at the end of a wss URL) is answered by trying every form Twilio has been seen to sign.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

from offhook.errors import RemoteProtocolError

Fields = Mapping[str, Sequence[str]]

MAX_FIELDS = 500  # a webhook has about 30; more is no webhook


@dataclass(frozen=True, slots=True)
class Key:
    """A secret and the one algorithm it may be used with, so that a header cannot choose a weaker one."""

    secret: str
    algorithm: Literal["sha1", "sha256"] = "sha1"
    """sha1 for an account's auth token, sha256 for a shared key."""

    def __repr__(self) -> str:
        return f"Key({self.algorithm})"


def sign(url: str, fields: Fields, key: Key) -> str:
    """The signature of a request to `url`; `fields` are those of a form, empty for anything else."""
    # The values of a repeated name enter once each and sorted: that is what Twilio's own validator does.
    covered = url + "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    digest = hmac.new(key.secret.encode(), covered.encode("utf-8", "surrogatepass"), key.algorithm).digest()
    return base64.b64encode(digest).decode()


def verify(
    signature: str, url: str, keys: Iterable[Key], fields: Fields | None = None, body: bytes | None = None
) -> bool:
    """Whether one of `keys` signed the request.

    `url` is the public URL, scheme to query string, not decoded (`wss://` for an upgrade). `fields` are those of a form
    post; `body` is the raw body of any other post, which must then be covered by `bodySHA256`. Takes the same time
    whichever way it fails.
    """
    if fields is None and body and not _body_matches(url, body):
        return False
    given = signature.encode("utf-8", "surrogatepass")
    holds = False
    for candidate in candidate_urls(url):
        for key in keys:
            holds |= hmac.compare_digest(sign(candidate, fields or {}, key).encode(), given)
    return holds


def _body_matches(url: str, body: bytes) -> bool:
    told = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), told.lower().encode("utf-8", "surrogatepass"))


def candidate_urls(url: str) -> Iterator[str]:
    """Every form of `url` that Twilio may have signed: with and without the port; for wss also with and without a slash."""
    scheme, _, rest = url.partition("://")
    cut = min((i for i in (rest.find(c) for c in "/?#") if i >= 0), default=len(rest))
    authority, target = rest[:cut], rest[cut:].partition("#")[0]
    path, mark, query = target.partition("?")
    paths = [path]
    if scheme in ("ws", "wss"):
        paths.append(path[:-1] if path.endswith("/") else path + "/")
    for place in _authorities(scheme, authority):
        for way in paths:
            yield f"{scheme}://{place}{way}{mark}{query}"


def _authorities(scheme: str, authority: str) -> list[str]:
    user, at, place = authority.rpartition("@")
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdigit():  # the last colon of a bare IPv6 address is inside its brackets
        host = place
    standard = "443" if scheme in ("https", "wss") else "80"
    forms = [authority, f"{user}{at}{host}", f"{user}{at}{host}:{standard}"]
    return list(dict.fromkeys(forms))


def parse_form(body: bytes) -> dict[str, list[str]]:
    """The fields of a form body: blank values kept, order of a repeated name kept.

    Raises RemoteProtocolError for what is not UTF-8 or has too many fields: a lenient reading would check the signature
    of something else than was sent.
    """
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise RemoteProtocolError(f"malformed form: {error}") from error
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields
