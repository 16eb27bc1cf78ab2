"""A real server on a free loopback port, in a thread with a loop of its own, and an agent that needs no model."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import httpx
import uvloop

from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.journal.journal import Journal
from offhook.phone.twilio.signature import Key, sign
from offhook.server.app import App, Options
from offhook.server.lifetime import Listening, Server, serve
from offhook.store.store import Store

ACCOUNT = "AC" + "1" * 32
TOKEN = "the auth token of the tests"
KEY = Key(TOKEN)
GREETING_MS = 1000


class GreetingAgent:
    """Says one second of a tone when the stream opens, then listens."""

    format = MULAW_8K
    turns = "provider"
    can = frozenset({e.Greet})

    def __init__(self):
        self.heard = bytearray()
        self._closed = asyncio.Event()

    async def run(self, call):
        self.call = call
        call.report(e.AgentJoined())
        await self._closed.wait()

    def send_audio(self, frame):
        self.heard += frame

    def send(self, command):
        self.call.agent_audio("greeting", b"\x55" * MULAW_8K.bytes_per_ms * GREETING_MS)
        self.call.end_item("greeting")

    async def close(self):
        self._closed.set()


class Running:
    """A server that runs; everything here may be called from the test's thread."""

    def __init__(self):
        self.agents = []
        self.port = 0
        self.server: Server
        self.app: App
        self.loop: asyncio.AbstractEventLoop
        self.thread: threading.Thread

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def in_loop(self, function, *arguments):
        """What a function gives, called in the server's loop."""

        async def call():
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(5)

    def post(self, path, fields, *, key=KEY, origin=None, headers=None):
        """A webhook, signed for `origin`."""
        form = {"AccountSid": ACCOUNT} | fields
        signature = sign((origin or self.origin) + path, {name: [value] for name, value in form.items()}, key)
        return httpx.post(
            self.origin + path,
            content=urlencode(form),
            headers={"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
            | (headers or {}),
        )

    def call(self, sid="CA1", **fields):
        """The answer to the webhook of an incoming call."""
        return self.post(
            "/incoming-call",
            {"CallSid": sid, "From": "anonymous", "To": "sip:desk@h", "CallStatus": "ringing"} | fields,
        )

    def end(self, sid="CA1"):
        """The carrier says that a call is over."""
        return self.post("/twilio/status", {"CallSid": sid, "CallStatus": "completed"})

    def call_id(self, sid="CA1"):
        """The id of a live call."""
        return self.in_loop(lambda: self.app.switchboard.by_sid(sid).id)

    def report(self, event, sid="CA1"):
        """Something happens in a live call."""
        self.in_loop(lambda: self.app.switchboard.by_sid(sid).report(event))

    def upgrade_headers(self, path, origin=None):
        """The header that lets a media upgrade in."""
        return {"x-twilio-signature": sign("ws" + (origin or self.origin).removeprefix("http") + path, {}, KEY)}


@contextmanager
def running(
    *,
    drain_seconds=0.0,
    head_seconds=10.0,
    unread_seconds=20.0,
    run=uvloop.run,
    prepare=None,
    agent=GreetingAgent,
    folder=None,
    database_url=None,
    agents=tuple,
    journal=None,
    look=lambda _online: (),
    dialling=None,
    offer=None,
    **options,
) -> Iterator[Running]:
    """A server until the block ends. With a `folder` it keeps calls, there or in the database of the URL. `options`: those
    of `Options`."""
    it = Running()
    started = threading.Event()

    def open_agent(_info):
        it.agents.append(agent())
        return it.agents[-1]

    def on_started(port):
        it.port = port
        it.loop = asyncio.get_running_loop()
        started.set()

    def on_server(server):
        it.server = server

    async def live():
        given = {"account_sid": ACCOUNT, "keys": [KEY]} | options
        listening = Listening(
            port=0, drain_seconds=drain_seconds, head_seconds=head_seconds, unread_seconds=unread_seconds
        )
        kept = journal
        if folder is not None:
            kept = Journal(Store(database_url or f"sqlite:///{folder}/calls.db"), folder / "spool")
        app = it.app = App(
            Options(**given), open_agent, journal=kept, agents=agents, dialling=dialling, offer=offer, look=look
        )
        await serve(app, listening, prepare=prepare, on_started=on_started, on_server=on_server)

    it.thread = threading.Thread(target=lambda: run(live()), daemon=True)
    it.thread.start()
    assert started.wait(10)
    try:
        yield it
    finally:
        it.server.stop()
        it.server.stop()
        it.thread.join(10)
        assert not it.thread.is_alive()


def start_message(call_sid="CA1", token="", account=ACCOUNT, stream="MZ1") -> str:
    return json.dumps(
        {
            "event": "start",
            "sequenceNumber": "1",
            "streamSid": stream,
            "start": {
                "streamSid": stream,
                "accountSid": account,
                "callSid": call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"token": token} if token else {},
            },
        }
    )


def media_message(audio: bytes, timestamp=0) -> str:
    payload = base64.b64encode(audio).decode()
    media = {"track": "inbound", "chunk": "1", "timestamp": str(timestamp), "payload": payload}
    return json.dumps(
        {"event": "media", "sequenceNumber": "2", "streamSid": "MZ1", "media": media}, separators=(",", ":")
    )
