"""What a user declares: an agent."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self, cast, get_args

from offhook.agent.backends import CASCADE, models_in, provider_of
from offhook.agent.options import Cascade, Realtime
from offhook.agent.phrases import Phrases
from offhook.agent.tools import FunctionTool, Tool, Toolbox, ToolSource, hang_up, transfer_to
from offhook.core.keeping import Keeping
from offhook.core.opening import Detection
from offhook.core.redact import KINDS
from offhook.errors import ConfigError

CONSENT = "This call is recorded."
LONGEST_IDLE_S = 3600


@dataclass(frozen=True, slots=True)
class Agent:
    """Who answers the telephone.

    `instructions` say who the agent is and what it does (the embedded engine has a part of its own and needs none);
    `model` is the backend: "openai:NAME" or "azure:NAME" for a realtime model, "gpt-realtime" or "voice-live" for the
    usual one of each, `Cascade(…)` for an agent made of parts ("cascade" for the usual ones), "local" for the embedded
    engine, "echo" for a leg that says back what it hears, or a list of these in order of preference (a text with commas
    between them is one too);
    `greeting` its first words (None: the backend's own, "": it waits for the caller); `voice` a voice of the backend; of
    several backends the first one's, or a mapping such as {"openai": "marin", "local": "en-us+f3"};
    `language` a language tag; `tools` functions it may ask for (agent/tools.py), webhooks and MCP servers; `can_hang_up`
    gives it the tool that ends the call after its goodbye; `transfers` are the numbers that callers may be put through to,
    by name ({"kitchen": "+12025550101"}), for which it gets a tool; `idle_seconds` is how long a caller may say nothing
    before they are asked whether they are still there (twice, then it says goodbye; 0: never); `silence_ms` is the silence
    that ends a caller's turn (a whole sentence ends it sooner); `realtime` has the options of realtime models,
    `cascade` the parts of "cascade"; `phrases` are what it says while its model cannot;
    `name` is what a call may ask for it by (agent/roster.py says what it is called without one).
    `record` has every call recorded, and then `consent` is said at the end of the greeting (or as its only words), in the
    language of the call; `redact` names what is kept nowhere: "cards", "phones", "keys" (docs/recordings.md).

    For calls that it makes: `disclosure` is said behind the first sentence of the greeting (None: that it is an AI assistant,
    in its language; "": nothing); `amd` has the carrier find out whether a machine answers ("sync": before the agent is put
    through, "async": meanwhile); `voicemail` is what a machine is told ("": it is hung up on). In all of these, in the
    greeting and in the instructions, `{name}` stands for a variable of the call.
    """

    instructions: str = ""
    model: "str | Cascade | Sequence[str | Cascade]" = "local"
    greeting: str | None = None
    voice: str | Mapping[str, str] | None = None
    language: str = "en-US"
    tools: Sequence[Tool | ToolSource | Callable[..., Any]] = ()
    can_hang_up: bool = True
    transfers: Mapping[str, str] = field(default_factory=dict)
    idle_seconds: float = 20.0
    silence_ms: int = 700
    realtime: Realtime = field(default_factory=Realtime)
    cascade: Cascade = field(default_factory=Cascade)
    record: bool = False
    consent: str = CONSENT
    redact: Collection[str] = ()
    phrases: Phrases = field(default_factory=Phrases)
    name: str = ""
    disclosure: str | None = None
    voicemail: str = ""
    amd: Detection = "off"

    def __post_init__(self) -> None:
        """Raises ConfigError for a field of another kind, and for functions that can be no tools."""
        for name in ("instructions", "greeting", "language", "consent", "name", "disclosure", "voicemail"):
            value = getattr(self, name)
            if value is not None or name not in ("greeting", "disclosure"):
                _text(name, value)
        if self.amd not in get_args(Detection):
            raise ConfigError(f'An agent\'s amd must be "off", "sync" or "async", not {self.amd!r}.')
        model, cascade = _without_parts(self.model, self.cascade)
        object.__setattr__(self, "cascade", cascade)
        object.__setattr__(self, "model", _one_or_several(model))
        if isinstance(self.voice, Mapping):
            for provider, voice in self.voice.items():
                _text("voice", provider)
                _text("voice", voice)
        elif self.voice is not None:
            _text("voice", self.voice)
        if not isinstance(self.phrases, Phrases):
            raise ConfigError(f"An agent's phrases must be Phrases(…), not {self.phrases!r}.")
        if not isinstance(self.silence_ms, int | float):
            raise ConfigError(f"An agent's silence_ms must be milliseconds, not {self.silence_ms!r}.")
        if not isinstance(self.idle_seconds, int | float) or not 0 <= self.idle_seconds <= LONGEST_IDLE_S:
            raise ConfigError(
                f"An agent's idle_seconds must be seconds, 0 to {LONGEST_IDLE_S}, not {self.idle_seconds!r}."
            )
        object.__setattr__(self, "transfers", _destinations(self.transfers))
        if isinstance(self.tools, str) or not isinstance(self.tools, Iterable):
            raise ConfigError(f"An agent's tools must be a list of functions, not {self.tools!r}.")
        if isinstance(self.redact, str) or not set(self.redact) <= set(KINDS):
            raise ConfigError(f"An agent's redact must be a list of {', '.join(KINDS)}, not {self.redact!r}.")
        # Made tools once, not again for each call.
        object.__setattr__(self, "tools", tuple(map(_tool, self.tools)))

    @property
    def models(self) -> tuple[str, ...]:
        """The models that may answer, in order of preference; at least one."""
        return models_in(cast("str | Sequence[str]", self.model))  # a Cascade is its name by now

    def on(self, model: str) -> Self:
        """The same agent on one model alone, with the voice it has there."""
        provider = provider_of(model)
        if isinstance(self.voice, Mapping):
            voice = self.voice.get(model, self.voice.get(provider))
        else:
            voice = self.voice if provider == provider_of(self.models[0]) else None
        return replace(self, model=model, voice=voice)

    @property
    def first_words(self) -> str | None:
        """The greeting, with the consent line if calls are recorded; None if the backend greets as it likes."""
        if self.greeting is None or not self.record:
            return self.greeting
        return f"{self.greeting} {self.consent}".strip()

    @property
    def must_say(self) -> str:
        """What the caller is to be told in a greeting that the backend makes itself; nothing as a rule."""
        if self.greeting is not None:
            return ""
        return " ".join(text for text in (self.disclosure, self.consent if self.record else "") if text)

    @property
    def keeping(self) -> Keeping:
        """What is kept of its calls."""
        return Keeping(self.record, frozenset(self.redact), self.language)

    @property
    def toolbox(self) -> Toolbox:
        """All tools of the agent. Raises ConfigError for two of one name."""
        own = [each for each in self.tools if not isinstance(each, ToolSource)]
        sources = [each for each in self.tools if isinstance(each, ToolSource)]
        own += [hang_up] if self.can_hang_up else []
        own += [transfer_to(self.transfers)] if self.transfers else []
        return Toolbox(own, sources, self.transfers)


def _tool(each: Tool | ToolSource | Callable[..., Any]) -> Tool | ToolSource:
    return each if isinstance(each, Tool | ToolSource) else FunctionTool(each)


def _destinations(transfers: object) -> Mapping[str, str]:
    if not isinstance(transfers, Mapping):
        raise ConfigError(f'An agent\'s transfers must be numbers by name, as {{"kitchen": "+1…"}}, not {transfers!r}.')
    found: dict[str, str] = {}
    for name, number in transfers.items():
        _text("transfers", name)
        _text("transfers", number)
        if not name.strip() or not number.strip():
            raise ConfigError("A destination of an agent's transfers has no name or no number: give it both.")
        if name.strip().casefold() in (each.casefold() for each in found):
            raise ConfigError(f'Two destinations of an agent\'s transfers are called "{name.strip()}".')
        found[name.strip()] = number.strip()
    return MappingProxyType(found)


def _text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ConfigError(f"An agent's {name} must be a text, not {value!r}.")
    if value.encode("utf-8", "replace").decode() != value:
        raise ConfigError(f"An agent's {name} holds half a character: write it in whole ones.")


def _without_parts(model: object, cascade: object) -> tuple[object, Cascade]:
    """A model with its Cascade by name, and the Cascade."""
    if not isinstance(cascade, Cascade):
        raise ConfigError(f"An agent's cascade must be Cascade(…), not {cascade!r}.")
    if isinstance(model, Cascade):
        return CASCADE, model
    if isinstance(model, str | bytes) or not isinstance(model, Sequence):
        return model, cascade
    found = [each for each in model if isinstance(each, Cascade)]
    if len(found) > 1:
        raise ConfigError("An agent's model names two cascades: one is enough for the list.")
    return [CASCADE if isinstance(each, Cascade) else each for each in model], (found or [cascade])[0]


def _one_or_several(model: object) -> str | tuple[str, ...]:
    if not isinstance(model, str | Sequence) or isinstance(model, bytes):
        raise ConfigError(f"An agent's model must be a text or a list of them, not {model!r}.")
    for each in [model] if isinstance(model, str) else model:
        _text("model", each)
    models = models_in(model)
    if not models:
        raise ConfigError('An agent\'s model is an empty list: name one, such as "local".')
    for each in models:
        if models.count(each) > 1:
            raise ConfigError(f'An agent\'s model names "{each}" twice: each is tried once.')
    return models[0] if len(models) == 1 else models
