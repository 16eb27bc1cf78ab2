"""The parts of an agent that we assemble ourselves: what a recogniser, a language model or a responder, and a synthesizer
promise.

None of them knows about turns, calls or carriers. Heavy work runs in worker processes or at servers, never on the event
loop. What a part cannot do is a flag of it, never its name.
"""

from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from offhook.audio.format import Format


@dataclass(slots=True)
class Recognised:
    """What a recogniser made of one stretch of speech."""

    text: str
    """Empty if nothing was understood, or nothing that the recogniser is sure enough of."""
    score: float | None = None
    """The recogniser's own score, for the log; higher is surer. None if it has none."""
    language: str = ""
    """The tag of the language that was spoken, if the recogniser tells."""


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


@dataclass(slots=True)
class Sound:
    """A stretch of the audio of a text, in the synthesizer's format."""

    audio: bytes
    words: tuple[Word, ...] = ()
    """Words that end in it, if the synthesizer knows: in ms from the beginning of the text's audio."""


class Recogniser(Protocol):
    """Speech to text for one caller. Told when speech begins and ends; never decides either."""

    def begin(self) -> None:
        """The caller began to speak. What is fed from now on belongs to one stretch."""

    def feed(self, audio: bytes) -> None:
        """PCM16 8 kHz of the stretch. Media plane: never blocks, never awaits."""

    @property
    def complete(self) -> bool:
        """True if the newest partial result is a whole sentence of what can be said here (allows an early end of turn)."""

    def pause(self) -> Awaitable[Recognised] | None:
        """The caller paused, and may go on: the words of the stretch so far, if they can be had before its end. Awaiting
        raises LegFailed if they cannot; it is cancelled if nobody wants them any more."""

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
    opening: bool = False
    """Nothing was said: the call has just begun, and these are the responder's first words."""


class Use(Protocol):
    """Runs a tool of the agent."""

    async def __call__(self, name: str, /, **arguments: Any) -> str:
        """What came of it, as text. Raises ToolError with a sentence if nothing did."""


class Responder(Protocol):
    """Decides what to say: one conversation with one caller."""

    knows_past: bool
    """It has read what was said in the call before it, and keeps nothing but that: it can go on with another's call, and
    an answer that nobody wanted after all changes nothing."""

    def greeting(self) -> str | None:
        """The first words, or an empty text for none. None: they are its answer to `Said(opening=True)`."""

    def respond(self, said: Said, use: Use) -> AsyncGenerator[str, None]:
        """Sentences to say, or the parts of them, each spoken as soon as it is given. Tools may be used between them. What
        was said before is taken in at this call. It is closed early if the caller cuts in."""

    def filler(self) -> str:
        """A word or two for a caller who waits longer than usual."""

    def memory(self) -> dict[str, Any]:
        """All that another responder of the kind must know to go on in its place, as JSON."""

    def recall(self, memory: dict[str, Any], *, heard: bool) -> None:
        """Goes on in the place of another; what cannot be read is as if it had never been. Asked to go on, it says its open
        question again, or all of its last answer if that was not `heard`."""

    def speak(self, language: str) -> None:
        """The talk goes on in the language of a tag, as far as the responder can."""

    def close(self) -> None:
        """The call is over, or another goes on with it."""

    @property
    def keys_wanted(self) -> int | None:
        """How many keys the words last given asked for; None if any number, ended by `#`, or none."""


class Synthesizer(Protocol):
    """Text to speech: one voice. It is brought to telephone level, unless it has a flag `levelled` that is true."""

    format: Format
    pause_ms: int
    """The silence that is wanted between two sentences, for a voice that leaves none itself."""
    word_times: bool
    """It tells when each word ends, so that nobody need guess while its audio comes."""

    def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """Renders one piece of text, a sentence or less. Raises LegFailed if the engine died; closed early if nobody wants
        the rest."""


class TurnModel(Protocol):
    """Tells by the sound of a turn, words or none, whether a caller who paused has said what they wanted to say. Shared by all
    calls."""

    async def start(self) -> None:
        """Makes it ready. Raises ConfigError if something is missing."""

    def over(self, audio: bytes) -> Awaitable[float]:
        """How likely the turn is over, 0 to 1: PCM16 8 kHz of the turn, its newest HEARD_MS at most, up to some 200 ms of the
        pause. Awaiting raises LegFailed if that cannot be told; it is cancelled if the caller goes on."""

    async def close(self) -> None:
        """Gives everything back. Idempotent."""


HEARD_MS = 8_000
"""So much of a turn a TurnModel hears."""


# ---------------------------------------------------------------- language models


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a language model is told of it."""

    name: str
    description: str
    schema: dict[str, Any]
    """The JSON schema of its arguments, an object."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A model wants a tool run."""

    id: str
    name: str
    arguments: str
    """A JSON object, as the model wrote it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of what a model is told."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    uses: tuple[ToolUse, ...] = ()
    """Of the assistant's."""
    use: str = ""
    """Of a tool's result: the id of the use."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an answer took."""

    model: str
    text_in: int = 0
    """Read anew; those of `cached_in` are not among them."""
    cached_in: int = 0
    text_out: int = 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """How an answer is to be. None: as the server has it."""

    temperature: float | None = None
    most_tokens: int | None = None


class LanguageModel(Protocol):
    """Text to text, as it is written. Shared by all calls: whatever it is to know is told each time."""

    tools: bool
    """It can be told of tools."""
    price_list: str
    """Whose list prices what it takes, as agent/prices.json calls it; empty if nobody's."""

    def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = (), wishes: Wishes = Wishes()
    ) -> AsyncGenerator[str | ToolUse | Tokens, None]:
        """More of the text each time, then the tools that are wanted, and what it took. Raises LegFailed; closed early if
        nobody wants the rest."""


# ---------------------------------------------------------------- what the calls of a process share


class Recognition(Protocol):
    """What opens recognisers for callers. With a flag `tells_language` that is true, `recogniser` takes the languages that
    a caller may change to as well (`also`), and its words come with theirs."""

    async def start(self) -> None:
        """Makes it ready. Raises ConfigError if something is missing."""

    def recogniser(self, language: str) -> Recogniser:
        """One for a new caller, who speaks the language of a tag such as "en-US". Raises ConfigError for one it cannot."""

    async def close(self) -> None:
        """Gives everything back. Idempotent."""


class Mind(Protocol):
    """What opens responders, for an agent that is not led by a language model."""

    async def start(self) -> None: ...

    def responder(self, person: str) -> Responder:
        """One for a new caller; `person`: the destination of those who want to talk to one, empty for none."""

    async def close(self) -> None: ...


class Voices(Protocol):
    """What opens synthesizers. With a flag `polyglot` that is true, each of them speaks all languages."""

    async def start(self) -> None: ...

    def voice(self, name: str | None, language: str) -> Synthesizer:
        """A voice by its name; None: the usual one of the language. Raises ConfigError for one there is none of."""

    async def close(self) -> None: ...
