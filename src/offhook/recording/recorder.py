"""The recording of one call: what came of both sides is taken once a second and written by another thread."""

import asyncio
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from offhook.audio import g711
from offhook.audio.format import Format
from offhook.core.leg import PhoneLeg
from offhook.core.recorder import Role
from offhook.core.tape import Tape
from offhook.recording.mutes import Mutes
from offhook.recording.pairing import Pairing
from offhook.recording.wav_file import WavFile

log = logging.getLogger(__name__)

EVERY_S = 1.0
MOST_WAITING = 30
"""Pieces that a slow disk may leave unwritten: half a minute."""
TAIL_MS = 500.0
"""So long a key may still sound after it was told."""


def _costs_the_call_nothing(method: Callable[..., None]) -> Callable[..., None]:
    """A method that only looks at a recording that goes on, and whose failure, a bug of ours, ends it alone."""

    @wraps(method)
    def guarded(self: "CallRecorder", *args: Any) -> None:
        if self._over:
            return
        try:
            method(self, *args)
        except Exception:
            log.exception("recording failed", extra={"call_id": self.call_id})
            self._lose("internal error")

    return guarded


class Recorded(Protocol):
    """What a call is to its recorder."""

    id: str
    tape: Tape
    format: Format

    def now(self) -> float:
        """Milliseconds on the call's clock."""


class CallRecorder:
    """From the first stream until `close`. The media plane appends to a buffer; the rest happens once a second.

    A disk that is full, gone or too slow costs the rest of the recording, never the call: `failed` is told why, once.
    """

    def __init__(
        self,
        call: Recorded,
        make: Callable[[], WavFile],
        disk: Callable[..., "asyncio.Future[Any]"],
        *,
        failed: Callable[[str], None],
        ended: Callable[[], None],
    ) -> None:
        """`make` makes the file, `disk` runs a function in the thread that writes, in order; `ended` is told when the
        file is closed."""
        self.call_id = call.id
        self._now, self._format = call.now, call.format
        self._disk, self._failed, self._ended = disk, failed, ended
        self._pairing = Pairing(call.tape, call.format)
        self._mutes = Mutes(call.format.silence(1)[: call.format.bytes_per_ms // (call.format.rate // 1000)])
        self._paused: set[str] = set()
        self._file: WavFile | None = None
        self._broken = False
        self._waiting = 0
        self._over = False
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(EVERY_S, self._tick)
        self._do(self._make, make)

    # ------------------------------------------------------------------------------------------ in the call

    @_costs_the_call_nothing
    def caller_audio(self, frame: bytes) -> None:
        """The caller's audio. Media plane."""
        self._pairing.caller(frame, self._now())

    @_costs_the_call_nothing
    def joined(self, leg: PhoneLeg) -> None:
        """A stream carries the call from now on."""
        self._pairing.join(leg, self._now())

    @_costs_the_call_nothing
    def left(self) -> None:
        """The stream is gone."""
        self._pairing.leave(self._now())

    @_costs_the_call_nothing
    def pause(self, why: str) -> None:
        """From now on both sides are silence, until every `why` is over."""
        self._paused.add(why)
        self._mutes.begin(self._pairing.said_at(self._now()))

    @_costs_the_call_nothing
    def resume(self, why: str) -> None:
        """This `why` is over."""
        if why in self._paused:
            self._paused.discard(why)
            if not self._paused:
                self._mutes.end(self._pairing.said_at(self._now() + TAIL_MS))

    @_costs_the_call_nothing
    def silence(self, role: Role, begin_ms: float, end_ms: float) -> None:
        """What one side said between two moments is taken out: of what is still to be written, and of what was."""
        at = self._pairing.said_at if role == "caller" else self._pairing.heard_at
        begin, end = at(begin_ms), at(end_ms)
        sides = {"left": role == "caller", "right": role == "agent"}
        self._mutes.add(begin, end, **sides)
        if begin < self._pairing.taken:
            self._do(self._silence, begin, end, sides)

    @_costs_the_call_nothing
    def close(self) -> None:
        """The call is over: the rest is written and the file closed. Idempotent."""
        self._pairing.leave(self._now())
        self._flush()
        self._stop()

    # ------------------------------------------------------------------------------------------ once a second

    @_costs_the_call_nothing
    def _tick(self) -> None:
        self._timer = self._loop.call_later(EVERY_S, self._tick)
        self._flush()

    def _flush(self) -> None:
        at = self._pairing.taken
        left, right = self._pairing.take(self._now())
        if left:
            self._do(self._append, *self._mutes.over(at, left, right))

    def _do(self, what: Callable[..., None], *args: Any) -> None:
        """Has something done in the thread that writes."""
        if self._over:
            return
        if self._waiting >= MOST_WAITING:
            self._lose("the disk is too slow")
            return
        self._waiting += 1
        self._disk(what, *args).add_done_callback(self._done)

    def _done(self, job: "asyncio.Future[None]") -> None:
        self._waiting -= 1
        if not job.cancelled() and (error := job.exception()) is not None:
            self._lose(str(error))

    def _lose(self, why: str) -> None:
        if self._over:
            return
        log.error("the recording ends before its call: %s", why, extra={"call_id": self.call_id})
        self._stop()
        self._failed(why)

    def _stop(self) -> None:
        self._over = True
        self._timer.cancel()
        self._disk(self._close).add_done_callback(self._closed)

    def _closed(self, job: "asyncio.Future[None]") -> None:
        if (error := job.exception()) is not None:
            log.warning("the recording was not closed in order: %s", error, extra={"call_id": self.call_id})
        self._ended()

    # ------------------------------------------------------------------------------------------ in the thread that writes

    def _make(self, make: Callable[[], WavFile]) -> None:
        self._file = make()

    def _append(self, left: bytes, right: bytes) -> None:
        if self._file is None or self._broken:
            return  # what follows a piece that is missing would be in the wrong place
        if self._format.encoding == "mulaw":
            left, right = g711.decode(left), g711.decode(right)
        try:
            self._file.append(left, right)
        except OSError:
            self._broken = True
            raise

    def _silence(self, begin: int, end: int, sides: dict[str, bool]) -> None:
        if self._file is not None:
            self._file.silence(begin, end, **sides)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
