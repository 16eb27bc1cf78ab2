"""One response of the model while it is made: what it says and calls, as events in their order and at their pace. Pure."""

import base64
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from offhook.sim.model_audio import to_wire
from offhook.sim.model_items import Item
from offhook.sim.model_orders import Answer, Close, Order, Setup, Speak, ToolUse
from offhook.sim.model_wire import Sound
from offhook.speech.base import Utterance

TEXT_WORD_MS = 20.0
"""Between two words of a written answer."""
_OVERSIZE = 2 * 1024 * 1024 + 1


@dataclass(slots=True)
class Plan:
    """How a response is to be given: the session's word on it, and what `response.create` changed."""

    instructions: str
    tools: list[dict[str, Any]]
    tool_choice: Any
    spoken: bool
    sound: Sound
    format: Any
    """The format as the dialect writes it."""
    voice: Any
    speed: float
    most_tokens: int | str
    modalities: list[str]
    temperature: float | None = None
    metadata: dict[str, str] | None = None
    override: str = ""
    """Instructions of this response alone."""
    exact: str | None = None
    """Words that are spoken without a model."""
    word_times: bool = False
    in_conversation: bool = True


@dataclass(slots=True)
class _Piece:
    """One audio event and what is written of it, or one written word."""

    text: str
    audio: bytes = b""
    ms: float = 0.0
    words: list[tuple[str, float, float]] = field(default_factory=list)
    """Text, offset in the piece, duration."""


class Response:
    """In progress until `status` says otherwise. `emit` takes an event's type and fields."""

    def __init__(
        self,
        response_id: str,
        plan: Plan,
        setup: Setup,
        now: float,
        emit: Callable[..., None],
        order: Callable[[Order], None],
        add: Callable[[Item], str | None],
        new_id: Callable[[str], str],
    ) -> None:
        self.id, self.plan = response_id, plan
        self.status = "in_progress"
        self.status_details: dict[str, Any] | None = None
        self.output: list[Item] = []
        self.items: list[Item] = []
        """What the model looks at."""
        self.awaits: set[str] = set()
        """Items that must be heard before there is an answer."""
        self.answer: Answer | None = None
        self.done_ms = 0.0
        self._setup, self._emit, self._order, self._add, self._new_id = setup, emit, order, add, new_id
        self._first_ms = now + setup.first_audio_ms
        self._next_ms = 0.0
        self._sentences: list[str] = []
        self._arrived: dict[int, list[_Piece]] = {}
        self._taken = 0
        self._pieces: list[_Piece] = []
        self._tools: list[ToolUse] = []
        self._item: Item | None = None
        self._previous: str | None = None
        self._said_ms = 0.0
        self._dropped = False

    @property
    def text(self) -> str:
        """What has been said so far."""
        return "".join(item.text or "" for item in self.output if item.shape["type"] == "message")

    @property
    def stalled(self) -> bool:
        """It is the fault asked for: nothing more will come."""
        stall_ms = self._setup.faults.stall_ms
        return stall_ms is not None and self._said_ms >= stall_ms

    # ------------------------------------------------------------ what happens

    def decide(self, answer: Answer, now: float) -> None:
        """The model knows what to say."""
        self.answer = answer
        self._next_ms = max(self._first_ms, now)
        self._tools = list(answer.tools)
        if answer.fails or not answer.text:
            return
        if self.plan.spoken:
            self._sentences = sentences(answer.text)
            for index, sentence in enumerate(self._sentences):
                self._order(Speak(self.id, index, sentence, self.plan.speed))
        else:
            self._pieces = [_Piece(word) for word in words(answer.text)]

    def spoken(self, index: int, utterance: Utterance, now: float) -> None:
        """A sentence is rendered."""
        last = index == len(self._sentences) - 1
        self._arrived[index] = self._cut(utterance, "" if last else " ")
        self._next_ms = max(self._next_ms, now)

    def next_at(self) -> float | None:
        """When `tick` has something to do; None: it waits for somebody."""
        if self.status != "in_progress" or self.answer is None or self.stalled:
            return None
        self._take()
        if self._pieces or not self._waiting:
            return self._next_ms
        return None

    def tick(self, now: float) -> None:
        """Gives the next piece, or ends."""
        assert self.answer is not None
        if self.answer.fails:
            code, message = self.answer.fails
            self.finish(
                "failed", {"type": "failed", "error": {"type": "server_error", "code": code, "message": message}}, now
            )
        elif self._pieces:
            self._give(self._pieces.pop(0), now)
        else:
            self._end_item("completed")
            if self.answer.stops:
                self.finish("incomplete", {"type": "incomplete", "reason": self.answer.stops}, now)
                return
            for tool in self._tools:
                self._call(tool)
            self.finish("completed", None, now)

    def cancel(self, reason: str, now: float) -> None:
        """Ends where it is."""
        self._end_item("incomplete")
        self.finish("cancelled", {"type": "cancelled", "reason": reason}, now)

    def finish(self, status: str, details: dict[str, Any] | None, now: float) -> None:
        """It is over; the core tells it."""
        self.status, self.status_details, self.done_ms = status, details, now

    # ------------------------------------------------------------ saying

    @property
    def _waiting(self) -> bool:
        return self._taken < len(self._sentences)

    def _take(self) -> None:
        """Rendered sentences, in their order."""
        while self._taken in self._arrived:
            self._pieces += self._arrived.pop(self._taken)
            self._taken += 1

    def _cut(self, utterance: Utterance, gap: str) -> list[_Piece]:
        audio, sound = to_wire(utterance.audio, self.plan.sound), self.plan.sound
        size = self._setup.delta_ms * sound.bytes_per_ms
        pieces = [
            _Piece("", audio[at : at + size], len(audio[at : at + size]) / sound.bytes_per_ms)
            for at in range(0, len(audio), size)
        ] or [_Piece("")]
        begin, begin_ms = 0, 0.0
        for end_ms, end_char in _word_times(utterance):
            number = min(int(begin_ms // self._setup.delta_ms), len(pieces) - 1)
            word = utterance.text[begin:end_char]
            pieces[number].text += word
            pieces[number].words.append((word.strip(), begin_ms - number * self._setup.delta_ms, end_ms - begin_ms))
            begin, begin_ms = end_char, end_ms
        pieces[-1].text += utterance.text[begin:] + gap
        return pieces

    def _give(self, piece: _Piece, now: float) -> None:
        item = self._item or self._begin_item()
        ids = self._ids(item)
        spent = tokens_of(self.text + piece.text) + (math.ceil((item.audio_ms + piece.ms) / 50))
        if isinstance(self.plan.most_tokens, int) and spent > self.plan.most_tokens:
            self._end_item("incomplete")
            self.finish("incomplete", {"type": "incomplete", "reason": "max_output_tokens"}, now)
            return
        if not self.plan.spoken:
            item.text = (item.text or "") + piece.text
            self._emit("response.output_text.delta", **ids, delta=piece.text)
            self._next_ms = max(self._next_ms, now) + TEXT_WORD_MS
            return
        if piece.text:
            item.text = (item.text or "") + piece.text
            self._emit("response.output_audio_transcript.delta", **ids, delta=piece.text)
        self._give_audio(item, piece, ids, now)

    def _give_audio(self, item: Item, piece: _Piece, ids: dict[str, Any], now: float) -> None:
        faults = self._setup.faults
        if self.plan.word_times:
            for word, at_ms, lasts_ms in piece.words:
                self._emit(
                    "response.audio_timestamp.delta", **ids, audio_offset_ms=round(self._said_ms + at_ms),
                    audio_duration_ms=round(lasts_ms), text=word, timestamp_type="word",
                )  # fmt: skip
        if piece.audio:
            extra = {"obfuscation": "x" * _OVERSIZE} if faults.oversize and not item.audio else {}
            item.sent_from_ms = now if item.sent_from_ms is None else item.sent_from_ms
            item.audio += piece.audio
            self._emit("response.output_audio.delta", **ids, delta=base64.b64encode(piece.audio).decode(), **extra)
        self._said_ms += piece.ms
        self._next_ms = max(self._next_ms, now) + piece.ms / self._setup.pace
        if faults.drop_ms is not None and self._said_ms >= faults.drop_ms and not self._dropped:
            self._dropped = True
            self._order(Close(faults.drop_code))

    # ------------------------------------------------------------ items

    def _begin_item(self) -> Item:
        shape = {
            "id": self._new_id("item"), "object": "realtime.item", "type": "message", "status": "in_progress",
            "role": "assistant", "content": [],
        }  # fmt: skip
        self._item = item = Item(shape, sound=self.plan.sound if self.plan.spoken else None)
        self._open(item)
        part = {"type": "audio", "transcript": ""} if self.plan.spoken else {"type": "text", "text": ""}
        self._emit("response.content_part.added", **self._ids(item), part=part)
        return item

    def _open(self, item: Item) -> None:
        self.output.append(item)
        self._emit(
            "response.output_item.added", response_id=self.id, output_index=len(self.output) - 1, item=item.shape
        )
        if self.plan.in_conversation:
            self._previous = self._add(item)
            self._emit("conversation.item.added", previous_item_id=self._previous, item=item.shape)

    def _end_item(self, status: str) -> None:
        """The message is over, if one was begun."""
        if (item := self._item) is None:
            return
        self._item = None
        ids, text = self._ids(item), item.text or ""
        if self.plan.spoken:
            self._emit("response.output_audio.done", **ids)
            self._emit("response.output_audio_transcript.done", **ids, transcript=text)
            if self.plan.word_times:
                self._emit("response.audio_timestamp.done", **ids)
            part = {"type": "audio", "transcript": text}
            item.shape["content"] = [{"type": "output_audio", "transcript": text}]
        else:
            self._emit("response.output_text.done", **ids, text=text)
            part = {"type": "text", "text": text}
            item.shape["content"] = [{"type": "output_text", "text": text}]
        self._emit("response.content_part.done", **ids, part=part)
        self._close(item, status)

    def _close(self, item: Item, status: str) -> None:
        item.shape["status"] = status
        if self.plan.in_conversation:
            self._emit("conversation.item.done", previous_item_id=self._previous, item=item.shape)
        self._emit(
            "response.output_item.done", response_id=self.id, output_index=self.output.index(item), item=item.shape
        )

    def _call(self, tool: ToolUse) -> None:
        call_id = self._new_id("call")
        shape = {
            "id": self._new_id("item"), "object": "realtime.item", "type": "function_call", "status": "in_progress",
            "call_id": call_id, "name": tool.name, "arguments": "",
        }  # fmt: skip
        item = Item(shape)
        self._open(item)
        ids = {key: value for key, value in self._ids(item).items() if key != "content_index"} | {"call_id": call_id}
        for at in range(0, len(tool.arguments), 8):
            self._emit("response.function_call_arguments.delta", **ids, delta=tool.arguments[at : at + 8])
        shape["arguments"] = tool.arguments
        self._emit("response.function_call_arguments.done", **ids, name=tool.name, arguments=tool.arguments)
        self._close(item, "completed")

    def _ids(self, item: Item) -> dict[str, Any]:
        return {
            "response_id": self.id,
            "item_id": item.id,
            "output_index": self.output.index(item),
            "content_index": 0,
        }


def tokens_of(text: str) -> int:
    """About as many tokens as a text has."""
    return math.ceil(len(text) / 4)


def sentences(text: str) -> list[str]:
    """A text in pieces that are rendered one by one, so that the first is heard soon."""
    found, begin = [], 0
    for at, character in enumerate(text):
        if character in ".!?" and text[at + 1 : at + 2] in ("", " ", "\n"):
            found.append(text[begin : at + 1].strip())
            begin = at + 1
    found.append(text[begin:].strip())
    return [sentence for sentence in found if sentence]


def words(text: str) -> list[str]:
    """A text in words, each with the space after it."""
    parts = text.split(" ")
    return [part + " " for part in parts[:-1]] + parts[-1:]


def _word_times(utterance: Utterance) -> list[tuple[float, int]]:
    """End in milliseconds and characters of each word; spread evenly where the voice tells none."""
    if utterance.words:
        return [(word.end_ms, word.end_char) for word in utterance.words]
    length, total_ms, at, times = max(len(utterance.text), 1), len(utterance.audio) / 8, 0, []
    for word in words(utterance.text):
        at += len(word)
        times.append((total_ms * at / length, at))
    return times
