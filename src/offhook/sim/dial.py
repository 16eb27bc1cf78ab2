"""A running `<Dial>`: one or more numbers are called, the first that answers is joined to the caller. Pure; milliseconds.

Several `<Number>`s ring at once. The caller hears ringing until one answers. Conferences and queues are not simulated: they fail.
"""

from collections.abc import Callable
from dataclasses import dataclass

from offhook.sim.bridge import Bridge
from offhook.sim.dialling import Dialling
from offhook.sim.orders import Callee, HangUp, Party, Press
from offhook.sim.stream import EARLY_MS
from offhook.sim.twiml import Verb

TIMEOUT_S = 30.0
TIME_LIMIT_S = 14_400.0


@dataclass(slots=True)
class Dialled:
    """What became of a `<Dial>`: `DialCallStatus`, `DialCallSid`, and for how long they spoke (None: never)."""

    status: str
    sid: str
    talked_ms: float | None = None


class Dial:
    """From the verb on until `dialled` is known."""

    def __init__(self, verb: Verb, callees: Callable[[str], Callee], caller: Party, sid: str, now: float) -> None:
        self.bridge = Bridge(caller, now)
        self.dialled: Dialled | None = None
        self.acts: list[Press | HangUp] = []
        """What the caller did on the way, for the call to look at."""
        self.verb = verb
        self._sid = sid
        timeout_ms = verb.number("timeout", TIMEOUT_S) * 1000.0
        self._ringing = [Dialling(callees(number), now, timeout_ms) for number in _numbers(verb)]
        self._answered: Dialling | None = None
        self._until_ms: float | None = None
        if not self._ringing:
            self._over("failed", now)

    @property
    def joined(self) -> bool:
        """Whether somebody answered."""
        return self.bridge.joined_ms is not None

    def next_at(self) -> float | None:
        """When `due` wants to be called; None once it is over."""
        if self.dialled is not None:
            return None
        times = [self.bridge.next_frame_ms, self._until_ms, *(each.next_at() for each in self._ringing)]
        return min(at for at in times if at is not None)

    def due(self, now: float) -> bytes | None:
        """Goes on; gives back the caller's frame if one is complete."""
        if self.dialled is not None:
            return None
        for each in self._ringing:
            if "answered" in each.due(now) and self._answered is None:
                self._join(each, now)
        if self._answered is None and all(each.outcome for each in self._ringing):
            self._over(str(self._ringing[-1].outcome), now)
            return None
        frame = None
        if self.bridge.next_frame_ms <= now + EARLY_MS:
            frame = self._frame(now)
        if self._until_ms is not None and self._until_ms <= now + EARLY_MS:
            self._over("completed", now)
        return frame

    def press(self, digit: str, now: float) -> None:
        """The caller presses a key."""
        if digit == "*" and self.verb.attributes.get("hangupOnStar") == "true":
            self.leave(now)

    def leave(self, now: float) -> None:
        """The caller has gone, or wants to go on alone."""
        self._over("completed" if self.joined else "canceled", now)

    def _join(self, answered: Dialling, now: float) -> None:
        self._answered = answered
        self.bridge.join(answered.callee.person(now), now)
        limits = [self.verb.number("timeLimit", TIME_LIMIT_S) * 1000.0, answered.callee.leaves_ms]
        self._until_ms = now + min(each for each in limits if each is not None)
        for each in self._ringing:
            each.give_up()

    def _frame(self, now: float) -> bytes:
        frame = self.bridge.frame(now)
        self.acts += self.bridge.caller_acts()
        if any(isinstance(act, HangUp) for act in self.bridge.callee_acts()):
            self._over("completed", now)
        return frame

    def _over(self, status: str, now: float) -> None:
        if self.dialled is None:
            for each in self._ringing:
                each.give_up()
            self.bridge.end(now)
            since = self.bridge.joined_ms
            self.dialled = Dialled(status, self._sid, None if since is None else now - since)


def _numbers(verb: Verb) -> list[str]:
    """Whom to call; an address of another kind keeps its scheme."""
    if not verb.children:
        return [verb.text] if verb.text else []
    prefixes = {"Number": "", "Sip": "", "Client": "client:"}
    return [prefixes[each.name] + each.text for each in verb.children if each.name in prefixes]
