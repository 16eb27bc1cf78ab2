"""Two sides of a call as the caller's end had them: what was said, and what was heard while it was said.

Pure: time is an argument, in milliseconds on the call's clock.

The caller's audio is the clock of a recording: it comes without a break, and its timestamps tell where it does not. What
we hand on is heard one way later, and what the caller says meanwhile reaches us another way later still; so audio handed
on now belongs beside what the caller says one *round trip* from now. The leg knows that from its marks
(`media_ahead_ms`). The other side is read from the tape (core/tape.py), a second late, when nothing of it is cut any
more.
"""

from offhook.audio.format import Format
from offhook.core.leg import PhoneLeg
from offhook.core.tape import Tape

SETTLED_MS = 1_000.0  # what was handed on longer ago is settled
LATE_MS = 60.0  # a frame this late may follow a hole
HOLE_MS = 15.0  # less is none
FIRST_MS = 3_500.0  # so long a stream is only listened to: its first marks tell the round trip between them
STEP_MS = 5.0  # a round trip that differs by less is the same


class Pairing:
    """One call's, over all its streams, which follow one another with silence between. Positions are samples."""

    def __init__(self, tape: Tape, format: Format) -> None:
        self._tape, self._format = tape, format
        self._per_ms = format.rate // 1000
        self._width = format.bytes_per_ms // self._per_ms
        self._left, self._right = bytearray(), bytearray()
        self.taken = 0
        """How much of both sides has been taken."""
        self._leg: PhoneLeg | None = None
        self._newest: float | None = None  # when the caller's newest audio of this stream came
        self._since = 0.0  # when the stream began
        self._left_at: float | None = None  # when the newest of the stream before it came
        self._origin_ms = 0.0  # position less timestamp
        self._ahead: int | None = None  # position less the moment of writing

    # ------------------------------------------------------------------------------------------ what happens

    def join(self, leg: PhoneLeg, now: float) -> None:
        """A stream begins."""
        self._leg, self._newest, self._ahead, self._since = leg, None, None, now
        if leg.media_ms() is not None:
            self._begin(0, now)
            self._newest = now

    def caller(self, frame: bytes, now: float) -> None:
        """The caller's audio. Media plane."""
        if self._newest is None:
            self._begin(len(frame), now)
        elif now - self._newest > LATE_MS:
            self._fill(len(frame), now)
        self._newest = now
        self._left += frame

    def leave(self, now: float) -> None:
        """The stream is over: what the caller had not heard by the newest audio of its own is not known to be heard."""
        if self._leg is None:
            return
        if self._newest is not None:
            self._fill(0, now)
            self._read(self._end)
            del self._right[len(self._left) :]
            self._left_at = self._newest
        self._leg, self._newest, self._ahead = None, None, None

    def take(self, now: float) -> tuple[bytes, bytes]:
        """What is known of both sides by now and was not taken before, as long as one another: caller, ear."""
        if self._leg is not None and self._newest is not None:
            self._fill(0, now)
            if now - self._since > FIRST_MS:
                self._listen(now)
        return self._take(min(len(self._left), len(self._right)))

    def _take(self, size: int) -> tuple[bytes, bytes]:
        left, right = bytes(self._left[:size]), bytes(self._right[:size])
        del self._left[:size], self._right[:size]
        self.taken += size // self._width
        return left, right

    # ------------------------------------------------------------------------------------------ positions

    @property
    def _end(self) -> int:
        return self.taken + len(self._left) // self._width

    def said_at(self, moment: float) -> int:
        """Where audio of the caller's that came at a moment is."""
        newest = self._left_at if self._newest is None else self._newest
        return max(0, self._end + round((moment - (moment if newest is None else newest)) * self._per_ms))

    def heard_at(self, moment: float) -> int:
        """Where audio that was handed on to be heard at once at a moment is."""
        return self.said_at(moment) if self._ahead is None else max(0, round(moment * self._per_ms) + self._ahead)

    # ------------------------------------------------------------------------------------------ the caller's side

    def _ms(self, size: int) -> float:
        return size / (self._per_ms * self._width)

    def _timestamp(self, now: float) -> float:
        told = self._leg.media_ms() if self._leg is not None else None
        return now if told is None else told

    def _begin(self, size: int, now: float) -> None:
        if self._left_at is not None:
            self._silence(self._left, round((now - self._left_at) * self._per_ms) - size // self._width)
        self._origin_ms = self._end / self._per_ms + self._ms(size) - self._timestamp(now)

    def _fill(self, size: int, now: float) -> None:
        """Puts silence where the far end's clock went on without audio, before the `size` bytes that have come."""
        assert self._newest is not None
        hole_ms = self._timestamp(now) + self._origin_ms - self._end / self._per_ms - self._ms(size)
        if hole_ms > HOLE_MS:
            hole_ms = min(hole_ms, now - self._newest + LATE_MS)  # whatever the timestamp says
            self._silence(self._left, round(hole_ms * self._per_ms))

    def _silence(self, side: bytearray, samples: int) -> None:
        side += self._format.silence(1)[: self._width] * max(0, samples)

    # ------------------------------------------------------------------------------------------ the ear's side

    @property
    def _right_end(self) -> int:
        return self.taken + len(self._right) // self._width

    def _follow(self) -> int:
        """Takes on what is known of the round trip, where that moves nothing that sounds; how far the ear is ahead."""
        assert self._leg is not None and self._newest is not None
        ahead_ms = self._leg.media_ahead_ms()
        if ahead_ms is None:  # nothing was heard yet
            ahead = round(self._end - self._newest * self._per_ms)
        else:
            ahead = round((ahead_ms + self._origin_ms) * self._per_ms)
        if self._ahead is None:
            self._ahead = ahead
            return ahead
        step, at_ms = ahead - self._ahead, (self._right_end - self._ahead) / self._per_ms
        skipped_ms = max(0, -step) / self._per_ms
        if abs(step) < STEP_MS * self._per_ms or self._tape.sounds(at_ms - STEP_MS, at_ms + skipped_ms + STEP_MS):
            return self._ahead
        self._silence(self._right, step)
        self._ahead = ahead
        return ahead

    def _listen(self, now: float) -> None:
        """Reads of the tape what is settled by now."""
        self._read(round((now - SETTLED_MS) * self._per_ms) + self._follow())

    def _read(self, to: int) -> None:
        """Reads the tape up to a position."""
        ahead = self._follow() if self._ahead is None else self._ahead
        begin = self._right_end
        if to > begin:
            self._right += self._tape.between((begin - ahead) / self._per_ms, (to - ahead) / self._per_ms)
