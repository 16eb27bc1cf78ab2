"""What providers charge for what was used of them: prices.json, which says of what days its prices are, or what the user says.

A model that neither has costs None: nobody knows, which is not the same as nothing.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from offhook.core.events import Used
from offhook.speech.base import Tokens

_MILLION = 1_000_000
_DATED = re.compile(r"-(\d{4}-\d\d-\d\d|\d{8})$")

Own = Mapping[str, Sequence[float]]
"""A user's own prices of models, US dollars for a million tokens: read and written, or read, read from a cache and written."""


@lru_cache(maxsize=1)
def _list() -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(files("offhook.agent").joinpath("prices.json").read_bytes())
    return read


def prices_of(model: str, provider: str) -> dict[str, float] | None:
    """US dollars for a million tokens of each kind, or for a minute. None if they are not known."""
    found: dict[str, float] | None = _list()["models"].get(provider, {}).get(model)
    return found


def used(model: str, provider: str, usage: dict[str, Any]) -> Used | None:
    """A server's `usage` of an answer or a transcription, with its price; None if it says nothing."""
    prices = prices_of(model, provider)
    if usage.get("type") == "duration":
        seconds = _number(usage, "seconds")
        minute = (prices or {}).get("minute")
        return Used(model, None if minute is None else seconds / 60.0 * minute, seconds=seconds)
    read = usage.get("input_token_details") or usage.get("input_tokens_details") or {}
    wrote = usage.get("output_token_details") or usage.get("output_tokens_details") or {}
    cached = read.get("cached_tokens_details") or {}
    # Cached tokens are counted among those of text and audio.
    text_cached, audio_cached = _number(cached, "text_tokens"), _number(cached, "audio_tokens")
    text_in = max(0, _number(read, "text_tokens") - text_cached)
    audio_in = max(0, _number(read, "audio_tokens") - audio_cached)
    text_out, audio_out = _number(wrote, "text_tokens"), _number(wrote, "audio_tokens")
    cached_in = text_cached + audio_cached
    if not (text_in or audio_in or cached_in or text_out or audio_out):
        return None
    usd = None
    if prices is not None and "text_in" in prices:
        usd = (
            text_in * prices["text_in"] + audio_in * prices["audio_in"]
            + text_cached * prices["text_cached"] + audio_cached * prices["audio_cached"]
            + text_out * prices["text_out"] + audio_out * prices["audio_out"]
        ) / _MILLION  # fmt: skip
    return Used(
        model, usd, text_in=int(text_in), audio_in=int(audio_in), cached_in=int(cached_in), text_out=int(text_out),
        audio_out=int(audio_out),
    )  # fmt: skip


def written(tokens: Tokens, provider: str, own: Own) -> Used:
    """What an answer of a language model took, with its price. `provider`: whose list holds, if not `own`."""
    model = tokens.model
    prices = own.get(model)
    listed = prices_of(model, provider) or prices_of(_DATED.sub("", model), provider) or {}
    if prices is None and "text_in" in listed:
        prices = [listed[kind] for kind in ("text_in", "text_cached", "text_out")]
    usd = None
    if prices is not None:
        read, cached, wrote = prices[0], prices[-2], prices[-1]
        usd = (tokens.text_in * read + tokens.cached_in * cached + tokens.text_out * wrote) / _MILLION
    return Used(model, usd, text_in=tokens.text_in, cached_in=tokens.cached_in, text_out=tokens.text_out)


def own_prices(text: str) -> dict[str, tuple[float, ...]]:
    """Those of a setting, "MODEL=IN/OUT, MODEL=IN/CACHED/OUT"."""
    named = (each.rpartition("=") for each in text.split(",") if each.strip())
    return {name.strip(): tuple(map(float, prices.split("/"))) for name, _, prices in named}


def _number(told: dict[str, Any], key: str) -> float:
    value = told.get(key)
    return value if isinstance(value, int | float) and 0 <= value < 1e12 else 0
