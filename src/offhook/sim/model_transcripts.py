"""The transcriptions of what callers said: another model's, so late, in pieces, and at times wrong. Pure."""

import math
from typing import Any

from offhook.sim.model_items import Item
from offhook.sim.model_orders import Faults
from offhook.sim.model_outbox import Outbox
from offhook.sim.model_wire import Dialect

USER_TOKEN_MS = 100
_STEM = "conversation.item.input_audio_transcription."
_DELTA = 12
_BY_TIME = ("whisper-1", "gpt-realtime-whisper", "gpt-live-transcribe")
"""Models that are billed by the second."""


class Transcripts:
    """Tells what was heard, if the session wants to know."""

    def __init__(self, out: Outbox, faults: Faults) -> None:
        self._out, self._faults = out, faults
        self._late: list[tuple[float, Item, str | None]] = []

    def add(self, item: Item, dialect: Dialect, session: dict[str, Any]) -> None:
        """The words of an item are known."""
        if (model := dialect.transcribes(session)) is None:
            return
        usage_of = None if dialect.name == "azure" else model
        if self._faults.transcription_delay_ms:
            self._late.append((self._out.now + self._faults.transcription_delay_ms, item, usage_of))
        else:
            self._tell(item, usage_of)

    def next_at(self) -> float | None:
        """When one that was held back is due."""
        return min((at for at, _, _ in self._late), default=None)

    def due(self, at: float) -> None:
        """Tells what is due."""
        ready = [each for each in self._late if each[0] <= at]
        self._late = [each for each in self._late if each[0] > at]
        for _, item, model in ready:
            self._tell(item, model)

    def _tell(self, item: Item, model: str | None) -> None:
        ids = {"item_id": item.id, "content_index": 0}
        if self._faults.transcription_fails:
            error = {
                "type": "transcription_error", "code": "audio_unintelligible",
                "message": "The audio could not be transcribed.", "param": None,
            }  # fmt: skip
            self._out.emit(_STEM + "failed", **ids, error=error)
            return
        text = item.text or ""
        if text:
            item.shape["content"] = [{**item.shape["content"][0], "transcript": text}]
            for at in range(0, len(text), _DELTA):
                self._out.emit(_STEM + "delta", **ids, delta=text[at : at + _DELTA])
        usage = {} if model is None else {"usage": _usage(model, item.audio_ms, text)}
        for _ in range(2 if self._faults.transcription_twice else 1):
            self._out.emit(_STEM + "completed", **ids, transcript=text, **usage)


def _usage(model: str, audio_ms: int, text: str) -> dict[str, Any]:
    if model in _BY_TIME:
        return {"type": "duration", "seconds": round(audio_ms / 1000.0, 3)}
    audio, written = math.ceil(audio_ms / USER_TOKEN_MS), math.ceil(len(text) / 4)
    return {
        "type": "tokens",
        "total_tokens": audio + written,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": written,
    }
