"""Listening to callers where offhook owns the turns: from audio to starts and stops of speech, turns and their words.

What was played to the caller and comes back with them is taken out first (audio/echo.py): neither the voice detector nor
the recogniser gets it. That costs something only while a caller's line carries sound and something was just played.

One timer serves every call of the process, so that voice activity is judged for all of them in one batch; a frame costs
a list append. Times inside are milliseconds of the caller's own audio: a burst or a stall of the network does not
shorten or lengthen a silence.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from offhook.audio import g711
from offhook.audio.background import BEGINS_DB, LASTS_DB, Background
from offhook.audio.convert import Converter
from offhook.audio.echo import PLAYED, WINDOW, EchoGuard, Verdict
from offhook.audio.format import MULAW_8K, PCM16_8K
from offhook.audio.vad import WINDOW_MS, SpeechGate, Track, Transition, VoiceBank
from offhook.core import events as e
from offhook.core.leg import AgentSide
from offhook.core.tape import Tape
from offhook.core.turns import Endpointing, is_backchannel
from offhook.errors import LegFailed
from offhook.speech.base import HEARD_MS, Recognised, Recogniser, TurnModel

log = logging.getLogger(__name__)

TICK_S = 0.032  # one window of the voice detector
MOST_WINDOWS = 8  # of one call in a tick: a backlog is caught up eight times faster than it came
BEFORE_MS = 300  # audio before a start that the recogniser gets too: the detector needs some to be sure
PCM_BYTES_PER_MS, MULAW_BYTES_PER_MS = 16, 8
WINDOW_BYTES = 2 * WINDOW
PLAYED_MS = PLAYED / 8
EDGE_MS = 8  # read before and behind a stretch whose rate is changed: the filter needs it
BACKLOG_MS = 30_000  # audio that may wait to be judged
HEARS_NOISE = (
    0.3  # the detector, given noise for an echo, drifts: it hears more and more of a voice in it, and begins anew
)


class Listening:
    """The detector and the timer that all calls share. Runs only while somebody listens."""

    def __init__(self, bank: VoiceBank | None = None) -> None:
        self._bank = bank or VoiceBank()
        self._hearings: dict[Track, Hearing] = {}
        self._timer: asyncio.TimerHandle | None = None

    def open(
        self,
        call: AgentSide,
        recogniser: Recogniser,
        endpointing: Endpointing,
        words: Callable[[Recognised | None], None] = lambda _words: None,
        turn_model: TurnModel | None = None,
    ) -> "Hearing":
        """Listens to one more caller. `words` is told what was said so far when the caller pauses, if the recogniser can
        tell so soon, and None when they go on. A `turn_model` makes the silence that ends a turn shorter or longer."""
        track = self._bank.open()
        hearing = Hearing(self, track, call, recogniser, endpointing, words, turn_model)
        self._hearings[track] = hearing
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        return hearing

    def close(self, track: Track) -> None:
        """Used by `Hearing.close`."""
        if self._hearings.pop(track, None) is not None:
            track.close()
        if not self._hearings and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        for hearing in list(self._hearings.values()):
            self._guarded(hearing, hearing.gather)
        for track, probabilities in self._bank.evaluate(MOST_WINDOWS):
            if (judged := self._hearings.get(track)) is not None:
                self._guarded(judged, partial(judged.judge, probabilities))

    @staticmethod
    def _guarded(hearing: "Hearing", work: Callable[[], None]) -> None:
        """What goes wrong with one caller must not cost another's windows."""
        try:
            work()
        except Exception:
            log.exception("listening failed", extra={"call_id": hearing.call_id})
            hearing.fail()


class OwnVoice:
    """Takes what was played to a caller out of what comes from them."""

    _STEADY = 64  # arrivals, about two seconds: the earliest of them tells the clock of the caller's audio
    _GAP_MS = 500.0
    _SLACK_MS = 100.0  # how wrong that clock may become while something plays: the lag that was learned hangs on it

    def __init__(self, call: AgentSide) -> None:
        self._call = call
        self._played = _as_recognisers_hear_it(call.tape)
        self._guard: EchoGuard | None = None
        self._begins: deque[float] = deque(
            maxlen=self._STEADY
        )  # when audio began, had none been late; each arrival's word
        self._began: float | None = None  # the one in use; None while nothing plays

    def arrived(self, ms: float) -> None:
        """So many milliseconds of the caller's audio have come by now."""
        begins = self._call.now() - ms
        if self._begins and begins - self._begins[-1] > self._GAP_MS:
            self._begins.clear()  # a stream was lost and another carries on
        self._begins.append(begins)

    def remove(self, window: bytes, end_ms: float) -> tuple[bytes, bytes, Verdict]:
        """The window that ends at `end_ms` of the caller's audio without our voice, for the detector and for the
        recogniser, and what was in it."""
        earliest = min(self._begins)
        if self._began is None or abs(earliest - self._began) > self._SLACK_MS:
            self._began = earliest
        now = self._began + end_ms
        if not self._call.tape.sounds(now - PLAYED_MS, now):
            if self._guard is not None:
                self._guard.pause()
            self._began = None
            return window, window, "clear"
        if self._guard is None:
            self._guard = EchoGuard()
        left, verdict = self._guard.listen(window, self._played(now - PLAYED_MS, now))
        return self._guard.hush() if verdict == "echo" else left, left, verdict


def _as_recognisers_hear_it(tape: Tape) -> Callable[[float, float], bytes]:
    """Reads a tape, whatever its format, as PCM16 at 8 kHz."""
    if tape.format is MULAW_8K:
        return lambda from_ms, to_ms: g711.decode(tape.between(from_ms, to_ms))
    convert = Converter(tape.format, PCM16_8K, aligned=True)
    edge = slice(EDGE_MS * PCM_BYTES_PER_MS, -EDGE_MS * PCM_BYTES_PER_MS)

    def read(from_ms: float, to_ms: float) -> bytes:
        stretch = tape.between(from_ms - EDGE_MS, to_ms + EDGE_MS)
        return (convert(stretch) + convert.flush())[edge]

    return read


class Hearing:
    """One caller: reports SpeechStarted, SpeechStopped and CallerTurnEnded to the call."""

    def __init__(
        self,
        listening: Listening,
        track: Track,
        call: AgentSide,
        recogniser: Recogniser,
        endpointing: Endpointing,
        words: Callable[[Recognised | None], None],
        turn_model: TurnModel | None,
    ) -> None:
        self._listening, self._track, self._call = listening, track, call
        self._recogniser, self._endpointing = recogniser, endpointing
        self._words = words
        self._turn_model = turn_model
        self._turn_from = 0.0  # where the turn began
        self._weighing: asyncio.Task[None] | None = None  # whether the pause that is ends the turn
        self._asking: asyncio.Task[None] | None = None  # for what was said before the pause that is
        self._nods = False  # what was said before it takes no floor
        self._gate = SpeechGate()
        self._own_voice = OwnVoice(call)
        self._background = Background()
        self._judged: deque[tuple[Verdict, float]] = deque()  # of the windows that are fed: and how far each stands out
        self._held: Transition | None = None  # a start that may be an echo's
        self._frames: list[bytes] = []
        self._raw = bytearray()  # PCM16 8 kHz as it came, not yet fed
        self._came_ms = self._fed_ms = 0.0
        self._audio = bytearray()  # the same without our voice, which the recogniser may still need
        self._audio_from = 0  # its first byte's place in all the caller's audio
        self._fed = 0  # how far the recogniser got
        self._understanding: set[asyncio.Task[None]] = set()
        self._newest: asyncio.Task[None] | None = None  # of those
        self.feed = self._frames.append
        """Takes a µ-law frame. Media plane."""

    def gather(self) -> None:
        """Takes in what came since the last tick."""
        if self._frames:
            room = BACKLOG_MS * PCM_BYTES_PER_MS - len(self._raw)
            pcm16 = g711.decode(b"".join(self._frames))[:room]  # a stream so far ahead of time is no telephone's
            self._frames.clear()
            self._raw += pcm16
            self._came_ms += len(pcm16) / PCM_BYTES_PER_MS
            self._own_voice.arrived(self._came_ms)
        while len(self._raw) >= WINDOW_BYTES and len(self._judged) < MOST_WINDOWS:
            self._fed_ms += WINDOW_MS
            raw = bytes(self._raw[:WINDOW_BYTES])
            window, left, verdict = self._own_voice.remove(raw, self._fed_ms)
            del self._raw[:WINDOW_BYTES]
            self._judged.append((verdict, self._background.over(raw)))
            self._track.feed(window)
            self._audio += left

    def judge(self, probabilities: list[float]) -> None:
        """The detector's word on the windows since the last tick."""
        for probability in probabilities:
            verdict, over = self._judged.popleft()
            if over < (LASTS_DB if self._gate.speaking else BEGINS_DB):
                probability = 0.0  # somebody may speak, and it is not the caller
            if verdict == "echo" and probability > HEARS_NOISE and not self._gate.speaking:
                self._track.forget()
            if transition := self._sift(self._gate.update(probability), verdict):
                self._turn_over(transition)
            if self._gate.rested:
                self._track.forget()
            if self._speaking and self._endpointing.open:
                self._feed_until(self._gate.ms)
            spoken_ms = self._endpointing.ended(self._gate.ms, self._nods or self._recogniser.complete)
            if spoken_ms is not None:
                self._end_turn(spoken_ms)
        self._forget()

    def _end_turn(self, spoken_ms: float) -> None:
        self._nods = False
        self._stop_weighing()
        if self._asking is not None:
            self._asking.cancel()  # what it tells would be taken for the words of the next turn
            self._asking = None
        if self._speaking:  # a noise that does not stop
            self._call.report(e.SpeechStopped())
        before = self._newest if self._newest is not None and not self._newest.done() else None
        self._newest = task = asyncio.get_running_loop().create_task(
            self._understand(self._recogniser.end(), spoken_ms, before)
        )
        self._understanding.add(task)
        task.add_done_callback(self._understanding.discard)

    def fail(self) -> None:
        """Listening is broken beyond this caller's turn: the call is told."""
        self.close()
        self._call.report(e.AgentLost("listening failed"))

    @property
    def call_id(self) -> str:
        """Whose ears these are."""
        return self._call.id

    @property
    def behind_ms(self) -> float:
        """How much of what was fed is still to be judged."""
        waiting = sum(map(len, self._frames)) / MULAW_BYTES_PER_MS
        return self._came_ms + waiting - self._gate.ms

    @property
    def _speaking(self) -> bool:
        return self._gate.speaking and self._held is None

    def _sift(self, transition: Transition | None, verdict: Verdict) -> Transition | None:
        """Holds a start back while it may be an echo's, and drops it with its stop if it was."""
        if self._held is not None and transition is None:
            transition = self._held
        elif self._held is not None:  # it stopped before it was known what it was
            self._held = None
            return None
        if transition is None or transition.kind == "stopped":
            return transition
        self._held = transition if verdict == "doubtful" else None
        if verdict == "echo":
            self._gate.hush()
        return transition if verdict == "clear" else None

    def _turn_over(self, transition: Transition) -> None:
        if transition.kind == "started":
            self._stop_weighing()
            if self._endpointing.started(transition.at_ms):
                self._recogniser.begin()
                self._turn_from = transition.at_ms - BEFORE_MS
            elif self._asking is not None:
                self._asking.cancel()
                self._words(None)
            self._nods = False
            self._fed = max(self._fed, int(transition.at_ms - BEFORE_MS) * PCM_BYTES_PER_MS)
            self._call.report(e.SpeechStarted())
        else:
            self._endpointing.stopped(transition.at_ms)
            self._call.report(e.SpeechStopped(self._gate.ms - transition.at_ms))
            if (soon := self._recogniser.pause()) is not None:
                self._asking = asyncio.get_running_loop().create_task(self._ask(soon))
            if self._turn_model is not None:
                heard = self._between(max(self._turn_from, self._gate.ms - HEARD_MS), self._gate.ms)
                self._weighing = asyncio.get_running_loop().create_task(self._weigh(self._turn_model, heard))

    async def _weigh(self, model: TurnModel, heard: bytes) -> None:
        try:
            likely = await model.over(heard)
        except LegFailed:
            return  # then silence alone ends it
        except Exception:
            log.exception("a turn model failed", extra={"call_id": self._call.id})
            return
        self._endpointing.weigh(likely)

    def _stop_weighing(self) -> None:
        if self._weighing is not None:
            self._weighing.cancel()
            self._weighing = None

    async def _ask(self, soon: Awaitable[Recognised]) -> None:
        try:
            words = await soon
        except LegFailed:
            return  # it is asked again at the end of the turn
        except Exception:
            log.exception("a recogniser failed at a pause", extra={"call_id": self._call.id})
            return
        if self._endpointing.open:
            self._nods = is_backchannel(words.text)
            self._words(words)

    def _feed_until(self, ms: float) -> None:
        begin = max(self._fed, self._audio_from)
        end = min(int(ms) * PCM_BYTES_PER_MS, self._audio_from + len(self._audio))
        if end > begin:
            self._recogniser.feed(bytes(self._audio[begin - self._audio_from : end - self._audio_from]))
            self._fed = end

    def _between(self, from_ms: float, to_ms: float) -> bytes:
        begin, end = (max(0, int(ms) * PCM_BYTES_PER_MS - self._audio_from) for ms in (from_ms, to_ms))
        return bytes(self._audio[begin:end])

    def _forget(self) -> None:
        kept_ms = HEARD_MS if self._turn_model is not None and self._endpointing.open else BEFORE_MS + 500
        keep_from = (int(self._gate.ms) - kept_ms) * PCM_BYTES_PER_MS
        if (drop := keep_from - self._audio_from) > 0:
            del self._audio[:drop]
            self._audio_from += drop

    async def _understand(
        self, words: Awaitable[Recognised], spoken_ms: float, before: "asyncio.Task[None] | None"
    ) -> None:
        """Tells the words of a turn once those of the turn before it are told."""
        try:
            recognised = await words
        except LegFailed as failed:
            log.warning("a turn was lost: %s", failed, extra={"call_id": self._call.id})
            recognised = Recognised("")
        except Exception:  # whatever a part of others may raise: the turn is over all the same, and awaited
            log.exception("a turn was lost", extra={"call_id": self._call.id})
            recognised = Recognised("")
        if before is not None:
            await asyncio.wait((before,))
        # The words are in the transcript, where what nobody may keep is taken out of them.
        log.debug(
            "understood %d characters, score %s",
            len(recognised.text),
            recognised.score,
            extra={"call_id": self._call.id},
        )
        self._call.report(e.CallerTurnEnded(recognised.text, spoken_ms, language=recognised.language))

    def close(self) -> None:
        """Listens no more. Idempotent."""
        self._listening.close(self._track)
        self._stop_weighing()
        for task in (*self._understanding, *([self._asking] if self._asking is not None else [])):
            task.cancel()
        self._recogniser.close()
