"""One Media Stream as the phone leg of a call: plays the ledger, listens for marks, and passes the caller's audio on."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.estimate import EstimatedEar
from offhook.core.leg import PhoneSide
from offhook.core.playout import Slice
from offhook.errors import CallRefused, LocalProtocolError, RemoteProtocolError
from offhook.phone.twilio import wire
from offhook.phone.twilio.tally import Tally

log = logging.getLogger(__name__)

BYTES_PER_MS = MULAW_8K.bytes_per_ms
LEAD_IN_MS = 200  # carriers clip the first words of a stream
SLICE_BYTES = 1000 * BYTES_PER_MS
AHEAD_MS = 10_000.0  # what the carrier may hold unplayed: its buffer is the best jitter buffer there is
STUCK_MS = 5_000.0  # a send buffer that does not move: the peer stopped reading
DEAD_MS = 30_000.0  # media flows even in silence; without it the peer is gone
EARLY = 500  # messages of a stream whose call is being found: ten seconds
MALFORMED = 20  # bad messages that end a stream
POLICY, GOING_AWAY, FAILED = 1008, 1001, 1011


class Socket(Protocol):
    """The connection under a stream. `send` and `close` never block."""

    def send(self, message: bytes) -> None:
        """One text message."""

    def unsent(self) -> int:
        """Bytes that wait in the socket's own buffer."""

    def close(self, code: int) -> None:
        """Close. Idempotent."""


class Joinable(PhoneSide, Protocol):
    """A call that a stream can join."""

    epoch: int
    """Which stream may join next."""

    def join(self, leg: "TwilioLeg") -> None:
        """The stream carries the call from now on."""

    def arm(self) -> None:
        """The leg's `wake_at` may have changed."""


class TwilioLeg:
    """The phone leg over one socket. `claim` says which call a stream belongs to, at once or later, or raises CallRefused."""

    format = MULAW_8K
    can: frozenset[type[e.Command]] = frozenset({e.Clear, e.HangUp, e.PutThrough})

    def __init__(
        self,
        socket: Socket,
        claim: Callable[[wire.Start], Joinable | Awaitable[Joinable]],
        now: Callable[[], float],
        *,
        playout_offset_ms: float = 0.0,
        show_timing_math: bool = False,
    ) -> None:
        self._socket, self._claim, self._now = socket, claim, now
        self.ear = EstimatedEar(self._newest_media, playout_offset_ms)
        self._playout_offset_ms = playout_offset_ms
        self._show_timing_math = show_timing_math
        self._call: Joinable | None = None
        self._early: list[bytes] | None = None  # what comes while the call is being found
        self._finding: asyncio.Task[None] | None = None
        self._out: wire.Outgoing
        self._gone = False
        self._malformed = 0
        self._spoke = False
        self._newest = b""  # the newest media message: its timestamp is read only when a mark needs it
        self._newest_at = 0.0
        self._tally = Tally(0, 0.0)
        self._saying: str | None = None  # the item whose next audio must come before the ear runs dry
        self._stuck: tuple[int, float] | None = None  # unsent bytes, and since when they have not moved

    # ------------------------------------------------------------------------------------------ what Twilio says

    def receive(self, message: bytes) -> None:
        """One whole text message. Bad ones are counted; the twentieth ends the stream."""
        if self._gone:
            return
        if self._early is not None:
            if len(self._early) < EARLY:
                self._early.append(message)
            return
        call = self._call
        if call is not None and (audio := wire.media_payload(message)) is not None:
            self._media(call, message, audio)
            return
        try:
            self._take(wire.parse(message), message)
        except RemoteProtocolError:
            self.malformed()

    def receive_binary(self, _message: bytes) -> None:
        """A binary message, which is none of the protocol."""
        if not self._gone:
            self.malformed()

    def closing(self, code: int) -> None:
        """The carrier closes the socket; whether the call is over it says elsewhere."""

    def malformed(self) -> None:
        """Something came that is no message of the protocol."""
        self._malformed += 1
        if self._malformed >= MALFORMED:
            log.warning("stream ended: %d malformed messages", self._malformed, extra=self._extra())
            self._leave(POLICY, report=True)

    def _media(self, call: Joinable, message: bytes, audio: bytes) -> None:
        now = self._now()
        self._tally.came(now - self._newest_at)
        self._newest, self._newest_at = message, now
        if self.ear.awaits_media:
            self.ear.flowed()
            self._hear(now)
        call.caller_audio(audio)

    def _take(self, fact: wire.Message, message: bytes) -> None:
        now = self._now()
        match fact, self._call:
            case wire.Connected(), None:
                pass
            case wire.Start(), None:
                self._start(fact, now)
            case wire.Media(audio), call if call is not None:
                self._media(call, message, audio)
            case wire.Mark(name), call if call is not None:
                self.ear.echo(name, now)
                self._hear(now)
            case wire.Dtmf(digit), call if call is not None:
                call.report(e.KeyPressed(digit))
            case wire.Stop(), call if call is not None:
                self._leave(1000, report=True, stopped=True)
            case _:
                raise RemoteProtocolError("a message out of its place")

    def _start(self, start: wire.Start, now: float) -> None:
        try:
            call = self._claim(start)
        except CallRefused as refused:
            self._refuse(refused)
            return
        if inspect.isawaitable(call):
            self._early = []
            self._finding = asyncio.ensure_future(self._find(call, start))
        else:
            self._begin(call, start, now)

    async def _find(self, finding: Awaitable[Joinable], start: wire.Start) -> None:
        """The stream's call is known later; what came meanwhile is heard then."""
        try:
            call = await finding
        except CallRefused as refused:
            self._refuse(refused)
            return
        except Exception:
            log.exception("a stream's call could not be found")
            self._leave(FAILED)
            return
        early, self._early = self._early or [], None
        if self._gone:
            return  # the carrier asks again
        self._begin(call, start, self._now())
        for message in early:
            self.receive(message)

    def _refuse(self, refused: CallRefused) -> None:
        log.warning("stream refused: %s", refused)
        self._leave(POLICY)

    def _begin(self, call: Joinable, start: wire.Start, now: float) -> None:
        self._out = wire.Outgoing(start.stream_sid)
        self._newest_at = now
        self._tally = Tally(max(0, call.epoch - 1), now)
        self._call = call
        call.join(self)

    def lost(self) -> None:
        """The socket is gone."""
        self._leave(GOING_AWAY, report=True)

    @property
    def joined(self) -> bool:
        """True once the stream carries a call."""
        return self._call is not None

    # ------------------------------------------------------------------------------------------ what the call wants

    def join(self, call: PhoneSide) -> None:
        """The call has taken the stream; what its ledger holds goes out."""
        self.pump()

    def pump(self) -> None:
        """Sends what the ledger holds, while the socket takes it and less than ten seconds are unplayed."""
        call = self._call
        if call is None or self._gone:
            return
        now = self._now()
        while self.ear.queued_ms(now) < AHEAD_MS and not self._socket.unsent():
            piece = call.ledger.take(SLICE_BYTES)
            if piece is None:
                break
            self._play(piece, now)
        unsent = self._socket.unsent()
        if not unsent:
            self._stuck = None
        elif self._stuck is None or unsent < self._stuck[0]:
            self._stuck = (unsent, now)

    def _play(self, piece: Slice, now: float) -> None:
        assert self._call is not None
        item, end_ms = piece.item, piece.offset_ms + len(piece.audio) / BYTES_PER_MS
        if piece.audio:
            if mark := self.ear.mark_before(item, piece.offset_ms, now):
                self._socket.send(self._out.mark(mark))
            if not self._spoke:
                self._spoke = True
                self.ear.wrote(None, 0.0, LEAD_IN_MS, now)
                self._socket.send(self._out.media(MULAW_8K.silence(LEAD_IN_MS)))
                self._call.tape.wrote(MULAW_8K.silence(LEAD_IN_MS), now)
            queued_ms = self.ear.queued_ms(now)
            self._tally.underruns += item == self._saying and not queued_ms
            self._tally.media_out += 1
            self.ear.wrote(item, piece.offset_ms, end_ms - piece.offset_ms, now)
            self._socket.send(self._out.media(piece.audio))
            self._call.tape.wrote(piece.audio, now)
            if not piece.offset_ms:
                self._call.report(e.ItemSounded(item, now + queued_ms + self.ear.round_trip_ms))
        self._saying = None if piece.last else item
        if mark := self.ear.mark_after(item, end_ms, piece.last, now):
            self._socket.send(self._out.mark(mark))
        self._call.ledger.forget_before(item, end_ms - self.ear.queued_ms(now) - AHEAD_MS)

    def resume(self) -> None:
        """The socket's buffer is empty again."""
        self._stuck = None
        self.pump()
        if self._call is not None:
            self._call.arm()

    def send(self, command: e.Command) -> None:
        """Clear: the carrier drops what it holds, and a fence mark tells when. HangUp, PutThrough: the stream is closed."""
        if self._gone:
            return
        match command:
            case e.Clear():
                now = self._now()
                fence = self.ear.clear(now)
                self._saying = None
                if self._call is not None:
                    self._call.tape.cleared(now)
                self._socket.send(self._out.clear)
                self._socket.send(self._out.mark(fence))
            case e.HangUp() | e.PutThrough():
                self._leave(1000, report=True, closed_at=self._now())
            case _:
                raise LocalProtocolError(f"a Twilio leg has no word for {type(command).__name__}")

    def wake_at(self) -> float | None:
        """The fence's deadline, room for more audio, a peer that stopped reading, a dead peer: whichever is first."""
        if self._gone or self._call is None:
            return None
        at = self._newest_at + DEAD_MS
        if (ear := self.ear.wake_at()) is not None and ear < at:
            at = ear
        if self._stuck is not None:
            return min(at, self._stuck[1] + STUCK_MS)
        if self._call.ledger.unsent_bytes:
            now = self._now()
            return min(at, now + max(20.0, self.ear.queued_ms(now) - AHEAD_MS + 1000.0))
        return at

    def timeout(self, now: float) -> None:
        """Carries out what has come due."""
        if self._gone or self._call is None:
            return
        if now >= self._newest_at + DEAD_MS:
            log.warning("stream ended: no media for %d s", DEAD_MS / 1000, extra=self._extra())
            self._leave(GOING_AWAY, report=True)
            return
        if self._stuck is not None and now >= self._stuck[1] + STUCK_MS:
            unsent = self._socket.unsent()
            if unsent and unsent >= self._stuck[0]:
                log.warning("stream ended: the peer stopped reading", extra=self._extra())
                self._leave(GOING_AWAY, report=True)
                return
            self._stuck = (unsent, now) if unsent else None
        self._hear(now)
        self.pump()

    def close(self, code: int = 1000) -> None:
        """Leaves without a word to the call."""
        self._leave(code)

    def media_ms(self) -> float | None:
        """Twilio's timestamp of the newest media."""
        return wire.timestamp_ms(self._newest)

    def media_ahead_ms(self) -> float | None:
        """Known from the first mark that comes back."""
        return self.ear.media_ahead_ms

    # ------------------------------------------------------------------------------------------ inside

    def _newest_media(self) -> tuple[float | None, float]:
        return wire.timestamp_ms(self._newest), self._newest_at

    def _hear(self, now: float) -> None:
        assert self._call is not None
        while (heard := self.ear.settled(now)) is not None:
            self._tally.corrections += self.ear.settled_cut is not None and self.ear.settled_cut.shift_ms != 0.0
            self._log_math(heard)
            if (cut := self.ear.settled_cut) is not None:
                self._call.tape.settled(cut.shift_ms - self._playout_offset_ms)
            self._call.report(e.Settled(heard))
        for item in self.ear.finished(now):
            self._call.report(e.ItemHeard(item))

    def _log_math(self, heard: dict[str, float]) -> None:
        cut = self.ear.settled_cut
        if not self._show_timing_math or cut is None:
            return
        log.info(
            "cleared: clear sent at %.1f ms; fence late by %s ms, newest mark late by %s ms, shift %.1f ms; heard %s",
            cut.at, *("?" if ms is None else f"{ms:.1f}" for ms in (cut.fence_late_ms, cut.late_ms)), cut.shift_ms,
            ", ".join(f"{item} {ms:.1f} ms" for item, ms in heard.items()) or "nothing",
            extra=self._extra(),
        )  # fmt: skip

    def _leave(self, code: int, *, report: bool = False, stopped: bool = False, closed_at: float | None = None) -> None:
        if self._gone:
            return
        self._gone = True
        self._socket.close(code)
        if self._call is not None:
            self._call.tape.lost(self._now())
        if report and self._call is not None:
            self._call.report(self._tally.ended(self._newest, self._now()))
            self._call.report(e.PhoneLost(stopped, self.ear.lost(closed_at)))

    def _extra(self) -> dict[str, str]:
        return {"call_id": self._call.id} if self._call is not None else {}
