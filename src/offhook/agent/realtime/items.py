"""The items of a realtime session's answers: how much came of each, and what the server is told of what was heard. Pure.

Server items are cut by milliseconds of audio. Items that we wrote (a kept greeting, the conversation of a session before
this one) have no audio there: they are written anew, as far as they were heard.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from offhook.agent.conversation import Conversation
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.answers import Answers
from offhook.agent.realtime.wire import Dialect
from offhook.agent.realtime.word_times import Timed, WordTimes


@dataclass(slots=True)
class Item:
    """One item of an answer."""

    response: str
    received: int = 0
    """Bytes of audio, heard or not: a cut beyond them is an error at the server."""
    begun: bool = False
    """Some of it went on to the call."""
    ended: bool = False
    discarded: bool = False
    words: WordTimes = field(default_factory=WordTimes)


class Items:
    """Those of one session. `send` takes messages to the server."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        answers: Answers,
        conversation: Conversation,
        dialect: Dialect,
        bytes_per_ms: int,
    ) -> None:
        self._send, self._answers, self._conversation = send, answers, conversation
        self._dialect, self._bytes_per_ms = dialect, bytes_per_ms
        self._items: dict[str, Item] = {}

    def of(self, response: str, name: str) -> Item:
        """The item of this name, which is new if it was not there."""
        if (item := self._items.get(name)) is None:
            item = self._items[name] = Item(response)
        return item

    def find(self, name: str) -> Item | None:
        """The item of this name."""
        return self._items.get(name)

    def open(self, response: str | None = None) -> list[str]:
        """Those that have not ended, of one answer or of all."""
        return [
            name for name, item in self._items.items() if not item.ended and response in (None, item.response)
        ]  # fmt: skip

    def in_the_middle(self, response: str) -> bool:
        """True if more is to come of an item of an answer that the caller has begun to hear."""
        return any(item.begun and not item.ended for item in self._items.values() if item.response == response)

    def rest_of_words(self, name: str) -> list[Timed]:
        """Words of an item that no time came for, if times were to come."""
        item = self._items.get(name)
        return item.words.rest() if item is not None else []

    def first_of(self, response: str) -> str | None:
        """An answer's first item, if it had any."""
        return next((name for name, item in self._items.items() if item.response == response), None)

    def end(self, name: str) -> bool:
        """No more comes of an item. False if it has ended before, or is none of an answer's."""
        item = self._items.get(name)
        if item is None or item.ended:
            return False
        item.ended = True
        if item.discarded:
            self._send(say.delete(name))
        return True

    def counts(self, name: str) -> bool:
        """The call knows of an item, or might have: all but those of an answer that was cut before they began."""
        item = self._items[name]
        return item.begun or not self._answers.is_dead(item.response)

    def truncate(self, name: str, heard_ms: int, text: str) -> None:
        """The caller heard only so much of an item, which is `text`."""
        if (said := self._conversation.agent(name)) is not None:
            said.text = text
        item = self._items.get(name)
        if item is not None:
            self._stop(item)
            self._send(say.truncate(name, min(heard_ms, item.received // self._bytes_per_ms)))
        elif said is not None and said.id:
            self._send(say.delete(said.id))
            if text.strip():
                self._send(self._conversation.write(self._dialect, said))

    def discard(self, name: str) -> None:
        """The caller heard nothing of an item. One that is not complete is deleted once it is."""
        said, item = self._conversation.agent(name), self._items.get(name)
        if item is not None:
            self._stop(item)
            item.discarded = True
            if item.ended:
                self._send(say.delete(name))
        elif said is not None and said.id:
            self._send(say.delete(said.id))
        if said is not None:
            self._conversation.forget(said)

    def _stop(self, item: Item) -> None:
        """Nobody hears the rest of the answer that this item is of."""
        if item.response == self._answers.active and not self._answers.is_dead(item.response):
            self._answers.cancel()
