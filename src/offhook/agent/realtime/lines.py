"""What one leg says from memory, without its model: a greeting that was said before, and its lines. Pure."""

from collections.abc import Hashable

from offhook.agent.greetings import Greetings, Piece, word_times
from offhook.agent.realtime.messages import Shape
from offhook.core.events import ItemText, Line
from offhook.core.leg import AgentSide


def key(model: str, shape: Shape, text: str | None) -> Hashable:
    """What a text in the agent's own voice is kept under."""
    return (model, *shape.sound_of(text))


def spare_key(shape: Shape, text: str) -> Hashable:
    """What it is kept under in the embedded synthesizer's voice."""
    return ("spare", shape.agent.language, shape.agent.realtime.audio, text)


class Lines:
    """Those of one leg."""

    def __init__(self, kept: Greetings, model: str, shape: Shape) -> None:
        """`kept` is shared by all legs of a backend, and filled while calls go on."""
        self._kept, self._model, self._shape = kept, model, shape
        self._texts = shape.agent.phrases.in_language(shape.agent.language)
        self._said = dict.fromkeys(Line, 0)

    def greeting(self) -> tuple[Piece, ...] | None:
        """The agent's greeting, if it has one that was said before."""
        text = self._shape.first_words
        return self._kept.find(key(self._model, self._shape, text)) if text else None

    def keep_greeting(self, text: str, pieces: list[Piece]) -> None:
        """The greeting was said."""
        self._kept.keep(key(self._model, self._shape, text), text, pieces)

    def next(self, line: Line) -> tuple[Piece, ...] | None:
        """Words for a line, others than the last time if there are several; None if there are none, or none that could
        be rendered."""
        texts = self._texts[line]
        if not texts:
            return None
        text = texts[self._said[line] % len(texts)]
        self._said[line] += 1
        own = self._kept.find(key(self._model, self._shape, text))
        return own or self._kept.find(spare_key(self._shape, text))


def recite(call: AgentSide, item: str, pieces: tuple[Piece, ...], bytes_per_ms: int) -> str:
    """Says something from memory, whole; its text."""
    text, words = word_times(pieces, bytes_per_ms)
    for audio, _ in pieces:
        call.agent_audio(item, audio)
    call.report(ItemText(item, text, words))
    call.end_item(item)
    return text
