"""The ledger of agent speech: what was generated, what was handed on, what was heard, what is settled.

Pure. Audio is bytes of the phone leg's format; positions are milliseconds of an item. How far the ear got is told by
the ear of the stream (core/ear.py).
"""

from collections import deque
from dataclasses import dataclass, field

from offhook.errors import LocalProtocolError


@dataclass(slots=True)
class Slice:
    """The next audio to hand on."""

    item: str
    offset_ms: float
    """Where the slice begins in the item."""
    audio: bytes
    """Empty if only the end of the item is to be told."""
    last: bool
    """Nothing more will come of this item."""


@dataclass(slots=True)
class Heard:
    """What became of one item."""

    item: str
    heard_ms: float
    generated_ms: float
    whole: bool
    """The item was complete and all of it was heard."""


@dataclass(slots=True)
class _Item:
    id: str
    unsent: deque[bytes] = field(default_factory=deque)
    kept: deque[bytes] = field(default_factory=deque)
    kept_from: int = 0  # bytes of the item before kept[0]
    sent: int = 0
    generated: int = 0
    heard_ms: float = 0.0
    ended: bool = False
    end_told: bool = False


class Ledger:
    """The items of one call, from the first byte generated until they are settled. Belongs to the call, not to a stream.

    An item is *open* until it was heard to its end or cut. `keep` says whether audio that was sent is kept, so that it
    can be said again after a refuted interruption or a lost stream; it may change in between.
    """

    def __init__(self, bytes_per_ms: int, *, keep: bool) -> None:
        self.bytes_per_ms = bytes_per_ms
        self.keep = keep
        self._open: dict[str, _Item] = {}
        self._cut: deque[list[_Item]] = deque()
        self._held: dict[str, _Item] = {}
        self._holding = False
        self._closed: set[str] = set()

    def knows(self, item: str) -> bool:
        """True if audio of the item was accepted before, or it is closed."""
        return item in self._open or item in self._held or item in self._closed

    def is_open(self, item: str) -> bool:
        """True from the first audio of the item until it was heard to its end or cut."""
        return item in self._open

    @property
    def speaking(self) -> bool:
        """True while an item is open: generated or being generated, and not yet heard to its end."""
        return bool(self._open)

    @property
    def generating(self) -> bool:
        """True while more is to come of an open item."""
        return any(not item.ended for item in self._open.values())

    @property
    def unsent_bytes(self) -> int:
        """Bytes that wait to be handed on."""
        return sum(item.generated - item.sent for item in self._open.values())

    def generated_ms(self, item: str) -> float:
        """How much of an open item was generated so far; 0 for one that is closed or unknown."""
        entry = self._open.get(item) or self._held.get(item)
        return entry.generated / self.bytes_per_ms if entry else 0.0

    def accept(self, item: str, audio: bytes) -> bool:
        """Takes audio of an item. False if the item is closed: late audio of something that was cut is dropped."""
        entry = self._open.get(item) or self._held.get(item)
        if entry is None:
            if item in self._closed:
                return False
            # While an interruption is being judged, what the agent says next waits with what it was saying.
            entry = (self._held if self._holding else self._open)[item] = _Item(item)
        elif entry.ended:
            raise LocalProtocolError(f"audio of item {item} after its end")
        entry.unsent.append(audio)
        entry.generated += len(audio)
        return True

    def end(self, item: str) -> None:
        """No more audio will come for the item."""
        entry = self._open.get(item) or self._held.get(item)
        if entry is not None:
            entry.ended = True

    def take(self, most: int) -> Slice | None:
        """The next audio to hand on, at most `most` bytes; None if there is nothing to send now."""
        for entry in self._open.values():
            if entry.unsent:
                audio = entry.unsent.popleft()
                if len(audio) > most:
                    entry.unsent.appendleft(audio[most:])
                    audio = audio[:most]
                offset = entry.sent
                entry.sent += len(audio)
                if self.keep:
                    if not entry.kept:
                        entry.kept_from = offset
                    entry.kept.append(audio)
                entry.end_told = entry.ended and not entry.unsent
                return Slice(entry.id, offset / self.bytes_per_ms, audio, entry.end_told)
            if entry.ended and not entry.end_told:
                entry.end_told = True
                return Slice(entry.id, entry.sent / self.bytes_per_ms, b"", True)
            if not entry.ended:
                return None  # what comes of it goes before what follows it
        return None

    def heard(self, item: str) -> Heard | None:
        """The item was heard to its end: it is closed. None if it was not open."""
        entry = self._open.pop(item, None)
        if entry is None:
            return None
        self._closed.add(item)
        generated_ms = entry.generated / self.bytes_per_ms
        return Heard(item, generated_ms, generated_ms, True)

    def forget_before(self, item: str, ms: float) -> None:
        """Drops kept audio that ends before `ms`: it will not be said again."""
        entry = self._open.get(item)
        while entry and entry.kept and entry.kept_from + len(entry.kept[0]) <= ms * self.bytes_per_ms:
            entry.kept_from += len(entry.kept.popleft())

    def cut(self) -> None:
        """Every open item ends here: what is unsent and what still comes of them is dropped. `settle` tells what was heard."""
        self._cut.append(list(self._open.values()))
        self._closed.update(self._open)
        self._open.clear()

    def hold(self) -> None:
        """As `cut`, but on suspicion: what is unsent and what still comes is kept until `rewind` or `give_up`."""
        self._holding = True
        self._cut.append(list(self._open.values()))
        self._held.update(self._open)
        self._open.clear()

    def settle(self, heard_ms: dict[str, float]) -> list[Heard]:
        """What was heard of the items of the earliest `cut` or `hold` not yet settled, in the order they were said."""
        settled = []
        for entry in self._cut.popleft() if self._cut else ():
            sent_ms = entry.sent / self.bytes_per_ms
            entry.heard_ms = max(entry.heard_ms, min(heard_ms.get(entry.id, 0.0), sent_ms))
            generated_ms = entry.generated / self.bytes_per_ms
            whole = entry.ended and entry.heard_ms > generated_ms - 0.5
            settled.append(Heard(entry.id, entry.heard_ms, generated_ms, whole))
        return settled

    def rewind(self, from_ms: dict[str, float]) -> None:
        """The held items go on: each is said again from `from_ms` (an item not named from what was unsent)."""
        for item, entry in self._held.items():
            if item in from_ms:
                self._unsend(entry, int(from_ms[item]) * self.bytes_per_ms)
        self._open = self._held | self._open
        self._held, self._holding = {}, False

    def _unsend(self, entry: _Item, position: int) -> None:
        position = max(position, entry.kept_from)
        while entry.sent > position and entry.kept:
            audio = entry.kept.pop()
            back = min(len(audio), entry.sent - position)
            if back < len(audio):
                entry.kept.append(audio[:-back])
            entry.unsent.appendleft(audio[-back:])
            entry.sent -= back
        entry.end_told = False

    def give_up(self) -> list[Heard]:
        """What is open or held was cut for good, heard as far as it was settled before."""
        entries = [*self._held.values(), *self._open.values()]
        self._closed.update(self._held, self._open)
        self._held.clear()
        self._open.clear()
        self._holding = False
        return [Heard(entry.id, entry.heard_ms, entry.generated / self.bytes_per_ms, False) for entry in entries]

    @property
    def unsettled(self) -> int:
        """How many times `settle` is still owed."""
        return len(self._cut)
