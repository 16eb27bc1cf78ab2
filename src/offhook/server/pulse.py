"""The pulse of calls: how loud both sides are and what is being said, four times a second, while somebody watches.

Nothing of it is kept. It is sampled off the road: the caller's frames are only laid aside while a viewer is there, and
the agent's side is read off the tape of what is being played.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

import orjson

from offhook.audio.meter import dbfs
from offhook.bus import ALL_PULSES, Bus, Notice
from offhook.call import Call

log = logging.getLogger(__name__)

PERIOD_MS = 250
KEPT_FRAMES = 25  # of the caller; half a second, should the loop be late
AT_A_TIME = 20  # calls looked at before other work gets its turn


class LiveCalls(Protocol):
    """Where the calls are."""

    @property
    def calls(self) -> Iterable[Call]:
        """Those that are on now."""


class Pulse:
    """Of all calls of this process."""

    def __init__(self, bus: Bus, live: LiveCalls) -> None:
        self._bus, self._live = bus, live
        self._heard: dict[str, list[bytes]] = {}
        self._stop: dict[str, Callable[[], None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._bus.somebody()
                await asyncio.sleep(PERIOD_MS / 1000.0)
                await self._beat()
        finally:
            self._forget(set())

    async def _beat(self) -> None:
        every = self._bus.watched(ALL_PULSES)
        watched = {call.id: call for call in list(self._live.calls) if every or self._bus.watched(call.id)}
        self._forget(set(watched))
        for number, call in enumerate(watched.values(), 1):
            try:
                self._tell(call)
            except Exception:
                log.exception("a call has no pulse", extra={"call_id": call.id})
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)

    def _tell(self, call: Call) -> None:
        if call.ended:
            return
        if call.id not in self._heard:
            frames = self._heard[call.id] = []
            self._stop[call.id] = call.overhear(
                lambda frame: frames.append(frame) if len(frames) < KEPT_FRAMES else None
            )
        now, frames = call.now(), self._heard[call.id]
        message = {
            "type": "pulse",
            "call_id": call.id,
            "at_ms": round(now - call.began),
            "caller_db": round(dbfs(b"".join(frames), call.format)),
            "agent_db": round(dbfs(call.tape.between(now - PERIOD_MS, now), call.format)),
            "turn": str(call.control.turn),
            "saying": [
                {"turn": turn.number, "item": turn.item, "text": call.shown(turn.text)}
                for turn in call.control.transcript.open
            ],
        }
        frames.clear()
        notice = [Notice(call.id, orjson.dumps(message).decode(), key="pulse")]
        self._bus.publish(call.id, notice)
        self._bus.publish(ALL_PULSES, notice)

    def _forget(self, watched: set[str]) -> None:
        """Lays nothing aside for calls that nobody watches."""
        for call_id in self._heard.keys() - watched:
            del self._heard[call_id]
            self._stop.pop(call_id)()
