"""The one-time token that ties a media stream to the TwiML that asked for it.

Pure. Twilio's signature has no time and no nonce, so whoever has seen a signed upgrade could repeat it. The token names
the call, Twilio's CallSid, the *epoch* (which stream of the call this is; the switchboard lets each one in once) and an
expiry, under an HMAC: `epoch.expiry.mac`.
"""

import hashlib
import hmac

from offhook.errors import CallRefused

LIFETIME_S = 120


def secret_from(auth_token: str) -> bytes:
    """The secret where none is set: derived from the account's auth token, so that every replica has the same."""
    return hmac.new(auth_token.encode(), b"offhook stream token", hashlib.sha256).digest()


def make(secret: bytes, call_id: str, call_sid: str, epoch: int, now: float, *, lifetime_s: float = LIFETIME_S) -> str:
    """A token for the stream number `epoch` of a call. `now`: Unix seconds."""
    expiry = int(now + lifetime_s)
    return f"{epoch}.{expiry}.{_mac(secret, call_id, call_sid, epoch, expiry)}"


def check(secret: bytes, token: str, call_id: str, call_sid: str, now: float) -> int:
    """The epoch of a token made for this call by this secret and not yet expired; raises CallRefused otherwise."""
    if not token:
        raise CallRefused("the stream carries no token")
    parts = token.split(".")
    if len(parts) != 3 or not _is_number(parts[0]) or not _is_number(parts[1]):
        raise CallRefused("the stream's token is malformed")
    epoch, expiry = int(parts[0]), int(parts[1])
    expected = _mac(secret, call_id, call_sid, epoch, expiry)
    if not hmac.compare_digest(expected.encode(), parts[2].encode("utf-8", "surrogatepass")):
        raise CallRefused("the stream's token was made for another call or by another secret")
    if now > expiry:
        raise CallRefused("the stream's token has expired")
    return epoch


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _mac(secret: bytes, call_id: str, call_sid: str, epoch: int, expiry: int) -> str:
    # Lengths before the texts: no two sets of parts give the same bytes.
    parts = [f"{len(part)}:{part}" for part in (call_id, call_sid, str(epoch), str(expiry))]
    return hmac.new(secret, "".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
