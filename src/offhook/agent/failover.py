"""Several models in order of preference: the first that can be reached answers, and when it is lost the next goes on with
the conversation, whatever kind of leg it has.

Legs may differ in everything. The format is the first leg's for the whole call: what another speaks is converted on its
way. Who owns the turns, and which commands and tools there are, changes with the leg (AgentJoined tells control).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from offhook.agent.handover import Successor, handover_of
from offhook.audio.format import Format
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import AgentSide, Tools
from offhook.core.past import Past
from offhook.errors import LegFailed, OffhookError

if TYPE_CHECKING:
    from offhook.audio.convert import Between

log = logging.getLogger(__name__)

PATIENCE_S = 3.0
"""With a model that does not say it is there, while another is at hand: the caller hears nothing so long."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the models."""

    model: str
    leg: Callable[[], Successor]
    """Makes its leg. Raises an OffhookError if it cannot be had now."""


class FailoverLeg:
    """One call's agent: the legs of its models, one at a time."""

    keeping = Keeping()

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        """In order of preference. Raises the last one's error if none can be had."""
        self._rest = list(candidates)
        self._closed = False
        self._closing: list[asyncio.Task[None]] = []
        leg, self._model = self._next()
        self.format: Format = leg.format
        self._enter(leg)

    def _next(self) -> tuple[Successor, str]:
        while True:
            candidate = self._rest.pop(0)
            try:
                return candidate.leg(), candidate.model
            except OffhookError as problem:
                if not self._rest:
                    raise
                log.warning("%s cannot be used now: %s", candidate.model, problem)

    def _enter(self, leg: Successor) -> None:
        self._leg = leg
        self._between = _between(self.format, leg.format) if leg.format != self.format else None
        self.can: frozenset[type[e.Command]] = leg.can
        self.turns: Literal["provider", "offhook"] = leg.turns
        self.tools: Tools = leg.tools
        self.says_exactly: bool = leg.says_exactly

    def recall(self, past: Past) -> None:
        """To the leg that goes first."""
        self._leg.take_over(handover_of(past))

    async def run(self, call: AgentSide) -> None:
        """Talks until closed. Raises the last model's LegFailed."""
        place = _Place(call, self._between)
        try:
            while True:
                try:
                    return await self._talk(place)
                except LegFailed as failed:
                    if self._closed or not self._rest:
                        raise
                    self._go_on(failed, place, call.id)
                    place = _Place(call, self._between)
        finally:
            await asyncio.gather(*self._closing, return_exceptions=True)

    async def _talk(self, place: "_Place") -> None:
        try:
            async with asyncio.timeout(PATIENCE_S if self._rest else None) as patience:
                place.joined = lambda: patience.reschedule(None)
                await self._leg.run(place)
        except TimeoutError:
            if not patience.expired():
                raise
            raise LegFailed(f"{self._model} did not answer within {PATIENCE_S:g} s.", retryable=True) from None

    def _go_on(self, failed: LegFailed, place: "_Place", call_id: str) -> None:
        """The next leg takes the place of one that failed."""
        lost, was = self._leg, self._model
        leg, self._model = self._next()
        told = {"call_id": call_id, "backend": self._model}
        log.warning("%s %s goes on in the place of %s.", failed, self._model, was, extra=told)
        past = lost.hand_over()
        past.owed |= place.leave()
        past.unheard = _converted(past.unheard, lost.format, leg.format)
        self._enter(leg)
        leg.take_over(past)
        # Meanwhile the next is at work: the caller waits for it, not for what the other has to give back.
        self._closing.append(asyncio.get_running_loop().create_task(lost.close(), name=f"end of {was}"))

    def send_audio(self, frame: bytes) -> None:
        """The caller's audio. Media plane."""
        self._leg.send_audio(frame if self._between is None else self._between.up(frame))

    def send(self, command: e.Command) -> None:
        """To the leg that talks now."""
        self._leg.send(command)

    async def close(self) -> None:
        """Leaves. Idempotent."""
        self._closed = True
        await self._leg.close()


class _Place:
    """The call as one of the legs sees it. What a leg still says after it was lost is not heard."""

    def __init__(self, call: AgentSide, between: "Between | None") -> None:
        """`between`: the leg speaks another format than the call's."""
        self.id, self.info, self.tape, self.now = call.id, call.info, call.tape, call.now
        self._call, self._between = call, between
        self.joined: Callable[[], None] = lambda: None
        """Called when the leg is ready to talk."""
        self._items: set[str] = set()
        self._left = False

    def agent_audio(self, item: str, audio: bytes) -> None:
        """More audio of an item, in the leg's format. Media plane."""
        if self._left:
            return
        self._items.add(item)
        if self._between is not None and not (audio := self._between.down(item, audio)):
            return
        self._call.agent_audio(item, audio)

    def end_item(self, item: str) -> None:
        """No more audio will come for an item."""
        if self._left:
            return
        self._items.discard(item)
        if self._between is not None and (rest := self._between.end(item)):
            self._call.agent_audio(item, rest)
        self._call.end_item(item)

    def report(self, event: e.Event) -> None:
        """Something happened."""
        if self._left:
            return
        if isinstance(event, e.AgentJoined):
            self.joined()
        self._call.report(event)

    def leave(self) -> bool:
        """The leg is lost: what it was saying ends where it has come to. True if it was saying something."""
        items = list(self._items)
        for item in items:
            self.end_item(item)
        self._left = True
        return bool(items)


def _between(outer: Format, inner: Format) -> "Between":
    from offhook.audio.convert import Between  # which needs numpy; most calls do not

    return Between(outer, inner)


def _converted(frames: list[bytes], source: Format, target: Format) -> list[bytes]:
    if source == target or not frames:
        return frames
    from offhook.audio.convert import Converter

    return [Converter(source, target)(b"".join(frames))]
