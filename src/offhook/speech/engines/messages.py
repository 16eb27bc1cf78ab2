"""The messages between this process and a worker process, and the worker's own loop.

A message is a head of 13 bytes and a body: length of the body, stream, serial (big-endian, 32 bits each), kind (8 bits).
A stream is one caller or one purpose of many that share a worker. A message whose serial is not zero is answered by
exactly one of the same serial, in the order of arrival; kind is then DONE, or FAILED with a sentence as its body.
"""

import os
import signal
import struct
import sys
from collections.abc import Callable

_HEAD = struct.Struct(">IIIB")
HEAD_BYTES = _HEAD.size

DONE = 0
FAILED = 1


class Refused(Exception):
    """Raised in a worker: the request cannot be met, for the reason given; the worker goes on."""


def pack(stream: int, serial: int, kind: int, body: bytes) -> bytes:
    """One message as bytes."""
    return _HEAD.pack(len(body), stream, serial, kind) + body


def unpack_head(head: bytes) -> tuple[int, int, int, int]:
    """(length of the body, stream, serial, kind) from HEAD_BYTES bytes."""
    length, stream, serial, kind = _HEAD.unpack(head)
    return length, stream, serial, kind


def serve(handle: Callable[[int, int, bytes], bytes]) -> None:
    """Runs a worker: calls `handle(stream, kind, body)` for each message until the other side closes the pipe.

    Its result is the answer, if one was asked for; `Refused` becomes a FAILED answer; any other exception ends the
    process, for what it held is then in doubt. Signals are ignored: a terminal's Ctrl-C and a supervisor's SIGTERM reach
    the whole process group, but calls that drain still need their worker. It ends with the pipe, so never as an orphan.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Libraries in C print where they like; only we may write to the pipe.
    with os.fdopen(os.dup(1), "wb") as answers, os.fdopen(os.dup(0), "rb") as requests:
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        while len(head := requests.read(HEAD_BYTES)) == HEAD_BYTES:
            length, stream, serial, kind = unpack_head(head)
            body = requests.read(length)
            if len(body) < length:
                return
            try:
                outcome, answer = DONE, handle(stream, kind, body)
            except Refused as reason:
                outcome, answer = FAILED, str(reason).encode()
            if serial:
                try:
                    answers.write(pack(stream, serial, outcome, answer))
                    answers.flush()
                except BrokenPipeError:
                    return
