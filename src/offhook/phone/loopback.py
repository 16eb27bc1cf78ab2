"""A phone leg in memory: plays the agent in real time on the loop's clock and reports exactly what it played.

For trying an agent without a carrier: `say` is the caller's mouth, `played` what the ear got.
"""

from collections import deque

from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.ear import ReportedEar
from offhook.core.leg import PhoneSide
from offhook.errors import LocalProtocolError

SLICE_BYTES = 1000 * MULAW_8K.bytes_per_ms
AHEAD_MS = 10_000.0
PAUSE_MS = 250.0  # audio of the caller that comes later than this does not go on where it ended


class LoopbackLeg:
    """A telephone without a line between."""

    format = MULAW_8K
    can: frozenset[type[e.Command]] = frozenset({e.Clear, e.HangUp})

    def __init__(self) -> None:
        self.ear = ReportedEar()
        self.played: list[tuple[str, bytes]] = []
        """Item and audio of every stretch that has been played, in order."""
        self._call: PhoneSide | None = None
        self._said_to = 0.0  # where the caller's audio ends, on our clock
        self._queue: deque[tuple[float, str, float, bytes, bool]] = deque()  # start, item, offset ms, audio, last

    def join(self, call: PhoneSide) -> None:
        """Carries the call from now on."""
        self._call, self._said_to = call, call.now()
        self.pump()

    def say(self, audio: bytes) -> None:
        """The caller's audio."""
        if self._call is not None:
            now, length_ms = self._call.now(), len(audio) / MULAW_8K.bytes_per_ms
            after_pause = now - self._said_to > PAUSE_MS + length_ms
            self._said_to = now if after_pause else self._said_to + length_ms
            self._call.caller_audio(audio)

    def pump(self) -> None:
        """Takes what the ledger holds, ten seconds ahead at most."""
        if self._call is None:
            return
        now = self._call.now()
        while self.ear.queued_ms(now) < AHEAD_MS and (piece := self._call.ledger.take(SLICE_BYTES)):
            start = now + self.ear.queued_ms(now)
            self.ear.wrote(piece.item, piece.offset_ms, len(piece.audio) / MULAW_8K.bytes_per_ms, now)
            self._queue.append((start, piece.item, piece.offset_ms, piece.audio, piece.last))
            self._call.tape.wrote(piece.audio, now)

    def send(self, command: e.Command) -> None:
        """Clear stops the playback now; HangUp leaves."""
        if self._call is None:
            return
        match command:
            case e.Clear():
                now = self._call.now()
                heard = self._play(now)
                self._queue.clear()
                self.ear.clear(now)
                self._call.tape.cleared(now)
                self._call.tape.settled(0.0)
                self.ear.cleared(heard)
                self._call.report(e.Settled(self.ear.settled(now) or {}))
            case e.HangUp():
                self.lost()
            case _:
                raise LocalProtocolError(f"a loopback leg has no word for {type(command).__name__}")

    def _play(self, now: float) -> dict[str, float]:
        """Plays up to now; how far the item that is being played has come."""
        heard: dict[str, float] = {}
        while self._queue:
            start, item, offset_ms, audio, last = self._queue[0]
            length_ms = len(audio) / MULAW_8K.bytes_per_ms
            if now < start + length_ms:
                played = max(0, int((now - start) * MULAW_8K.bytes_per_ms))
                heard[item] = offset_ms + played / MULAW_8K.bytes_per_ms
                break
            self._queue.popleft()
            self.played.append((item, audio))
            self.ear.reported(item, offset_ms + length_ms)
            if last:
                self.ear.ended(item)
        return heard

    def wake_at(self) -> float | None:
        """When the stretch that is being played is over."""
        if not self._queue:
            return None
        start, _, _, audio, _ = self._queue[0]
        return start + len(audio) / MULAW_8K.bytes_per_ms

    def timeout(self, now: float) -> None:
        """A stretch is over: tell what was heard, take what comes next."""
        if self._call is None:
            return
        self._play(now)
        for item in self.ear.finished(now):
            self._call.report(e.ItemHeard(item))
        self.pump()

    def lost(self) -> None:
        """The line is cut: what was not played never will be."""
        if self._call is not None:
            heard = self._play(self._call.now())
            call, self._call = self._call, None
            call.tape.lost(call.now())
            call.report(e.PhoneLost(False, self.ear.lost() | heard))

    def close(self, code: int = 1000) -> None:
        """Leaves without a word."""
        if self._call is not None:
            self._call.tape.lost(self._call.now())
        self._call = None

    def media_ms(self) -> float | None:
        """Where the caller's audio stands on our own clock, the only one there is."""
        return None if self._call is None else max(self._said_to, self._call.now() - PAUSE_MS)

    def media_ahead_ms(self) -> float | None:
        """Nothing is between the mouth and us, nor between us and the ear."""
        return 0.0
