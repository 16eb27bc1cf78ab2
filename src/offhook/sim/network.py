"""A network between two peers: seeded delay, jitter, stalls and steps, in order, as TCP delivers.

`Link` is the arithmetic of one direction and the log of what it did. `Lane` carries messages over a link on an event loop,
`duplex` makes two ends that talk over two lanes. All times are milliseconds.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar

Shape = Literal["gauss", "exp", "lognorm"]
M = TypeVar("M")

_LOGNORM_SD = 2.1612
"""Standard deviation of exp(N(0, 1)): sqrt((e - 1) * e)."""


class Crossing(NamedTuple):
    """One message on its way."""

    sent_ms: float
    arrived_ms: float
    late_ms: float
    """Against the configured delay; negative if it came early."""


class Link:
    """One direction of a connection.

    `jitter_ms` is the standard deviation of what each message adds of its own: `gauss` around zero, `exp` and `lognorm` only
    late, `lognorm` with rare long outliers. During a stall `(from_ms, to_ms)` nothing arrives; what was due comes at its end.
    From `step = (at_ms, delay_ms)` on, messages take another delay for good. A message never overtakes another.
    """

    def __init__(
        self,
        delay_ms: float = 0.0,
        jitter_ms: float = 0.0,
        shape: Shape = "gauss",
        seed: int = 0,
        stalls: Sequence[tuple[float, float]] = (),
        step: tuple[float, float] | None = None,
    ) -> None:
        self.delay_ms = delay_ms
        self.jitter_ms = jitter_ms
        self.shape = shape
        self.stalls = sorted(stalls)
        self.step = step
        self.log: list[Crossing] = []
        self._random = random.Random(seed)
        self._last_ms = float("-inf")

    def arrival(self, now: float) -> float:
        """When a message sent now arrives. Logs it; call it once per message, in the order of sending."""
        stepped = self.step is not None and now >= self.step[0]
        delay = self.step[1] if self.step is not None and stepped else self.delay_ms
        at = max(now + max(0.0, delay + self._jitter()), self._last_ms)
        for begin, end in self.stalls:
            if begin <= at < end:
                at = end
        self._last_ms = at
        self.log.append(Crossing(now, at, at - now - self.delay_ms))
        return at

    def _jitter(self) -> float:
        if not self.jitter_ms:
            return 0.0
        if self.shape == "gauss":
            return self._random.gauss(0.0, self.jitter_ms)
        if self.shape == "exp":
            return self._random.expovariate(1.0 / self.jitter_ms)
        return self._random.lognormvariate(0.0, 1.0) * self.jitter_ms / _LOGNORM_SD


class Lane(Generic[M]):
    """Carries messages over a link: `deliver` is called by the loop, in order, at each one's arrival."""

    def __init__(self, loop: asyncio.AbstractEventLoop, link: Link, deliver: Callable[[M], None]) -> None:
        self.link = link
        self._loop = loop
        self._deliver = deliver
        self._under_way: deque[tuple[float, M]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, message: M) -> None:
        """Puts a message on its way. What `deliver` sends in turn is served later, never within this call."""
        at = self.link.arrival(self._loop.time() * 1000.0)
        self._under_way.append((at, message))
        if self._timer is None:
            self._arm()

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._under_way)

    def close(self) -> None:
        """Forgets what is under way."""
        self._under_way.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = self._loop.call_at(self._under_way[0][0] / 1000.0, self._arrive)

    def _arrive(self) -> None:
        self._timer = None
        now = self._loop.time() * 1000.0 + 1e-5  # a loop may wake a nanosecond early
        while self._under_way and self._under_way[0][0] <= now:
            self._deliver(self._under_way.popleft()[1])
        if self._under_way and self._timer is None:
            self._arm()


class End(Generic[M]):
    """One end of a duplex. Set `on_message` and `on_close` before the loop runs again."""

    def __init__(self) -> None:
        self.on_message: Callable[[M], None] = lambda message: None
        self.on_close: Callable[[int], None] = lambda code: None
        self.closed = False
        self._out: Lane[tuple[M | None, int]] | None = None

    def send(self, message: M) -> None:
        """Sends a message; one to a closed connection is lost, as with a socket that is just going."""
        if not self.closed and self._out is not None:
            self._out.send((message, 0))

    def close(self, code: int = 1000) -> None:
        """Closes; the other end hears of it after everything sent before. Idempotent."""
        if not self.closed and self._out is not None:
            self._out.send((None, code))
        self.closed = True

    def unsent(self) -> int:
        """Bytes that wait in this end's own buffer: the memory takes everything at once."""
        return 0

    def _arrived(self, item: tuple[M | None, int]) -> None:
        message, code = item
        if self.closed:
            return
        if message is not None:
            self.on_message(message)
            return
        self.closed = True
        self.on_close(code)


def duplex(loop: asyncio.AbstractEventLoop, there: Link, back: Link) -> tuple[End[bytes], End[bytes]]:
    """Two connected ends; what the first sends crosses `there`, what the second sends crosses `back`."""
    first: End[bytes] = End()
    second: End[bytes] = End()
    first._out = Lane(loop, there, second._arrived)
    second._out = Lane(loop, back, first._arrived)
    return first, second
