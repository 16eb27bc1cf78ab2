"""From words and audio to turns: what was said, and of the agent's words those that were heard.

Pure. An agent's words arrive beside its audio, not in it. Where the words end in the audio is known exactly if the leg
gives word times; otherwise by the pairs (audio received, characters received) at the moments when words came, with
straight lines between them. Words may run ahead of their audio, even all at once: the pairs are stretched so that the
newest word belongs to the newest audio.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from offhook.core.events import TurnKept
from offhook.core.past import Spoken

OPEN_TURNS = 8
"""So many of the newest turns may still be open."""


@dataclass(slots=True)
class Turn:
    """One party's go. Of the agent's, one per item."""

    number: int
    role: Literal["caller", "agent"]
    item: str | None = None
    text: str = ""
    pairs: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])
    """(ms of audio, characters), not decreasing in either."""
    exact: bool = False
    """The pairs are word ends, not moments of arrival."""
    settled: tuple[float, float, bool] | None = None
    """Heard ms, generated ms, whole."""


class Transcript:
    """The turns of one call in the order in which they began."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._before = 0  # turns that somebody else numbered
        self._items: dict[str, Turn] = {}
        self._named: dict[str, Turn] = {}

    def resume(self, turns: Iterable[Spoken]) -> None:
        """Goes on where another process left off: these turns were kept, and do not change any more."""
        for spoken in turns:
            turn = Turn(spoken.number, spoken.role, None, spoken.text, settled=(0.0, 0.0, True))
            self.turns.append(turn)
            self._before = max(self._before, spoken.number - len(self.turns))

    @property
    def _next(self) -> int:
        return self._before + len(self.turns) + 1

    def caller(self, text: str, name: str = "") -> TurnKept | None:
        """The caller said `text`. A turn of a name keeps the place it has when the name is first told, though its words
        come later (None until then) or come again, better."""
        turn = self._named.get(name) if name else None
        if turn is None:
            if not (text or name):
                return None
            turn = Turn(self._next, "caller")
            self.turns.append(turn)
            if name:
                self._named[name] = turn
        turn.text = text or turn.text
        return self._kept(turn) if text else None

    def begin(self, item: str) -> None:
        """The agent begins an item; its place among the turns is here."""
        if item not in self._items:
            self._items[item] = Turn(self._next, "agent", item)
            self.turns.append(self._items[item])

    def words(self, item: str, text: str, words: tuple[tuple[float, int], ...], generated_ms: float) -> TurnKept | None:
        """More words of an item, of which `generated_ms` of audio has come. A turn to keep anew if it was settled before."""
        self.begin(item)
        turn = self._items[item]
        before = len(turn.text)
        turn.text += text
        if words:
            turn.exact = True
            turn.pairs.extend((end_ms, before + end_char) for end_ms, end_char in words)
        elif generated_ms > 0:  # words before any audio belong to what comes: nothing was said by then
            turn.pairs.append((max(generated_ms, turn.pairs[-1][0]), len(turn.text)))
        return self._kept(turn) if turn.settled else None

    def settle(self, item: str, heard_ms: float, generated_ms: float, whole: bool) -> TurnKept:
        """What became of an item."""
        self.begin(item)
        turn = self._items[item]
        turn.settled = (heard_ms, generated_ms, whole)
        return self._kept(turn)

    def boundary(self, item: str, heard_ms: float, generated_ms: float) -> float:
        """The ms of the last word's end before `heard_ms`: where to begin when the rest is said again."""
        turn = self._items.get(item)
        if turn is None:
            return heard_ms
        if turn.exact:
            return max((ms for ms, _ in turn.pairs if ms <= heard_ms), default=0.0)
        end = _heard_chars(turn, heard_ms, generated_ms, False)
        newest = turn.pairs[-1][0]
        stretch = max(1.0, generated_ms / newest) if newest else 1.0
        return min(heard_ms, stretch * _line([(chars, ms) for ms, chars in turn.pairs], end))

    def asking(self, item: str, heard_ms: float, generated_ms: float) -> bool:
        """True if the sentence that is being said at `heard_ms`, or has just been, is a question."""
        turn = self._items.get(item)
        if turn is None:
            return False
        end = _heard_chars(turn, heard_ms, generated_ms, False)
        ends = [at for mark in ".!?" if (at := turn.text.find(mark, max(0, end - 1))) >= 0]
        return bool(ends) and turn.text[min(ends)] == "?"

    @property
    def open(self) -> list[Turn]:
        """The agent's turns that are being said, or will be: what was heard of them is not known yet."""
        newest = self.turns[-OPEN_TURNS:]
        return [turn for turn in newest if turn.role == "agent" and turn.settled is None and turn.text]

    @property
    def asked(self) -> bool:
        """True if the agent's last words are a question."""
        last = next((turn for turn in reversed(self.turns) if turn.role == "agent"), None)
        return last is not None and last.text.rstrip().endswith("?")

    def _kept(self, turn: Turn) -> TurnKept:
        if turn.settled is None:
            return TurnKept(turn.number, turn.role, turn.text, "", turn.item, 0.0, 0.0)
        heard_ms, generated_ms, whole = turn.settled
        end = _heard_chars(turn, heard_ms, generated_ms, whole)
        heard, unheard = turn.text[:end].rstrip(), turn.text[end:].strip()
        return TurnKept(turn.number, turn.role, heard, unheard, turn.item, heard_ms, generated_ms)


def _heard_chars(turn: Turn, heard_ms: float, generated_ms: float, whole: bool) -> int:
    """How many characters had been heard, back to the end of a word."""
    text = turn.text
    if whole:
        return len(text)
    if turn.exact:
        times = [ms for ms, _ in turn.pairs]
        return turn.pairs[max(0, bisect_right(times, heard_ms) - 1)][1]
    newest = turn.pairs[-1][0]
    stretch = newest / generated_ms if 0 < newest < generated_ms else 1.0
    end = int(_line(turn.pairs, heard_ms * stretch)) if newest else int(len(text) * heard_ms / (generated_ms or 1.0))
    if end >= len(text) or not text[end : end + 1].strip():
        return end
    while end > 0 and text[end - 1].strip():
        end -= 1
    return end


def _line(points: list[tuple[float, int]] | list[tuple[int, float]], x: float) -> float:
    """The piecewise straight line through points that do not decrease, at `x`; the last point's value beyond it."""
    x0, y0 = points[0]
    for x1, y1 in points:
        if x < x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        x0, y0 = x1, y1
    return y0
