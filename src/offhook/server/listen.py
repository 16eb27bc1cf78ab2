"""`/ws/listen/{call_id}`: both sides of a live call for those who listen in. They hear, and are not heard.

Off the road of the media: while somebody listens, the caller's frames are laid aside too, and ten times a second a block
is made of them and of what the tape says was played. Nobody listening, nothing is done.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from offhook.audio import g711
from offhook.audio.format import Format
from offhook.call import KEY_MS, Call
from offhook.server.auth import Access
from offhook.server.live import CALL_OVER, COME_AGAIN, NO_SUCH_CALL, is_let_in, left

log = logging.getLogger(__name__)

BLOCK_MS = 100
LATE_MS = 100
"""Blocks are of so long ago: by then the caller's frames of that time have mostly come. Where no key is told they are later by
what a key is told after its tone."""
MOST_BLOCKS = 50
"""That wait for one listener, 5 s; one that is slower is sent away."""
MOST_FRAMES_MS = 1_000
"""Of the caller's, that wait for their block."""

Block = bytes | None
"""None: the call is over."""


class Ear:
    """One listener."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Block] = asyncio.Queue(MOST_BLOCKS)
        self.slow = False

    def hear(self, block: Block) -> None:
        """One more block, or the end. Never waits."""
        if self.slow:
            return
        if self.waiting.full():
            self.slow = True
            while not self.waiting.empty():
                self.waiting.get_nowait()
        self.waiting.put_nowait(None if self.slow else block)


class Wiretap:
    """All who listen to one call, for as long as anybody does."""

    def __init__(self, call: Call, done: Callable[[], object]) -> None:
        self._call, self._done = call, done
        self._ears: set[Ear] = set()
        self._late_ms = LATE_MS + (KEY_MS if call.hides_keys else 0.0)
        self._frames = bytearray(call.format.silence(round(self._late_ms) - LATE_MS))
        self._most = len(self._frames) + MOST_FRAMES_MS * call.format.bytes_per_ms
        self._hidden_ms = call.hidden_ms  # the newest key that was wiped
        self._hides_until = float("-inf")  # when the caller was last asked for what nobody may know
        self._stop = call.overhear(self._overhear)
        self._making = asyncio.create_task(self._make(), name=f"listening to {call.id}")

    def join(self) -> Ear:
        """One more listener."""
        self._ears.add(ear := Ear())
        return ear

    def leave(self, ear: Ear) -> None:
        """One less; with the last of them it is over."""
        self._ears.discard(ear)
        if not self._ears:
            self._stop()
            self._making.cancel()
            self._done()

    def _overhear(self, frame: bytes) -> None:
        self._frames += frame
        if len(self._frames) > self._most:
            del self._frames[: len(self._frames) - self._most]

    def _wipe(self, now: float) -> None:
        """Silences what has come of a key that is not told."""
        if self._call.hidden_ms > self._hidden_ms:
            self._hidden_ms = self._call.hidden_ms
            since_ms = now - self._hidden_ms + KEY_MS + BLOCK_MS  # another may have been before it, since the last look
            tail = min(len(self._frames), round(since_ms) * self._call.format.bytes_per_ms)
            self._frames[len(self._frames) - tail :] = self._call.format.silence(1)[:1] * tail

    async def _make(self) -> None:
        loop = asyncio.get_running_loop()
        at, due = self._call.now(), loop.time()
        while not self._call.ended:
            due += BLOCK_MS / 1000.0
            await asyncio.sleep(max(0.0, due - loop.time()))
            block = self._block(at - self._late_ms)
            at += BLOCK_MS
            for ear in self._ears:
                ear.hear(block)
        for ear in self._ears:
            ear.hear(None)

    def _block(self, from_ms: float) -> bytes:
        format, now = self._call.format, self._call.now()
        self._wipe(now)
        size = BLOCK_MS * format.bytes_per_ms
        said = bytes(self._frames[:size])
        del self._frames[:size]
        if self._call.hides:
            self._hides_until = now
        quiet = format.silence(BLOCK_MS)
        played = self._call.tape.between(from_ms, from_ms + BLOCK_MS) if from_ms > self._hides_until else quiet
        return stereo(said + quiet[len(said) :], played, format)


def stereo(left: bytes, right: bytes, format: Format) -> bytes:
    """Two sides of one length as PCM16, left and right in turn."""
    sides = [g711.decode(side) if format.encoding == "mulaw" else side for side in (left, right)]
    return np.stack([np.frombuffer(side, "<i2") for side in sides], axis=1).tobytes()


class Listeners:
    """Of one process. Who listens to the same call shares what is made for it."""

    def __init__(self, find: Callable[[str], Call | None]) -> None:
        """`find`: the live call of this process by its id."""
        self._find = find
        self._taps: dict[str, Wiretap] = {}

    def tap(self, call_id: str) -> Wiretap | None:
        """What is made for a call; None if there is none."""
        call = self._find(call_id)
        if call is None:
            return None
        if call.id not in self._taps:
            self._taps[call.id] = Wiretap(call, lambda: self._taps.pop(call.id))
        return self._taps[call.id]

    def head(self, call_id: str) -> dict[str, Any]:
        """What a listener is told first."""
        call = self._find(call_id)
        assert call is not None
        return {"type": "audio", "encoding": "pcm16", "rate": call.format.rate, "channels": ["caller", "agent"]}


def listen(access: Access, listeners: Listeners) -> APIRouter:
    """The socket, for operators."""
    router = APIRouter()

    @router.websocket("/ws/listen/{call_id}")
    async def one(socket: WebSocket, call_id: str) -> None:
        if not await is_let_in(access, socket):
            return
        await socket.accept()
        tap = listeners.tap(call_id)
        if tap is None:
            await socket.close(NO_SUCH_CALL, "There is no such call here.")
            return
        ear, head = tap.join(), listeners.head(call_id)
        sending = asyncio.create_task(_send(socket, ear, head), name="listener")
        leaving = asyncio.create_task(left(socket), name="listener's end")
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            tap.leave(ear)
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if not sending.cancelled() and (error := sending.exception()) and not isinstance(error, WebSocketDisconnect):
            raise error

    return router


async def _send(socket: WebSocket, ear: Ear, head: dict[str, Any]) -> None:
    await socket.send_text(orjson.dumps(head).decode())
    while (block := await ear.waiting.get()) is not None:
        await socket.send_bytes(block)
    if ear.slow:
        await socket.close(COME_AGAIN, "You are too slow: come again.")
    else:
        await socket.close(CALL_OVER, "The call is over.")
