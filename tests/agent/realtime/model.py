"""A scripted realtime server in memory, and a visit: one real call to it, in simulated time.

The server does what a test tells it to, and only the first two messages by itself; it keeps all it was sent.
"""

import asyncio
import base64
import json
from datetime import UTC, datetime

from offhook import Agent
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.leg import RealtimeLeg
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.wire import GA
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.errors import LegFailed
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STEMS = {"ga": "response.output_audio", "beta": "response.audio", "azure": "response.audio"}


class Peer:
    """One connection, as the server has it."""

    def __init__(self, model, receive, lost):
        self._model, self._receive, self._lost = model, receive, lost
        self.sent: list[dict] = []  # all that our side sent
        self.audio = bytearray()
        self.closed = False

    # ---- our side's end

    def send(self, message):
        if self.closed:
            return
        body = json.loads(message)
        if body["type"] == "input_audio_buffer.append":
            self.audio += base64.b64decode(body["audio"])
            return
        self.sent.append(body)
        self._model.log.append(body["type"])
        if body["type"] == "session.update" and self._model.accepts:
            life = self._model.life_s
            expires_at = asyncio.get_running_loop().time() + life if life else None
            self.say("session.updated", session={"expires_at": expires_at})

    def close(self):
        self.closed = True

    # ---- the server's end

    def say(self, kind, **fields):
        if not self.closed:
            self._receive(json.dumps({"type": kind, "event_id": "e"} | fields, separators=(",", ":")).encode())

    def drop(self, message="OpenAI broke off.", retryable=True):
        self.closed = True
        self._lost(LegFailed(message, retryable=retryable))

    def told(self, kind):
        return [body for body in self.sent if body["type"] == kind]

    @property
    def session(self):
        return self.told("session.update")[0]["session"]


class Model:
    """The server."""

    def __init__(self):
        self.peers: list[Peer] = []
        self.log: list[str] = []
        self.accepts = True
        self.refusals: list[LegFailed] = []
        self.life_s = None
        self.resumed: list[bool] = []
        self.stem = STEMS["ga"]

    async def connect(self, receive, lost, *, resumed):
        await asyncio.sleep(0.1)
        self.resumed.append(resumed)
        if self.refusals:
            raise self.refusals.pop(0)
        peer = Peer(self, receive, lost)
        self.peers.append(peer)
        asyncio.get_running_loop().call_soon(lambda: peer.say("session.created", session={}))
        return peer

    @property
    def peer(self) -> Peer:
        return self.peers[-1]

    def begin(self, response="r1", item="a1"):
        self.peer.say("response.created", response={"id": response, "status": "in_progress"})
        if item:
            self.item(response, item)

    def item(self, response, item):
        self.peer.say("response.output_item.added", response_id=response, item={"id": item, "type": "message"})

    def audio(self, ms, response="r1", item="a1", byte=b"\x10", per_ms=8):
        audio = base64.b64encode(byte * int(ms * per_ms)).decode()
        self.peer.say(f"{self.stem}.delta", response_id=response, item_id=item, delta=audio)

    def words(self, text, item="a1", response="r1"):
        self.peer.say(f"{self.stem}_transcript.delta", response_id=response, item_id=item, delta=text)

    def item_done(self, response="r1", item="a1"):
        self.peer.say("response.output_item.done", response_id=response, item={"id": item, "type": "message"})

    def done(self, response="r1", status="completed", **details):
        body = {
            "id": response,
            "status": status,
            "status_details": details or None,
            "usage": details.pop("usage", None),
        }
        self.peer.say("response.done", response=body)

    def answer(self, ms=1000, text="Hello there.", response="r1", item="a1", **audio):
        """A whole answer, faster than real time."""
        self.begin(response, item)
        self.audio(ms, response, item, **audio)
        self.words(text, item, response)
        self.item_done(response, item)
        self.done(response)

    def call_tool(self, *uses, response="r1", name="look", arguments="{}"):
        self.begin(response, None)
        for use in uses:
            item = {"id": f"f_{use}", "type": "function_call", "status": "completed", "call_id": use, "name": name,
                    "arguments": arguments}  # fmt: skip
            self.peer.say("response.output_item.done", response_id=response, item=item)
        self.done(response)

    def caller_begins(self, item="u1"):
        self.peer.say("input_audio_buffer.speech_started", item_id=item)

    def caller_stops(self, item="u1"):
        self.peer.say("input_audio_buffer.speech_stopped", item_id=item)
        self.peer.say("input_audio_buffer.committed", item_id=item)

    def asked(self):
        """The caller has said something short, and the next thing heard is no greeting."""
        self.caller_begins("u0")
        self.caller_stops("u0")

    def transcribe(self, text, item="u1"):
        self.peer.say("conversation.item.input_audio_transcription.completed", item_id=item, transcript=text)

    def error(self, code, event_id=None):
        self.peer.say("error", error={"code": code, "message": "secret words", "event_id": event_id})


class Visit:
    """A call to the model."""

    def __init__(self, model, call, leg, phone, events):
        self.model, self.call, self.leg, self.phone = model, call, leg, phone
        self.events: list[e.Event] = events

    async def ms(self, ms):
        await asyncio.sleep(ms / 1000)

    def published(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def turns(self):
        """The transcript as it stands: role, text, unheard."""
        last = {event.turn: (event.role, event.text, event.unheard) for event in self.published(e.TurnKept)}
        return [last[turn] for turn in sorted(last)]

    def told(self, kind):
        return self.model.peer.told(kind)

    def heard_ms(self):
        """Played so far."""
        return sum(len(audio) for _, audio in self.phone.played) / 8


def visit(scenario, *, dialect=GA, model=None, listening=None, phone=LoopbackLeg, backend=None, **agent):
    """Runs `scenario(visit)` with a call that has been answered; `greeting` is "" unless told."""

    async def whole():
        server = model or Model()
        server.stem = STEMS[dialect.name]
        who = Agent(**({"greeting": "", "instructions": "Be brief.", "idle_seconds": 0} | agent))
        loop = asyncio.get_running_loop()
        shared = backend or Backend(
            "OpenAI", "openai", "gpt-realtime-2.1", server.connect, wall=loop.time, clock=lambda: NOON
        )
        leg = RealtimeLeg(
            say.Shape(who, dialect, "gpt-live-transcribe", "marin"), shared, who.toolbox,
            listening() if listening else None,
        )  # fmt: skip
        events: list[e.Event] = []
        call = Call(
            CallInfo("CA1", "AC1", "+15550199", "+15550100"), leg,
            publish=lambda _id, event: events.append(event), on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0.2)
        line = phone()
        call.join(line)
        made = Visit(server, call, leg, line, events)
        await asyncio.sleep(0)
        await scenario(made)
        if not call.ended:
            call.report(e.CarrierEnded("completed"))
        await call.closed()
        await asyncio.sleep(0)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left, "nothing outlives the call"
        assert all(peer.closed for peer in server.peers)

    run(whole())
