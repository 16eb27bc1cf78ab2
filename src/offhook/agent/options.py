"""What a user may say about a realtime model (who ends the caller's turns and how, transcription, voice, tokens), and of
which parts a cascade is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from offhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ServerVad:
    """The server ends turns by silence.

    `threshold` 0 to 1; `silence_ms` None: the agent's own `silence_ms`; `speech_ms` is how much speech begins a turn
    (Azure only); `idle_ms` lets the model speak up after so much silence (OpenAI only).
    """

    threshold: float = 0.5
    prefix_ms: int = 300
    silence_ms: int | None = None
    speech_ms: int = 200
    idle_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SemanticVad:
    """OpenAI's model judges from the words whether the caller is done; `eagerness` is how soon it thinks so."""

    eagerness: Literal["low", "medium", "high", "auto"] = "auto"


@dataclass(frozen=True, slots=True)
class AzureSemanticVad:
    """Azure's detector judges from sound and words; `multilingual` for ten languages.

    `end_of_utterance` is what decides that a sentence is over, for text models behind Azure's speech: a mapping such as
    {"model": "semantic_detection_v1", "threshold_level": "default", "timeout_ms": 1000}.
    """

    threshold: float = 0.5
    prefix_ms: int = 300
    speech_ms: int = 80
    silence_ms: int | None = None
    remove_filler_words: bool = False
    languages: Sequence[str] = ()
    multilingual: bool = False
    end_of_utterance: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OwnTurns:
    """offhook ends turns itself, by the silence of the agent's `silence_ms`, and judges interruptions (docs/calls.md)."""


@dataclass(frozen=True, slots=True)
class Transcription:
    """What writes down the caller's words; another model than the one that answers. `model` None: the backend's own."""

    model: str | None = None
    prompt: str | None = None
    phrases: Sequence[str] = ()
    """Words to expect (Azure's speech)."""


@dataclass(frozen=True, slots=True)
class Realtime:
    """Options of realtime models. What is None is not sent: the server's own default holds."""

    turns: ServerVad | SemanticVad | AzureSemanticVad | OwnTurns | None = None
    """None: ServerVad() at OpenAI, AzureSemanticVad() at Azure."""
    transcription: Transcription | None = field(default_factory=Transcription)
    """None: the caller's words are not written down."""
    noise_reduction: Literal["near_field", "far_field", "azure_deep_noise_suppression"] | None = None
    echo_cancellation: bool = False
    """Azure's. Telephone networks cancel echo themselves."""
    audio: Literal["mulaw", "pcm16"] = "mulaw"
    """What is spoken with the server: the telephone's µ-law as it is, or PCM16 at 24 kHz."""
    temperature: float | None = None
    speed: float | None = None
    max_output_tokens: int | None = None
    reasoning_effort: str | None = None
    tool_choice: str | Mapping[str, Any] = "auto"
    parallel_tool_calls: bool | None = None
    word_times: bool | None = None
    """Ask Azure when each word is said, so that what was heard is known to the word. None: with Azure's own voices."""
    interim_response: Mapping[str, Any] | None = None
    """What Azure says while a tool or the model is slow, as its documentation has it: {"type":
    "static_interim_response", "triggers": ["tool"], "texts": ["One moment, please."]}."""
    voice: Mapping[str, Any] | None = None
    """Azure's voice object, where the agent's `voice` is not enough."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """An agent made of parts: what recognises the caller's words, what answers, what speaks.

    A part is a name, "PROVIDER:MODEL" or "PROVIDER" for its usual model: "openai:gpt-4.1-mini", "anthropic",
    "deepgram:nova-3", "embedded" (docs/cascade.md has all); or an object that keeps the protocol of such a part
    (speech/base.py: Recognition, LanguageModel or Mind, Voices).

    `turn`, if given, hears whether the caller's turn is over, which makes the silence that ends it shorter or longer:
    "smart-turn", or an object (TurnModel).

    `temperature` and `most_tokens` are for the language model (None: as the server has it); of a long talk it is told the
    newest `window_tokens` and the rest in short. With `ahead`, an answer is begun while the caller pauses, before the turn
    is certainly over: what is thrown away costs its tokens. `languages` are tags of those that the talk changes to when the
    caller speaks them, beside the agent's own; its stt must be able to tell them apart.
    """

    stt: Any = "openai"
    llm: Any = "openai"
    tts: Any = "openai"
    turn: Any = None
    temperature: float | None = None
    most_tokens: int | None = None
    window_tokens: int = 16_000
    ahead: bool = True
    languages: Sequence[str] = ()
    prices: Mapping[str, Sequence[float]] = field(default_factory=dict, hash=False)
    """Of language models by name, US dollars for a million tokens: (read, written) or (read, from a cache, written). They go
    before the list in the box."""

    def __post_init__(self) -> None:
        """Raises ConfigError for a part that is neither a name nor an object, a window that holds no talk, languages
        that are no tags, and what is no price."""
        for name, usual in (("stt", "openai"), ("llm", "openai"), ("tts", "openai"), ("turn", "smart-turn")):
            part = getattr(self, name)
            if name == "turn" and part is None:
                continue
            if not part or isinstance(part, bytes | int | float):
                raise ConfigError(f'Cascade.{name} must name a part such as "{usual}", not {part!r}.')
        if isinstance(self.languages, str) or not all(isinstance(each, str) and each for each in self.languages):
            raise ConfigError(f"Cascade.languages must be a list of language tags, not {self.languages!r}.")
        object.__setattr__(self, "languages", tuple(self.languages))
        if not isinstance(self.window_tokens, int) or self.window_tokens < 500:
            raise ConfigError(f"Cascade.window_tokens must be at least 500, not {self.window_tokens!r}.")
        for name, prices in self.prices.items():
            if len(prices) not in (2, 3) or not all(
                isinstance(each, int | float) and 0 <= each < 1e6 for each in prices
            ):
                raise ConfigError(f"Cascade.prices of {name} must be (in, out) or (in, cached, out), not {prices!r}.")
