"""The carrier of the bench: asks the webhook as Twilio does, opens the media stream, speaks 50 frames a second, plays.

Cheaper than `sim.carrier` (which is exact in everything a call can do), with the same playback buffer under it.
"""

import asyncio
import time
from binascii import a2b_base64
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import orjson
import picows
from picows import WSMsgType, WSTransport

from offhook.bench import audio
from offhook.errors import RemoteProtocolError
from offhook.sim import twiml
from offhook.sim.signature import HEADER, Account, sign_form, sign_url
from offhook.sim.stream import BYTES_PER_MS, StreamPlayback

ACCOUNT = Account("AC" + "0" * 31 + "1", "the auth token of the bench")
ANSWER_SECONDS = 10.0

_MEDIA = (
    b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d","payload":"%b"},'
    b'"streamSid":"%b"}'
)


@dataclass(frozen=True, slots=True)
class Where:
    """Where a stream is to be opened."""

    url: str
    parameters: dict[str, str] = field(default_factory=dict)
    signature: str = ""


async def ask(client: httpx.AsyncClient, webhook: str, call: int) -> Where:
    """The signed webhook of an incoming call, and what its TwiML says. Raises RemoteProtocolError if it says no stream."""
    fields = [
        ("CallSid", call_sid(call)), ("AccountSid", ACCOUNT.sid), ("From", "anonymous"), ("To", "sip:bench@localhost"),
        ("CallStatus", "ringing"), ("Direction", "inbound"), ("ApiVersion", "2010-04-01"),
    ]  # fmt: skip
    answer = await client.post(
        webhook, data=dict(fields), headers={HEADER: sign_form(ACCOUNT.token, webhook, fields)}, timeout=ANSWER_SECONDS
    )
    document = twiml.parse(answer.content, answer.headers.get("content-type", ""))
    for verb in document.verbs:
        for stream in verb.children:
            if verb.name == "Connect" and stream.name == "Stream":
                # The signature of a loopback is over ws, as its TwiML has it.
                url = stream.attributes["url"]
                told = {each.attributes["name"]: each.attributes["value"] for each in stream.children}
                return Where(url, told, sign_url(ACCOUNT.token, url))
    raise RemoteProtocolError("the webhook's answer opens no stream")


def call_sid(call: int) -> str:
    """The CallSid of a call of the bench."""
    return f"CA{call:032d}"


@dataclass(frozen=True, slots=True)
class Cut:
    """What a `clear` did: the truth, from the playback itself."""

    at: float
    """Seconds on the clock of the bench."""
    heard_ms: dict[int, float]
    """Of every item that was cut: how much of it had been played."""


class CarrierStream(picows.WSListener):
    """One media stream: 50 frames a second out, an exact playback of what comes in."""

    def __init__(self, call: int, parameters: dict[str, str], on_audio: Callable[[int, float], None]) -> None:
        """`on_audio` is told the number of each frame that has come, and when."""
        self.call = call
        self._parameters, self._on_audio = parameters, on_audio
        self._sid = b"MZ%032d" % call
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._transport: WSTransport | None = None
        self._items: dict[int, int] = {}  # bytes accepted of each item since the last cut
        self.order = audio.Order(call)
        self.playback = StreamPlayback()
        self.sent_at: list[float] = []
        """When each frame was sent, by its number."""
        self.cuts: list[Cut] = []
        self.lost = False

    # ------------------------------------------------------------------------------------------ what it sends

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        sid = self._sid.decode()
        self._say({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start = {
            "accountSid": ACCOUNT.sid, "streamSid": sid, "callSid": call_sid(self.call), "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": self._parameters,
        }  # fmt: skip
        self._say({"event": "start", "sequenceNumber": "1", "start": start, "streamSid": sid})

    def _say(self, message: dict[str, object]) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, orjson.dumps(message))

    def send_frame(self) -> None:
        """The caller's next 20 ms."""
        if self._transport is None:
            return
        number = len(self.sent_at)
        text = audio.frame_text(self.call, 0, number)
        message = _MEDIA % (number + 2, number + 1, number * audio.FRAME_MS, text, self._sid)
        self.sent_at.append(time.perf_counter())
        self._transport.send(WSMsgType.TEXT, message)

    def close(self) -> None:
        """Hangs up."""
        if self._timer is not None:
            self._timer.cancel()
        self.playback.end(self._now_ms())
        if self._transport is not None:
            self._transport.disconnect()
            self._transport = None

    # ------------------------------------------------------------------------------------------ what it gets

    def on_ws_frame(self, transport: WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not WSMsgType.TEXT or self._transport is None:
            return
        at = time.perf_counter()
        message = orjson.loads(frame.get_payload_as_bytes())
        if message["event"] == "media":
            message["media"]["payload"] = self._media(message["media"]["payload"], at)
        answers = self.playback.receive(message, self._now_ms())
        if message["event"] == "clear":
            self._cleared(at)
        self._answer(answers)

    def _media(self, payload: str, at: float) -> bytes:
        heard = a2b_base64(payload)
        for item, number in self.order.take(heard):
            self._items[item] = self._items.get(item, 0) + audio.FRAME_BYTES
            self._on_audio(number, at)
        return heard

    def _cleared(self, at: float) -> None:
        dropped = self.playback.clears[-1].dropped_bytes
        heard: dict[int, float] = {}
        for item, accepted in reversed(self._items.items()):
            if not dropped:
                break
            lost = min(dropped, accepted)
            dropped -= lost
            heard[item] = (accepted - lost) / BYTES_PER_MS
        self._items = {}
        self.cuts.append(Cut(at, dict(reversed(heard.items()))))
        self.order.cut()

    def _answer(self, marks: list[dict[str, object]]) -> None:
        for mark in marks:
            self._say({**mark, "sequenceNumber": "0", "streamSid": self._sid.decode()})
        if self._timer is not None:
            self._timer.cancel()
        at = self.playback.next_at()
        self._timer = self._loop.call_at(at / 1000.0, self._due) if at is not None else None

    def _due(self) -> None:
        if self._transport is not None:
            self._answer(self.playback.due(self._now_ms()))

    def _now_ms(self) -> float:
        return self._loop.time() * 1000.0

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.lost = self._transport is not None


async def open_stream(where: Where, stream: CarrierStream) -> None:
    """Connects a stream. Raises what picows raises if the upgrade is refused."""
    headers = {HEADER: where.signature} if where.signature else None
    await picows.ws_connect(lambda: stream, where.url, extra_headers=headers)
