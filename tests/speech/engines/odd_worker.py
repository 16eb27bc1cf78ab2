"""A worker for tests: echoes, refuses, dies, or stops reading."""

import os
import select

from offhook.speech.engines.messages import Refused, serve

ECHO, REFUSE, DIE, STALL, PRINT = range(1, 6)


def _handle(stream: int, kind: int, body: bytes) -> bytes:
    if kind == REFUSE:
        raise Refused("not today")
    if kind == DIE:
        os._exit(3)
    if kind == STALL:
        select.select([], [], [])  # for ever
    if kind == PRINT:
        os.write(1, b"a library prints")
        print("and Python too")
    return str(stream).encode() + b":" + body


if __name__ == "__main__":
    serve(_handle)
