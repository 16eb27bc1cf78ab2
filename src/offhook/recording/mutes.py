"""Stretches of a recording that are silence whatever was said in them. Pure; positions are samples."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Mute:
    begin: int
    end: float  # infinity while it goes on
    left: bool
    right: bool


class Mutes:
    """Those that are still to be written over."""

    def __init__(self, quiet: bytes) -> None:
        """`quiet`: one sample of silence."""
        self._quiet = quiet
        self._mutes: list[_Mute] = []
        self._open: _Mute | None = None

    def add(self, begin: int, end: int, *, left: bool, right: bool) -> None:
        """A stretch of one side or both."""
        self._mutes.append(_Mute(begin, end, left, right))

    def begin(self, at: int) -> None:
        """Both sides are silent from here on."""
        if self._open is None:
            self._open = _Mute(at, float("inf"), True, True)
            self._mutes.append(self._open)

    def end(self, at: int) -> None:
        """Until here."""
        if self._open is not None:
            self._open.end, self._open = at, None

    def over(self, at: int, left: bytes, right: bytes) -> tuple[bytes, bytes]:
        """Both sides from a position on, with what is muted silenced; asked in order, and once for each position."""
        width, size = len(self._quiet), len(left)
        sides = [left, right]
        for mute in self._mutes:
            first, last = max(0, mute.begin - at) * width, int(min(size / width, mute.end - at)) * width
            for side, wanted in enumerate((mute.left, mute.right)):
                if wanted and first < last:
                    sound = sides[side]
                    sides[side] = sound[:first] + self._quiet * ((last - first) // width) + sound[last:]
        self._mutes = [mute for mute in self._mutes if mute.end > at + size // width]
        return sides[0], sides[1]
