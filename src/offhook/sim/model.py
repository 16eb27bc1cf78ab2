"""One session of a realtime speech model, as OpenAI and Azure Voice Live serve it. Pure.

Inputs say what happened (`receive`, `heard`, `spoken`) and when; each gives back orders for the shell. `next_at` says when
`due` has something to do. Times are milliseconds on the shell's clock. Nothing here is shared with a client.

Sources: OpenAI's reference of Realtime, its package's types; Microsoft's pages on Voice Live, its package's models. What they
leave open (texts of errors, close codes) follows what users quote; docs/sim-model.md lists it.
"""

from collections import Counter
from typing import Any

from offhook.sim import model_requests
from offhook.sim.model_audio import to_8k
from offhook.sim.model_checks import Refused
from offhook.sim.model_items import Conversation, Item, decoded, made_by_client
from offhook.sim.model_orders import Close, Hear, Order, Setup
from offhook.sim.model_outbox import Outbox
from offhook.sim.model_plans import plan
from offhook.sim.model_response import Response
from offhook.sim.model_speaking import Speaking
from offhook.sim.model_transcripts import Transcripts
from offhook.sim.model_turns import LEAST_COMMIT_MS, InputBuffer, Started, Stopped
from offhook.sim.model_wire import Dialect
from offhook.speech.base import Utterance

EARLY_MS = 0.01
"""A shell may wake so much early."""
_AGENTS_OWN = ("instructions", "tools", "tool_choice", "model")
_SERVER_ERROR = "The server had an error while processing your request."


class ModelSession:
    """What is behind one connection."""

    def __init__(self, dialect: Dialect, model: str, setup: Setup, number: int = 0, agent: str = "") -> None:
        """`number` tells the sessions of one service apart. An `agent` has instructions and tools of its own."""
        self.dialect, self.setup = dialect, setup
        self._out = Outbox(dialect, setup, number)
        self._faults = setup.faults
        self._model, self._agent = model, agent

    @property
    def log(self) -> list[tuple[float, str, dict[str, Any]]]:
        """(time, "in" or "out", event) of everything, if the setup wants it kept."""
        return self._out.log

    @property
    def counts(self) -> Counter[str]:
        """How many events of each type were sent."""
        return self._out.counts

    @property
    def closed(self) -> bool:
        """Whether the service has ended it."""
        return self._out.closed

    # ------------------------------------------------------------ what happened

    def open(self, now: float) -> list[Order]:
        """The connection is up. Call it once, first."""
        self._out.now = now
        self._expires_ms = now + self.setup.lifetime_s * 1000.0
        expires = int(self.setup.epoch_s + now / 1000.0 + self.setup.lifetime_s)
        self.session = self.dialect.defaults(self._model, self._out.new_id("sess"), expires)
        if self._agent:
            del self.session["model"]
            thread = self._out.new_id("thread")
            self.session["agent"] = {"type": "agent", "name": self._agent, "agent_id": self._agent, "thread_id": thread}
        self.conversation = Conversation(self._out.new_id("conv"))
        self._buffer = InputBuffer(self.dialect.side(self.session, "input"), self.dialect.turns(self.session))
        self._speech_item: str | None = None
        self._speaking = Speaking(self.dialect, self.setup, self._out, self.conversation, self._response_over)
        self._transcripts = Transcripts(self._out, self.setup.faults)
        self._idle_at: float | None = None
        if not self._faults.mute:
            self._out.emit("session.created", session=self.session)
        return self._out.take()

    def receive(self, message: str | bytes, now: float) -> list[Order]:
        """The client sent a message."""
        self._catch_up(now)
        if self.closed or self._faults.mute:
            return self._out.take()
        self._out.cause = None
        try:
            event = model_requests.parse(message)
            self._out.received(event)
            self._do(model_requests.check(event, self.dialect), event)
        except Refused as refused:
            self._out.refuse(refused)
        self._out.cause = None
        return self._out.take()

    def heard(self, item_id: str, text: str, now: float) -> list[Order]:
        """The words of what `Hear` gave."""
        self._catch_up(now)
        if (item := self.conversation.find(item_id)) is not None:
            item.text = text
            self._transcripts.add(item, self.dialect, self.session)
        self._speaking.heard(item_id)
        return self._out.take()

    def spoken(self, response_id: str, index: int, utterance: Utterance, now: float) -> list[Order]:
        """What `Speak` wanted."""
        self._catch_up(now)
        self._speaking.spoken(response_id, index, utterance)
        return self._out.take()

    # ------------------------------------------------------------ time

    def next_at(self) -> float | None:
        """When `due` wants to be called; None once the session is over."""
        if self.closed:
            return self._out.next_at()
        times = [self._speaking.next_at(), self._out.next_at(), self._transcripts.next_at(), self._expires_ms]
        times.append(self._idle_at)
        return min((at for at in times if at is not None), default=None)

    def due(self, now: float) -> list[Order]:
        """Does all that is due by now: audio, transcriptions, timeouts, the end."""
        self._catch_up(now)
        return self._out.take()

    def _catch_up(self, now: float) -> None:
        while (at := self.next_at()) is not None and at <= now + EARLY_MS:
            self._out.now = max(self._out.now, at)
            self._tick(at)
        self._out.now = max(self._out.now, now)

    def _tick(self, at: float) -> None:
        self._out.due(at)
        if self.closed:
            return
        self._transcripts.due(at)
        self._speaking.due(at)
        if self._idle_at is not None and self._idle_at <= at:
            self._idle()
        if self._expires_ms <= at:
            minutes = round(self.setup.lifetime_s / 60.0)
            text = f"Your session hit the maximum duration of {minutes} minutes."
            self._out.refuse(Refused("session_expired", text))
            self._out.order(Close(self.setup.expiry_code, "session expired"))

    # ------------------------------------------------------------ client events

    def _do(self, name: str, event: dict[str, Any]) -> None:
        match name:
            case "session.update":
                self._update(event["session"])
            case "input_audio_buffer.append":
                self._append(event["audio"])
            case "input_audio_buffer.commit":
                self._commit_asked()
            case "input_audio_buffer.clear":
                self._buffer.clear()
                self._out.emit("input_audio_buffer.cleared")
            case "conversation.item.create":
                self._create(event["item"], event.get("previous_item_id"))
            case "conversation.item.retrieve":
                item = self.conversation.existing(event["item_id"], "retrieve", "retrieving")
                self._out.emit("conversation.item.retrieved", item=item.whole())
            case "conversation.item.delete":
                self.conversation.delete(event["item_id"])
                self._out.emit("conversation.item.deleted", item_id=event["item_id"])
            case "conversation.item.truncate":
                item_id, index, end_ms = event["item_id"], event["content_index"], event["audio_end_ms"]
                self.conversation.truncate(item_id, index, end_ms, once=self.dialect.name == "azure")
                self._out.emit("conversation.item.truncated", item_id=item_id, content_index=index, audio_end_ms=end_ms)
            case "response.create":
                extra = event.get("additional_instructions") or ""
                self._respond(event.get("response") or {}, extra)
            case "response.cancel":
                self._speaking.cancel(event.get("response_id"))

    def _update(self, update: Any) -> None:
        if self._faults.update_error:
            self._out.refuse(Refused("server_error", _SERVER_ERROR, kind="server_error"))
        self.dialect.check(update, self.session)
        for name in _AGENTS_OWN if self._agent else ():
            if name in update:
                raise Refused("invalid_value", f"'session.{name}' belongs to the agent.", f"session.{name}")
        if update.get("model", self._model) != self._model:
            raise Refused("invalid_value", "The model of a session cannot be changed.", "session.model")
        if self.session.get("tracing") and "tracing" in update:
            raise Refused("invalid_value", "Tracing cannot be changed once it is set.", "session.tracing")
        session = self.dialect.merged(self.session, update)
        if self._speaking.voiced and self.dialect.voice(session) != self.dialect.voice(self.session):
            raise _voice_fixed("session.voice" if self.dialect.flat else "session.audio.output.voice")
        self.session = session
        turns = self.dialect.turns(session)
        self._buffer.configure(self.dialect.side(session, "input"), turns)
        if not self._buffer.speaking:
            self._speech_item = None
        if not (turns or {}).get("idle_timeout_ms"):
            self._idle_at = None
        for name in ("animation", "avatar"):
            if update.get(name):
                warning = {"code": "not_supported", "message": f"The {name} is ignored.", "param": f"session.{name}"}
                self._out.emit("warning", warning=warning)
        if not self._faults.update_silent:
            self._out.emit("session.updated", session=self.session)

    def _append(self, encoded: str) -> None:
        audio = decoded(encoded, "audio")
        if len(audio) > model_requests.LARGEST_APPEND:
            raise Refused("invalid_value", "Invalid 'audio': at most 15 MiB may be appended at once.", "audio")
        sound = self.dialect.side(self.session, "input")
        if self._faults.deaf and sound.encoding == "mulaw":
            return
        for noticed in self._buffer.append(audio):
            if isinstance(noticed, Started):
                self._speech_started(noticed)
            else:
                self._speech_stopped(noticed)

    def _commit_asked(self) -> None:
        kept_ms = self._buffer.kept_ms
        if kept_ms < LEAST_COMMIT_MS:
            raise Refused(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {kept_ms:.2f}ms of audio.",
            )
        self._commit(self._speech_item or self._out.new_id("item"))
        self._buffer.fresh()

    def _create(self, shape: dict[str, Any], after: str | None) -> None:
        item = made_by_client(shape, self._out.new_id("item"), self.dialect.side(self.session, "input"))
        self.conversation.insert(item, after)
        self._tell_item(item)
        self._hear(item)

    # ------------------------------------------------------------ turns

    def _speech_started(self, noticed: Started) -> None:
        self._idle_at = None
        self._speech_item = self._out.new_id("item")
        self._out.emit(
            "input_audio_buffer.speech_started", audio_start_ms=round(noticed.at_ms), item_id=self._speech_item
        )
        turns = self.dialect.turns(self.session) or {}
        if turns.get("interrupt_response", True):
            self._speaking.interrupt()
        if turns.get("auto_truncate"):
            self._truncate_unheard()

    def _truncate_unheard(self) -> None:
        """Voice Live's own truncation: the client is thought to play from the moment of receipt."""
        item = next((item for item in reversed(self.conversation.items) if item.sent_from_ms is not None), None)
        if item is None or item.truncated or item.sent_from_ms is None:
            return
        heard_ms = int(self._out.now - item.sent_from_ms)
        if heard_ms < item.audio_ms:
            self.conversation.cut(item, heard_ms)
            self._out.emit("conversation.item.truncated", item_id=item.id, content_index=0, audio_end_ms=heard_ms)

    def _speech_stopped(self, noticed: Stopped) -> None:
        item_id = self._speech_item or self._out.new_id("item")
        self._out.emit("input_audio_buffer.speech_stopped", audio_end_ms=round(noticed.at_ms), item_id=item_id)
        self._commit(item_id)
        if (self.dialect.turns(self.session) or {}).get("create_response", True):
            self._respond_to_turn()

    def _respond_to_turn(self) -> None:
        try:
            self._respond({})
        except Refused as refused:
            self._out.refuse(refused)

    def _commit(self, item_id: str, *, silent: bool = False) -> None:
        """The buffer becomes a user's item; a silent one need not be listened to."""
        self._speech_item = None
        shape = {
            "id": item_id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }  # fmt: skip
        item = Item(shape, self.dialect.side(self.session, "input"), bytearray(self._buffer.commit()), None)
        if silent:
            item.text, item.silent = "", True
        self._out.emit("input_audio_buffer.committed", previous_item_id=self.conversation.last_id, item_id=item_id)
        self.conversation.insert(item, None)
        self._tell_item(item)
        self._hear(item)

    def _idle(self) -> None:
        """Nobody spoke for as long as `idle_timeout_ms`: the model does."""
        self._idle_at = None
        item_id, end_ms = self._out.new_id("item"), self._buffer.appended_ms
        waited_ms = (self.dialect.turns(self.session) or {}).get("idle_timeout_ms") or 0
        start_ms = max(0.0, end_ms - waited_ms)
        self._out.emit(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=round(start_ms), audio_end_ms=round(end_ms), item_id=item_id,
        )  # fmt: skip
        self._commit(item_id, silent=True)
        self._respond_to_turn()

    def _hear(self, item: Item) -> None:
        if item.text is not None:
            return
        assert item.sound is not None
        if len(item.audio) < item.sound.bytes_per_ms:
            item.text = ""
        else:
            self._out.order(Hear(item.id, to_8k(bytes(item.audio), item.sound)))

    # ------------------------------------------------------------ responses

    def _respond(self, wanted: dict[str, Any], extra: str = "") -> None:
        given = plan(self.dialect, self.session, wanted, extra)
        if self._agent:
            given.instructions = f"You are {self._agent}."
        if self._speaking.voiced and given.voice != self.dialect.voice(self.session):
            raise _voice_fixed("response.voice" if self.dialect.flat else "response.audio.output.voice")
        if wanted.get("cancel_previous") and self._speaking.current is not None:
            self._speaking.cancel()
        self._speaking.admit(given)
        if wanted.get("commit"):
            self._commit_asked()
        for shape in wanted.get("append_input_items", ()):
            self._create(shape, None)
        items = self.conversation.items
        inputs = wanted.get("input", wanted.get("input_items"))
        if inputs is not None:
            items = [self._input(shape) for shape in inputs]
        self._idle_at = None
        self._speaking.begin(given, items)

    def _input(self, shape: dict[str, Any]) -> Item:
        """An item for one response alone."""
        if shape["type"] == "item_reference":
            return self.conversation.existing(shape["id"], "reference", "referencing")
        item = made_by_client(shape, self._out.new_id("item"), self.dialect.side(self.session, "input"))
        item.text = item.text or ""
        return item

    def _response_over(self, response: Response) -> None:
        """An idle timeout counts from the end of what is played, as far as the service can know it."""
        turns = self.dialect.turns(self.session) or {}
        if turns.get("idle_timeout_ms") and response.status == "completed" and response.plan.in_conversation:
            playing_ms = sum(item.audio_ms for item in response.output)
            self._idle_at = self._out.now + playing_ms + turns["idle_timeout_ms"]

    def _tell_item(self, item: Item) -> None:
        previous = self.conversation.before(item)
        self._out.emit("conversation.item.added", previous_item_id=previous, item=item.shape)
        self._out.emit("conversation.item.done", previous_item_id=previous, item=item.shape)


def _voice_fixed(path: str) -> Refused:
    return Refused("cannot_update_voice", "Cannot update a conversation's voice if assistant audio is present.", path)
