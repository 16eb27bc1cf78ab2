"""What providers charge for what was used of them: prices.json, which says of what day its prices are.

A model that the list does not have costs None: nobody knows, which is not the same as nothing.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from offhook.core.events import Used

_MILLION = 1_000_000


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


def _number(told: dict[str, Any], key: str) -> float:
    value = told.get(key)
    return value if isinstance(value, int | float) and 0 <= value < 1e12 else 0
