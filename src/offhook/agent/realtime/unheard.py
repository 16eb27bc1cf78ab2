"""What the caller said last, as long as it is not sure that the server took it: said again to another session. Pure.

A connection that has died takes what is sent for some seconds before that is known, and words that a server has heard are
gone with it until they are written down or answered. Positions are bytes of the caller's audio since the call began.
"""

from collections import deque
from collections.abc import Callable


class Unheard:
    """The last `recent` bytes, and more (`most` at most) of a turn that is under way or that nothing has come of yet."""

    def __init__(self, recent: int, before: int, most: int) -> None:
        """`before`: what a turn has of the time before the server told that it began."""
        self._recent, self._before, self._most = recent, before, most
        self._frames: deque[bytes] = deque()
        self._begin = self._end = 0  # of what is kept
        self._settled = 0  # what was said before this was heard, whatever came of it
        self._turn: int | None = None  # where the turn that is under way began
        self._waiting: dict[str, int] = {}  # where turns began that are over and of which nothing has come yet

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._end - self._begin

    def keep(self, frame: bytes) -> None:
        """One more frame, on its way to the server. Media plane."""
        self._frames.append(frame)
        self._end += len(frame)
        needed = max(self._end - self._most, min(self._from(), self._end - self._recent))
        while self._begin + len(self._frames[0]) <= needed:
            self._begin += len(self._frames.popleft())

    def through(self, send: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """What takes frames that are to be sent, and keeps them."""
        keep = self.keep

        def take(frame: bytes) -> None:
            keep(frame)
            send(frame)

        return take

    def _from(self) -> int:
        """Where that begins which may be lost."""
        open_at = self._turn if self._turn is not None else self._end
        return min(open_at, *self._waiting.values(), max(self._settled, self._end - self._recent))

    def turn_began(self) -> None:
        """The server hears the caller."""
        if self._turn is None:
            self._turn = max(self._settled, self._end - self._before)

    def turn_ended(self, name: str) -> None:
        """The server has a turn of this name, whole."""
        self.turn_began()
        assert self._turn is not None
        self._waiting[name], self._turn, self._settled = self._turn, None, self._end

    def written(self, name: str) -> None:
        """The words of a turn are known: another session is told them."""
        self._waiting.pop(name, None)

    def answered(self) -> None:
        """The server does something about all that it was told."""
        self._waiting.clear()

    def say_again(self, take: Callable[[bytes], None]) -> bool:
        """What may have been lost, for another session, from the first word of it that is kept; it stays, should that one
        be lost too. True if a turn was among it that had ended."""
        begin, ended = self._from(), bool(self._waiting)
        at = self._begin
        ended = ended and begin < self._end
        for frame in self._frames:
            if at >= begin:
                take(frame)
            at += len(frame)
        self._turn = begin if ended or self._turn is not None else None
        self._waiting.clear()
        self._settled = min(self._settled, begin)
        return ended
