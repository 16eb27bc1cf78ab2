"""From the name of a part to the part: "PROVIDER:MODEL", or "PROVIDER" for its usual model.

A provider is whatever has some of four functions: `stt(model, keys)` gives a Recognition, `llm(model, keys)` a LanguageModel
or a Mind, `tts(model, keys)` a Voices, `turn(model, keys)` a TurnModel (speech/base.py); `model` is empty for the usual one. Ours are modules of this room, imported
when they are used; others are found by the entry points `offhook.parts`, whose names are the providers'.
"""

import importlib
from importlib.metadata import entry_points
from typing import Any, Literal

from offhook.errors import ConfigError
from offhook.parts.keys import Keys

GROUP = "offhook.parts"
OURS = (
    "anthropic", "assemblyai", "azure", "deepgram", "elevenlabs", "embedded", "google", "kokoro", "melotts", "openai", "sherpa",
    "smart-turn",
)  # fmt: skip
Kind = Literal["stt", "llm", "tts", "turn"]
DOES = {"stt": "recognise speech", "llm": "answer", "tts": "speak", "turn": "hear the end of a turn"}


def part(kind: Kind, name: str, keys: Keys) -> Any:
    """The part of a name. Raises ConfigError for one that there is none of, or that cannot be reached with these keys."""
    provider, _, model = name.partition(":")
    found = _provider(kind, provider)
    make = getattr(found, kind, None)
    if make is None:
        raise ConfigError(f'"{provider[:40]}" cannot {DOES[kind]}: set {kind} to {_those_that(kind)}.')
    return make(model, keys)


def _provider(kind: Kind, name: str) -> Any:
    if name in OURS:
        return _ours(name)
    for point in entry_points(group=GROUP, name=name):
        return point.load()
    others = [each.name for each in entry_points(group=GROUP)]
    those = ", ".join(sorted({*OURS, *others}))
    raise ConfigError(f'There are no parts of "{name[:40]}", which {kind} is set to: name one of {those}.')


def _ours(name: str) -> Any:
    return importlib.import_module(f"offhook.parts.{name.replace('-', '_')}")


def _those_that(kind: Kind) -> str:
    able = [name for name in OURS if hasattr(_ours(name), kind)]
    return " or ".join(f'"{name}"' for name in able)
