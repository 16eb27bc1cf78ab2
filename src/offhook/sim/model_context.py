"""What the model sees of its conversation, and what that costs in tokens. Pure."""

import json
import math
from collections.abc import Sequence
from typing import Any

from offhook.sim.model_items import Item
from offhook.sim.model_mind import Situation, name_in
from offhook.sim.model_response import Plan, Response, tokens_of
from offhook.sim.model_transcripts import USER_TOKEN_MS

ASSISTANT_TOKEN_MS = 50
_CACHED_BY = 64
_REQUESTS, _TOKENS, _RESET_S = 1000, 50000, 60.0


def situation(plan: Plan, items: Sequence[Item]) -> Situation:
    """What is to be answered: all since the assistant spoke last."""
    said: str | None = None
    results: list[str] = []
    after_goodbye = idle = False
    for item in reversed(items):
        kind = item.shape["type"]
        if item.is_message("assistant"):
            break
        if kind == "function_call_output" and said is None:
            results.insert(0, item.shape["output"])
            after_goodbye |= _name_of(item.shape["call_id"], items) in ("hang_up", "end_call")
        elif item.is_message("user"):
            idle = item.silent
            said = item.text or "" if said is None else said
            break
    return Situation(
        instructions=plan.instructions,
        override=plan.override,
        said=said,
        results=results,
        tools=plan.tools,
        tool_choice=plan.tool_choice,
        after_goodbye=after_goodbye,
        idle=idle,
        name=name_in(item.text or "" for item in items if item.is_message("user")),
    )


def _name_of(call_id: str, items: Sequence[Item]) -> str:
    return next(
        (str(i.shape["name"]) for i in items if i.shape["type"] == "function_call" and i.shape["call_id"] == call_id),
        "",
    )


class Usage:
    """Counts tokens: each response is billed for all that was said before."""

    def __init__(self) -> None:
        self._seen_text = self._seen_audio = 0
        self._requests = self._spent = 0

    def of(self, response: Response) -> dict[str, Any]:
        """The usage of a response that is over."""
        fixed = response.plan.instructions + (json.dumps(response.plan.tools) if response.plan.tools else "")
        text, audio = tokens_of(fixed), 0
        for item in response.items:
            if item.sound is not None:
                assistant = item.is_message("assistant")
                audio += math.ceil(item.audio_ms / (ASSISTANT_TOKEN_MS if assistant else USER_TOKEN_MS))
            text += tokens_of(_written(item))
        cached_text = min(self._seen_text, text) // _CACHED_BY * _CACHED_BY
        cached_audio = min(self._seen_audio, audio) // _CACHED_BY * _CACHED_BY
        self._seen_text, self._seen_audio = text, audio
        out_text = sum(tokens_of(_written(item)) for item in response.output)
        out_audio = sum(math.ceil(item.audio_ms / ASSISTANT_TOKEN_MS) for item in response.output)
        self._requests += 1
        self._spent += text + audio + out_text + out_audio
        return {
            "total_tokens": text + audio + out_text + out_audio,
            "input_tokens": text + audio,
            "output_tokens": out_text + out_audio,
            "input_token_details": {
                "text_tokens": text,
                "audio_tokens": audio,
                "image_tokens": 0,
                "cached_tokens": cached_text + cached_audio,
                "cached_tokens_details": {"text_tokens": cached_text, "audio_tokens": cached_audio, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": out_text, "audio_tokens": out_audio},
        }

    def limits(self) -> list[dict[str, Any]]:
        """What is left of this minute's allowance; nobody is ever stopped by it."""
        return [
            {
                "name": "requests",
                "limit": _REQUESTS,
                "remaining": max(0, _REQUESTS - self._requests),
                "reset_seconds": _RESET_S,
            },
            {"name": "tokens", "limit": _TOKENS, "remaining": max(0, _TOKENS - self._spent), "reset_seconds": _RESET_S},
        ]


def _written(item: Item) -> str:
    """What of an item counts as text."""
    kind = item.shape["type"]
    if kind == "function_call":
        return str(item.shape["name"]) + str(item.shape["arguments"])
    if kind == "function_call_output":
        return str(item.shape["output"])
    if item.sound is not None and not item.is_message("assistant"):
        return ""  # the words of a caller are audio; their transcription is billed on its own
    return item.text or ""
