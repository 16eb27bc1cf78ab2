"""A page of a browser as the phone leg of a call: it plays the ledger and reports what it really played."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from offhook.audio.format import Format
from offhook.core import events as e
from offhook.core.ear import ReportedEar
from offhook.core.leg import PhoneSide
from offhook.core.playout import Slice
from offhook.errors import LocalProtocolError, RemoteProtocolError
from offhook.phone.browser import wire
from offhook.phone.browser.written import SAMPLE_MS, Written

log = logging.getLogger(__name__)

SLICE_MS = 1000
AHEAD_MS = 10_000.0  # what the page may hold unplayed
STUCK_MS = 5_000.0  # a send buffer that does not move, a clear that is not answered: the page is gone
DEAD_MS = 10_000.0  # a page sends audio even in silence; without it, it sleeps or is gone
BURST_MS = 10_000.0  # audio that a network held up comes at once; more than that was never spoken
TEXTS, TEXTS_A_SECOND = 200, 20  # messages that a page has to say; more is no page of ours
MALFORMED = 20

FRAME_MS = 25.0  # of a page's audio, and a little more
NOTHING = ("", 0.0)
COMING_BACK = 4000
NORMAL, GOING_AWAY, BAD, POLICY, LATE = 1000, 1001, 4400, 1008, 4408


class Socket(Protocol):
    """The connection under a stream. Nothing here ever blocks."""

    def send(self, message: bytes) -> None:
        """One text message."""

    def send_binary(self, message: bytes) -> None:
        """One binary message."""

    def unsent(self) -> int:
        """Bytes that wait in the socket's own buffer."""

    def close(self, code: int, reason: str = "") -> None:
        """Close. Idempotent."""


class Joinable(PhoneSide, Protocol):
    """A call that a page can join."""

    epoch: int
    """Which stream may join next."""

    def join(self, leg: "BrowserLeg") -> None:
        """The page carries the call from now on."""

    def arm(self) -> None:
        """The leg's `wake_at` may have changed."""


class BrowserLeg:
    """The phone leg over one socket. `resume` is told when a page comes back to a call; `over`, when we hung up: it has
    the socket closed once the page has been told everything."""

    can: frozenset[type[e.Command]] = frozenset({e.Clear, e.HangUp})

    def __init__(
        self,
        socket: Socket,
        format: Format,
        now: Callable[[], float],
        *,
        resume: Callable[["BrowserLeg", wire.Resume], None] | None = None,
        over: Callable[[], None],
    ) -> None:
        """`resume` is None where the page did not ask for a call to come back to."""
        self.format = format
        self.ear = ReportedEar()
        self._socket, self._now, self._resume, self._over = socket, now, resume, over
        self._call: Joinable | None = None
        self._gone = False
        self.left = False
        """True when the socket was closed, or gone before the call was over: nothing is told any more."""
        self._malformed = 0
        self._opened = now()
        self._texts = 0
        self._newest_at = self._began = self._opened
        self._media_in = self._media_out = 0
        self._received = 0  # bytes of the caller's audio
        self._longest_gap_ms = 0.0
        self._written = Written()
        self._next = NOTHING  # what the page takes the next audio for: item and where in it
        self._asked: deque[float] = deque()  # when each clear went out that is not answered
        self._round_trip_ms = 0.0
        self._ahead_ms: float | None = None
        self._stuck: tuple[int, float] | None = None  # unsent bytes, and since when they have not moved

    # ------------------------------------------------------------------------------------------ what the page says

    def receive_binary(self, audio: bytes) -> None:
        """The caller's audio."""
        call = self._call
        if self._gone or call is None:
            return  # before the call is there nobody listens
        now = self._now()
        if len(audio) % 2:
            self._bad("Audio must be whole samples of 16 bits.")
            return
        self._received += len(audio)
        if self._received > (now - self._began + BURST_MS) * self.format.bytes_per_ms:
            log.warning("page cut off: more audio than time", extra=self._extra())
            self._leave(POLICY, "Audio comes faster than it can be spoken.", report=True)
            return
        self._media_in += 1
        self._longest_gap_ms = max(self._longest_gap_ms, now - self._newest_at)
        self._newest_at = now
        call.caller_audio(audio)

    def receive(self, message: bytes) -> None:
        """One whole text message. Bad ones are counted; the twentieth ends the stream."""
        if self._gone:
            return
        self._texts += 1
        if self._texts > TEXTS + (self._now() - self._opened) / 1000.0 * TEXTS_A_SECOND:
            log.warning("page cut off: too many messages", extra=self._extra())
            self._leave(POLICY, "There are too many messages.", report=True)
            return
        try:
            self._take(wire.parse(message))
        except RemoteProtocolError as error:
            self._bad(str(error))

    def _bad(self, sentence: str) -> None:
        self._malformed += 1
        if self._call is None or self._malformed >= MALFORMED:
            self._leave(BAD, sentence, report=True)
        else:
            self._socket.send(wire.problem(sentence))

    def _take(self, fact: wire.Message) -> None:
        match fact, self._call:
            case wire.Heard(item, ms), call if call is not None:
                self.played(item, ms)
            case wire.Cleared(item, ms), call if call is not None and self._asked:
                self._cleared(item, ms)
            case wire.Dtmf(digit), call if call is not None:
                call.report(e.KeyPressed(digit))
            case wire.HangUp(), call if call is not None:
                self._hang_up()
            case wire.Resume(), None if self._resume is not None:
                resume, self._resume = self._resume, None
                resume(self, fact)
            case _:
                raise RemoteProtocolError("A message out of its place.")

    def played(self, item: str, ms: float) -> None:
        """The page has played so much of an item."""
        now = self._now()
        if not self._asked and (moment := self._written.moment(item, ms)) is not None:
            late_ms = max(0.0, now - moment)
            self._round_trip_ms = late_ms if not self._round_trip_ms else min(self._round_trip_ms, late_ms)
            # Reports and audio come by one road and in order: what was said by then is what has come by now.
            ahead_ms = self._received / self.format.bytes_per_ms - moment
            if self._ahead_ms is None or abs(ahead_ms - self._ahead_ms) > FRAME_MS:
                self._ahead_ms = ahead_ms
        self.ear.reported(item, ms)
        self._hear(now)

    def _cleared(self, item: str | None, ms: float) -> None:
        cleared_at = self._asked.popleft()
        self.ear.cleared({} if item is None else {item: ms})
        moment = None if item is None else self._written.moment(item, ms)
        self._hear(self._now(), 0.0 if moment is None else moment - cleared_at)

    def closing(self, code: int) -> None:
        """The page closes the socket: whoever means to come back says so with a code of its own (4000 and above)."""
        if code < COMING_BACK:
            self._hang_up()

    def _hang_up(self) -> None:
        """The end, whoever wants it. The socket stays until the page has been told the rest."""
        if self._call is not None and not self._gone:
            self._gone = True
            self._tell_end(self._call)
            self._call.report(e.CarrierEnded("completed"))  # nobody else is there to say so
            self._over()

    def lost(self) -> None:
        """The socket is gone."""
        self._leave(GOING_AWAY, "", report=True)

    @property
    def joined(self) -> bool:
        """True once the page carries a call."""
        return self._call is not None

    @property
    def gone(self) -> bool:
        """True when nothing more comes of this page."""
        return self._gone

    def refuse(self, code: int, sentence: str) -> None:
        """There is no call for this page."""
        self._leave(code, sentence)

    # ------------------------------------------------------------------------------------------ what the call wants

    def carry(self, call: Joinable, token: str) -> None:
        """The page is to carry this call; with `token` it may come back to it."""
        self._call = call
        self._began = self._newest_at = self._now()
        self._socket.send(wire.joined(call.id, token, self.format.rate))
        call.join(self)

    def join(self, call: PhoneSide) -> None:
        """The call has taken the page; what its ledger holds goes out."""
        self.pump()

    def tell(self, text: str) -> None:
        """An event of the call, as viewers are sent it."""
        self._socket.send(text.encode())

    def pump(self) -> None:
        """Sends what the ledger holds, while the socket takes it and less than ten seconds are unplayed."""
        call = self._call
        if call is None or self._gone:
            return
        now = self._now()
        while self.ear.queued_ms(now) < AHEAD_MS and not self._socket.unsent():
            piece = call.ledger.take(SLICE_MS * self.format.bytes_per_ms)
            if piece is None:
                break
            self._play(call, piece, now)
        unsent = self._socket.unsent()
        if not unsent:
            self._stuck = None
        elif self._stuck is None or unsent < self._stuck[0]:
            self._stuck = (unsent, now)

    def _play(self, call: Joinable, piece: Slice, now: float) -> None:
        item, offset_ms = piece.item, piece.offset_ms
        if piece.audio:
            length_ms = len(piece.audio) / self.format.bytes_per_ms
            queued_ms = self.ear.queued_ms(now)
            following, at_ms = self._next
            if following != item or abs(at_ms - offset_ms) > SAMPLE_MS:
                self._socket.send(wire.item(item, offset_ms))
            self._next = (item, offset_ms + length_ms)
            self.ear.wrote(item, offset_ms, length_ms, now)
            self._written.wrote(item, offset_ms, now + queued_ms, length_ms)
            self._media_out += 1
            self._socket.send_binary(piece.audio)
            call.tape.wrote(piece.audio, now)
            if not offset_ms:
                call.report(e.ItemSounded(item, now + queued_ms + self._round_trip_ms))
        if piece.last:
            self.ear.ended(item)
            self._hear(now)
        call.ledger.forget_before(item, offset_ms - self.ear.queued_ms(now) - AHEAD_MS)

    def resume(self) -> None:
        """The socket's buffer is empty again."""
        self._stuck = None
        self.pump()
        if self._call is not None:
            self._call.arm()

    def send(self, command: e.Command) -> None:
        """Clear: the page falls silent and tells where. HangUp: this is the end."""
        if self._gone or self._call is None:
            return
        match command:
            case e.Clear():
                now = self._now()
                self.ear.clear(now)
                self._next = NOTHING
                self._asked.append(now)
                self._call.tape.cleared(now)
                self._socket.send(wire.CLEAR)
            case e.HangUp():
                self._hang_up()
            case _:
                raise LocalProtocolError(f"a browser leg has no word for {type(command).__name__}")

    def wake_at(self) -> float | None:
        """A clear that is not answered, room for more audio, a page that does not read or is gone: whichever is first."""
        if self._gone or self._call is None:
            return None
        at = [self._newest_at + DEAD_MS]
        if (ear := self.ear.wake_at()) is not None:
            at.append(ear)
        if self._asked:
            at.append(self._asked[0] + STUCK_MS)
        if self._stuck is not None:
            at.append(self._stuck[1] + STUCK_MS)
        elif self._call.ledger.unsent_bytes:
            now = self._now()
            at.append(now + max(20.0, self.ear.queued_ms(now) - AHEAD_MS + SLICE_MS))
        return min(at)

    def timeout(self, now: float) -> None:
        """Carries out what has come due."""
        if self._gone or self._call is None:
            return
        if now >= self._newest_at + DEAD_MS:
            self._end("the page sends no audio", LATE, "No audio came for 10 s.")
        elif self._asked and now >= self._asked[0] + STUCK_MS:
            self._end("the page does not answer a clear", LATE, "A clear was not answered for 5 s.")
        elif self._stuck is not None and now >= self._stuck[1] + STUCK_MS and self._socket.unsent() >= self._stuck[0]:
            self._end("the page stopped reading", GOING_AWAY, "")
        else:
            if self._stuck is not None and now >= self._stuck[1] + STUCK_MS:
                self._stuck = (self._socket.unsent(), now)
            self._hear(now)
            self.pump()

    def close(self, code: int = NORMAL) -> None:
        """Leaves without a word to the call."""
        self._leave(code, "The call is over." if code == NORMAL else "")

    def media_ms(self) -> float | None:
        """How much audio of the caller's has come."""
        return self._received / self.format.bytes_per_ms if self._received else None

    def media_ahead_ms(self) -> float | None:
        """Known from the first report of what was played."""
        return self._ahead_ms

    # ------------------------------------------------------------------------------------------ inside

    def _hear(self, now: float, shift_ms: float = 0.0) -> None:
        """`shift_ms`: how much later than on the clock of our writes a clear took effect whose answer has come."""
        assert self._call is not None
        while (heard := self.ear.settled(now)) is not None:
            self._call.tape.settled(shift_ms)
            self._call.report(e.Settled(heard))
        for item in self.ear.finished(now):
            self._call.report(e.ItemHeard(item))

    def _end(self, why: str, code: int, sentence: str) -> None:
        log.warning("stream ended: %s", why, extra=self._extra())
        self._leave(code, sentence, report=True)

    def _leave(self, code: int, sentence: str, *, report: bool = False) -> None:
        if self._gone:
            return
        self._gone = self.left = True
        self._socket.close(code, sentence)
        if self._call is None:
            return
        if report:
            self._tell_end(self._call)
        else:
            self._call.tape.lost(self._now())

    def _tell_end(self, call: Joinable) -> None:
        now = self._now()
        call.tape.lost(now)
        call.report(
            e.StreamEnded(
                max(0, call.epoch - 1), now - self._began, self._media_in, self._media_out,
                longest_gap_ms=self._longest_gap_ms,
            )
        )  # fmt: skip
        call.report(e.PhoneLost(False, self.ear.lost()))

    def _extra(self) -> dict[str, str]:
        return {"call_id": self._call.id} if self._call is not None else {}
