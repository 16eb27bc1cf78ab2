"""The messages of Azure Speech's sockets: headers and a body, as text or, behind the headers' length, as bytes."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from offhook.errors import LegFailed

SYSTEM = {"context": {"system": {"name": "offhook", "version": "1", "build": "python", "lang": "python"}}}
"""Who speaks, which each connection is told first (`speech.config`)."""
LARGEST = 8192
"""Bytes of audio in a message."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message."""

    path: str
    """What it is, in small letters."""
    request: str
    """What it belongs to."""
    body: bytes

    def json(self) -> dict[str, Any]:
        """Its body. Raises LegFailed for what is no object."""
        try:
            read = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            read = None
        if not isinstance(read, dict):
            raise LegFailed("What Azure Speech says cannot be read.", retryable=True)
        return read


def text(path: str, request: str, body: dict[str, Any] | str) -> str:
    """A message of JSON, or of SSML."""
    kind = "application/ssml+xml" if isinstance(body, str) else "application/json; charset=utf-8"
    written = body if isinstance(body, str) else orjson.dumps(body).decode()
    return f"{_headers(path, request, kind)}\r\n{written}"


def audio(request: str, body: bytes) -> bytes:
    """A message of audio; an empty one is the end of it."""
    head = _headers("audio", request, "audio/x-wav").encode()
    return struct.pack(">H", len(head)) + head + body


def told(message: str | bytes) -> Told:
    """Reads one. Raises LegFailed for what is none."""
    if isinstance(message, str):
        head, _, rest = message.partition("\r\n\r\n")
        body = rest.encode()
    else:
        (length,) = struct.unpack_from(">H", message) if len(message) > 1 else (len(message),)
        head, body = message[2 : 2 + length].decode("utf-8", "replace"), message[2 + length :]
    fields = dict(_field(line) for line in head.splitlines() if ":" in line)
    if "path" not in fields:
        raise LegFailed("What Azure Speech says cannot be read.", retryable=True)
    return Told(fields["path"].lower(), fields.get("x-requestid", "").lower(), body)


def wave_header(rate: int) -> bytes:
    """That of PCM16 whose length is not known yet."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16, b"data", 0
    )  # fmt: skip


def _headers(path: str, request: str, kind: str) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"Path: {path}\r\nX-RequestId: {request}\r\nX-Timestamp: {now}\r\nContent-Type: {kind}\r\n"


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
