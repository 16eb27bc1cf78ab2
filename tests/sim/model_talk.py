"""A client of the stand-in model in a test: one session in its own time, answers rendered as plain tones."""

import base64
import json
from typing import Any

import numpy as np

from offhook.audio import g711
from offhook.sim.model import ModelSession
from offhook.sim.model_orders import Close, Hear, Order, Send, Setup, Speak
from offhook.sim.model_wire import AZURE, BETA, GA, Dialect
from offhook.speech.base import Utterance
from tests.audio.voice import vowels
from tests.sim.model_types import check

QUIET = b"\xff"
MODELS = {"ga": "gpt-realtime-2.1", "beta": "gpt-4o-realtime-preview", "azure": "gpt-realtime-2.1"}
DIALECTS = {"ga": GA, "beta": BETA, "azure": AZURE}


def tone(text: str) -> Utterance:
    """A sentence as 60 ms of tone for each letter, without word times."""
    samples = np.sin(np.arange(480 * len(text)) * 0.3) * 8000
    return Utterance(text, g711.encode(samples.astype("<i2").tobytes()), ())


def voice(ms: int) -> bytes:
    """Something that is taken for speech, µ-law."""
    swell = g711.encode(vowels())[: 8 * 333]
    return (swell * (ms // 333 + 1))[: 8 * ms]


class Talk:
    """`got` is all the client ever received, `hears` what the recogniser is asked for and has not answered."""

    def __init__(self, dialect: Dialect = GA, *, typed: bool = True, agent: str = "", **setup: Any) -> None:
        self.now = 1000.0
        self.got: list[dict[str, Any]] = []
        self.raw: list[str] = []
        self.times: list[float] = []
        self.closed: Close | None = None
        self.hears: list[Hear] = []
        self.words = "hello"
        """What the recogniser understands at once; None: nothing until `heard` is called."""
        self._typed = typed
        self._from = 0
        self.session = ModelSession(dialect, "" if agent else MODELS[dialect.name], Setup(**setup), agent=agent)
        self._do(self.session.open(self.now))

    def send(self, type_: str, **fields: Any) -> list[dict[str, Any]]:
        """Sends an event; what came at once."""
        return self.message(json.dumps({"type": type_, **fields}))

    def message(self, message: str | bytes) -> list[dict[str, Any]]:
        """Sends a raw message."""
        before = len(self.got)
        self._do(self.session.receive(message, self.now))
        return self.got[before:]

    def update(self, **fields: Any) -> list[dict[str, Any]]:
        """Changes the session; GA's type is filled in."""
        if self.session.dialect is GA:
            fields = {"type": "realtime", **fields}
        return self.send("session.update", session=fields)

    def telephone(self, **turns: Any) -> None:
        """µ-law both ways, and a turn detection."""
        detection = {"type": "server_vad", "silence_duration_ms": 300, **turns}
        if self.session.dialect is GA:
            pcmu = {"format": {"type": "audio/pcmu"}}
            self.update(audio={"input": {**pcmu, "turn_detection": detection}, "output": pcmu})
        else:
            self.update(
                input_audio_format="g711_ulaw", output_audio_format="g711_ulaw", turn_detection=detection
            )  # fmt: skip

    def wait(self, ms: float) -> list[dict[str, Any]]:
        """Time passes; what came meanwhile."""
        before, until = len(self.got), self.now + ms
        while (at := self.session.next_at()) is not None and at <= until:
            self.now = max(self.now, at)
            self._do(self.session.due(self.now))
        self.now = until
        return self.got[before:]

    def say(self, mulaw: bytes) -> list[dict[str, Any]]:
        """The caller's audio, at the pace of speech."""
        before = len(self.got)
        for at in range(0, len(mulaw), 160):
            self.send("input_audio_buffer.append", audio=base64.b64encode(mulaw[at : at + 160]).decode())
            self.wait(20)
        return self.got[before:]

    def turn(self) -> list[dict[str, Any]]:
        """Speech and a silence that ends it."""
        return self.say(voice(600) + QUIET * 8 * 600)

    def heard(self, text: str) -> list[dict[str, Any]]:
        """The recogniser answers what it was asked first."""
        before = len(self.got)
        self._do(self.session.heard(self.hears.pop(0).item_id, text, self.now))
        return self.got[before:]

    def new(self) -> list[dict[str, Any]]:
        """What came since this was last asked."""
        new, self._from = self.got[self._from :], len(self.got)
        return new

    def of(self, *types: str) -> list[dict[str, Any]]:
        """All events of these types."""
        return [event for event in self.got if event["type"] in types]

    def said(self) -> list[str]:
        """What the model said or wrote, response by response."""
        return [
            part.get("transcript", part.get("text"))
            for done in self.of("response.done")
            for item in done["response"]["output"]
            for part in item.get("content", ())
        ]

    def _do(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case Send():
                    self.raw.append(order.text)
                    self._take(order.text)
                case Close():
                    self.closed = order
                case Hear():
                    self.hears.append(order)
                    if self.words is not None:
                        self._do(self.session.heard(self.hears.pop(0).item_id, self.words, self.now))
                case Speak():
                    self._do(self.session.spoken(order.response_id, order.index, tone(order.text), self.now))

    def _take(self, text: str) -> None:
        try:
            event = json.loads(text)
        except ValueError:
            return
        if self._typed:
            check(event, self.session.dialect.name)
        self.got.append(event)
        self.times.append(self.now)


def types(events: list[dict[str, Any]]) -> list[str]:
    """The types, without `response.` and with repeated deltas once."""
    found: list[str] = []
    for event in events:
        name = event["type"].removeprefix("response.")
        if name.endswith(".delta") and name in found[-2:]:
            continue
        found.append(name)
    return found
