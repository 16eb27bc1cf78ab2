"""One call of the bench from both its ends: what the carrier and the model make of the bridge between them."""

import asyncio

from offhook.bench import audio
from offhook.bench.carrier import CarrierStream, Cut
from offhook.bench.measured import Interruption
from offhook.bench.model import DELTA_MS, ModelSession, item_name

LEAD_DELTAS = 2  # a model is ahead of the ear by so much: 400 ms
ITEM_DELTAS = 30  # while it talks without end, an answer is 6 s
PACE = 3.0  # how much faster than it plays an answer comes that is to be cut
SETTLE_SECONDS = 0.5  # for the truncate to come, and for what was queued to be forgotten
ANSWER_MS, NEXT_ANSWER_MS = 1800.0, 2400.0


class Delays:
    """Milliseconds from end to end, of what arrives while `recording`."""

    def __init__(self) -> None:
        self.recording = False
        self.up: list[float] = []
        self.down: list[float] = []


class Line:
    """One call."""

    def __init__(self, call: int, parameters: dict[str, str], delays: Delays) -> None:
        self.call = call
        self._delays = delays
        self.carrier = CarrierStream(call, parameters, self._arrived_down)
        self.model: ModelSession | None = None
        self.talks = False
        """The model speaks without end."""
        self._item_deltas = 0

    def greet(self, model: ModelSession) -> None:
        """The model has heard the caller: from now on both ends are known."""
        self.model = model
        model.on_frame = self._arrived_up

    def _arrived_up(self, number: int, at: float) -> None:
        if self._delays.recording and number < len(self.carrier.sent_at):
            self._delays.up.append((at - self.carrier.sent_at[number]) * 1000.0)

    def _arrived_down(self, number: int, at: float) -> None:
        sent = self.model.sent_at.pop(number, None) if self.model is not None else None
        if sent is not None and self._delays.recording:
            self._delays.down.append((at - sent) * 1000.0)

    # ------------------------------------------------------------------------------------------ talking without end

    def tick(self) -> None:
        """Every 200 ms: the next words of a model that talks without end."""
        model = self.model
        if model is None:
            return
        if not self.talks:
            if self._item_deltas:
                model.end_item()
                self._item_deltas = 0
            return
        if self._item_deltas == ITEM_DELTAS:
            model.end_item()
            self._item_deltas = 0
        if self._item_deltas == 0:
            model.begin_item()
        for _ in range(1 if model.spoken else 1 + LEAD_DELTAS):
            model.speak()
        self._item_deltas += 1

    # ------------------------------------------------------------------------------------------ being interrupted

    async def interruptions(self) -> list[Interruption]:
        """A lone answer is cut, then one of two that are queued: on even calls the first, on odd ones the second."""
        model = self.model
        assert model is not None
        await asyncio.sleep((LEAD_DELTAS + 1) * DELTA_MS / 1000.0 + 0.2 + self.call % 10 * 0.1)
        first = await self._interrupted(model, 1, 0.8 + self.call % 7 * 0.07)
        second = await self._interrupted(model, 2, 0.7 if self.call % 2 == 0 else ANSWER_MS / 1000.0 + 0.6)
        return [first, second]

    async def _interrupted(self, model: ModelSession, items: int, after: float) -> Interruption:
        """`items` answers are given, and `after` seconds from their beginning the caller cuts in."""
        cuts = len(self.carrier.cuts)
        talking = asyncio.get_running_loop().create_task(self._answers(model, items))
        await asyncio.sleep(after)
        at = model.interrupt()
        await talking
        await asyncio.sleep(SETTLE_SECONDS)
        cut = self.carrier.cuts[cuts] if len(self.carrier.cuts) > cuts else None
        return judge(self.call, model.told, cut, items, at)

    async def _answers(self, model: ModelSession, items: int) -> None:
        for length_ms in (ANSWER_MS, NEXT_ANSWER_MS)[:items]:
            if not await model.answer(length_ms, PACE):
                return

    # ------------------------------------------------------------------------------------------ the end

    @property
    def missing(self) -> int:
        """Frames of the caller that did not reach the model."""
        return len(self.carrier.sent_at) - (self.model.frames if self.model is not None else 0)

    @property
    def faults(self) -> int:
        """Frames that arrived otherwise than they were sent, in either direction."""
        return self.carrier.order.faults + (self.model.faults if self.model is not None else 0)

    @property
    def failed(self) -> bool:
        """An end was lost, or never came up."""
        return self.model is None or self.model.lost or self.carrier.lost

    def close(self) -> None:
        """Hangs up at both ends; the carrier first, as a caller does."""
        self.carrier.close()
        if self.model is not None:
            self.model.close()


def judge(call: int, told: dict[str, int], cut: Cut | None, items: int, at: float) -> Interruption:
    """What a bridge made of an interruption at `at` (s): what it told the model beside what the carrier had played."""
    if cut is None:
        return Interruption(items, None, None, False, None)
    clear_ms = (cut.at - at) * 1000.0
    playing = next(iter(cut.heard_ms), None)
    if playing is None:  # the clear found nothing to drop
        return Interruption(items, None, None, False, clear_ms)
    others = [item for item in cut.heard_ms if item != playing]
    told_ms = told.get(item_name(call, playing))
    wrong = any(told.get(item_name(call, item)) for item in others)
    return Interruption(items, cut.heard_ms[playing], told_ms, wrong, clear_ms)


def frames_of(seconds: float) -> int:
    """Frames that one call sends in a time."""
    return int(seconds * 1000 / audio.FRAME_MS)
