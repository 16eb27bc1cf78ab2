"""What was heard of items that were cut: into the transcript, and to the agent. Pure."""

from collections.abc import Callable

from offhook.core import events as e
from offhook.core.playout import Heard, Ledger
from offhook.core.transcript import Transcript


class Suspicion:
    """An interruption that may turn out to be none; both halves of the verdict may come first."""

    def __init__(self) -> None:
        self.confirmed: bool | None = None
        self.cut: list[Heard] | None = None
        self.answered = False
        """The agent has begun an answer since: it is held with the rest."""


class Settling:
    """Works on the ledger and the transcript of one call; `do` takes commands."""

    def __init__(self, ledger: Ledger, transcript: Transcript, do: Callable[..., None]) -> None:
        self._ledger, self._transcript, self._do = ledger, transcript, do

    def keep(self, cut: list[Heard]) -> dict[str, str]:
        """Publishes a turn for each item; the words that were heard of it."""
        texts = {}
        for heard in cut:
            kept = self._transcript.settle(heard.item, heard.heard_ms, heard.generated_ms, heard.whole)
            texts[heard.item] = kept.text
            self._do(e.Publish(kept))
        return texts

    def conclude(self, cut: list[Heard]) -> list[Heard]:
        """Items were cut for good: the agent is told of each that was not heard to its end, in their order, which are
        given back."""
        texts = self.keep(cut)
        partly = [heard for heard in cut if not heard.whole]
        for heard in partly:
            # Rounded to the millisecond, but never beyond what there is.
            whole_ms = min(round(heard.heard_ms), int(heard.generated_ms))
            self._do(e.Truncate(heard.item, whole_ms, texts[heard.item]) if whole_ms > 0 else e.Discard(heard.item))
        return partly

    def give_up(self, cut: list[Heard]) -> list[Heard]:
        """As `conclude`, for items that were held: what came of them since is cut too."""
        whole = [heard for heard in cut if heard.whole]
        names = {heard.item for heard in whole}
        return self.conclude(whole + [heard for heard in self._ledger.give_up() if heard.item not in names])

    def resume(self, cut: list[Heard]) -> None:
        """Items that were held go on, each from the last word that was heard."""
        boundary = self._transcript.boundary
        self._ledger.rewind({h.item: boundary(h.item, h.heard_ms, h.generated_ms) for h in cut})
        for heard in cut:
            if heard.whole and self._ledger.heard(heard.item):
                self.keep([heard])

    def lost(self, heard_ms: dict[str, float]) -> None:
        """The stream is gone for good: what was heard of everything is known now."""
        self._ledger.cut()
        self.keep(self._ledger.settle(heard_ms))

    def finish(self) -> None:
        """The call is over: every item is settled, as far as anybody knows."""
        for _ in range(self._ledger.unsettled):
            self.keep(self._ledger.settle({}))
        self.keep(self._ledger.give_up())
