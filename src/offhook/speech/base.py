"""The three parts of an agent that we assemble ourselves: what a recogniser, a responder and a synthesizer promise.

None of them knows about turns, calls or carriers. Heavy work runs in worker processes, never on the event loop.
"""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any, Protocol

from offhook.audio.format import Format


@dataclass(slots=True)
class Recognised:
    """What a recogniser made of one stretch of speech."""

    text: str
    """Lower-case words; empty if nothing was understood or the score is below the threshold."""
    score: float | None = None
    """The recogniser's own score, for the log; higher is surer. None if it has none."""


@dataclass(slots=True)
class Word:
    """When `text[:end_char]` of an utterance has been said: after `end_ms` of its audio."""

    end_ms: float
    end_char: int


@dataclass(slots=True)
class Utterance:
    """One piece of synthesized speech: the text, the whole audio in the synthesizer's format, and its word times."""

    text: str
    audio: bytes
    words: tuple[Word, ...]


class Recogniser(Protocol):
    """Speech to text for one caller. Told when speech begins and ends; never decides either."""

    def begin(self) -> None:
        """The caller began to speak. What is fed from now on belongs to one stretch."""

    def feed(self, audio: bytes) -> None:
        """PCM16 8 kHz of the stretch. Media plane: never blocks, never awaits."""

    @property
    def complete(self) -> bool:
        """True if the newest partial result is a whole sentence of what can be said here (allows an early end of turn)."""

    def end(self) -> Awaitable[Recognised]:
        """The stretch is over; a new one may begin before its words are known. Awaiting raises LegFailed if the engine died."""

    def cancel(self) -> None:
        """Forget the stretch."""

    def close(self) -> None:
        """Give back what the recogniser holds. Idempotent."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a caller did in one turn."""

    text: str = ""
    """The words; empty if nothing was understood."""
    keys: str = ""
    """What was entered on the keypad instead, without the closing `#`."""
    going_on: bool = False
    """Nothing was said: the responder was cut off, both are silent, and it should go on."""
    leaving: bool = False
    """Nothing was said: the call ends now, and these are the responder's last words."""
    idle: bool = False
    """Nothing was said for long: the responder should ask whether the caller is still there."""
    back_from: str = ""
    """Nothing was said: the caller was to be put through to somebody of this name, and is back."""
    because: str = ""
    """Why: busy, no-answer, failed or canceled."""


class Use(Protocol):
    """Runs a tool of the agent."""

    async def __call__(self, name: str, **arguments: Any) -> str:
        """What came of it, as text. Raises ToolError with a sentence if nothing did."""


class Responder(Protocol):
    """Decides what to say: one conversation with one caller."""

    def greeting(self) -> str:
        """The first words, or an empty text for none."""

    def respond(self, said: Said, use: Use) -> AsyncIterator[str]:
        """Sentences to say, each spoken as soon as it is given. Tools may be used between them. It is closed early if
        the caller cuts in."""

    def filler(self) -> str:
        """A word or two for a caller who waits longer than usual."""

    def memory(self) -> dict[str, Any]:
        """All that another responder of the kind must know to go on in its place, as JSON."""

    def recall(self, memory: dict[str, Any], *, heard: bool) -> None:
        """Goes on in the place of another; what cannot be read is as if it had never been. Asked to go on, it says its open
        question again, or all of its last answer if that was not `heard`."""

    @property
    def keys_wanted(self) -> int | None:
        """How many keys the words last given asked for; None if any number, ended by `#`, or none."""


class Synthesizer(Protocol):
    """Text to speech."""

    format: Format

    async def speak(self, text: str) -> Utterance:
        """Renders one sentence. Raises LegFailed if the engine died."""
