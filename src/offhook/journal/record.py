"""From what a call tells those who watch it to records: what the journal keeps and what viewers are told.

Pure. `docs/kept.md` lists the types and their fields. A record with a `seq` is kept; one without (`seq` 0) is for viewers
of the moment only. Texts are made such that every database takes them: no NUL, no half characters.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from offhook.core import events as e
from offhook.core.states import CallState

log = logging.getLogger(__name__)

JSON = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""What comes back as it was, and nothing else."""

STATUS = {
    CallState.CONNECTING: "ringing",
    CallState.RINGING: "ringing",
    CallState.CONNECTED: "in-progress",
    CallState.PARKED: "parked",
    CallState.TRANSFERRING: "transferring",
    CallState.ENDING: "ending",
}
"""A state as viewers are told it: in the carrier's words where it has one."""
RESULT_STATUS = {
    e.Result.COMPLETED: "completed", e.Result.FAILED: "failed", e.Result.UNANSWERED: "no-answer", e.Result.BUSY: "busy",
    e.Result.CANCELED: "canceled",
}  # fmt: skip
"""The status of a call that has ended."""
ROLE = {"caller": "user", "agent": "assistant"}
ASKED = ("agent", "backend", "amd")
"""What is known from the start of a call that was asked for here, and must be by whoever goes on with it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened in a call."""

    call_id: str
    seq: int
    """Per call from 1, without gaps; 0 for what is not kept."""
    at_ms: float
    """Since the call began."""
    at: float
    """Seconds since 1970."""
    type: str
    body: dict[str, Any]

    def message(self) -> dict[str, Any]:
        """As viewers are told it."""
        head = {"type": self.type, "call_id": self.call_id, "at_ms": self.at_ms}
        return head | ({"seq": self.seq} if self.seq else {}) | self.body


class Recorder:
    """Numbers what happens in one call."""

    def __init__(
        self,
        call_id: str,
        began_ms: float,
        began_at: float,
        *,
        seq: int = 0,
        usd: float | None = None,
        unpriced: bool = False,
        noted: dict[str, Any] | None = None,
        remembered: dict[str, Any] | None = None,
    ) -> None:
        """`began_ms` on the call's clock, `began_at` in seconds since 1970. Of a call that another process began: `seq`, the
        newest number given, what it cost, and what is kept of its notes and its leg."""
        self._call_id, self._began_ms, self._began_at, self._seq = call_id, began_ms, began_at, seq
        self._usd, self._unpriced = usd, unpriced
        self._noted, self._remembered = (orjson.dumps(kept) if kept else b"" for kept in (noted, remembered))
        self._told_of_notes = False
        self._tools: dict[str, tuple[str, float]] = {}  # name and start of those that run
        self._latency_ms: dict[str, float] = {}  # of answers whose turn is not kept yet
        self._stages: dict[str, dict[str, float]] = {}  # likewise

    def at_rest(self) -> "Recorder":
        """The same for what is told after the end: it needs little but the number."""
        return Recorder(self._call_id, self._began_ms, self._began_at, seq=self._seq)

    def records(self, event: e.Event, now: float) -> list[Record]:
        """What an event means to journal and viewers; `now` is on the call's clock."""
        make = _MAKE.get(type(event))
        if make is None:
            return []
        at_ms = round(now - self._began_ms, 1)
        at = self._began_at + at_ms / 1000.0
        made = []
        for kind, body in make(self, event, at_ms):
            kept = kind not in TRANSIENT
            self._seq += kept
            made.append(Record(self._call_id, self._seq if kept else 0, at_ms, at, kind, body))
        return made

    # Each gives pairs of type and body.

    def _began(self, event: e.CallBegan, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        body = {
            name: clean(getattr(event, name))
            for name in ("sid", "account_sid", "direction", "caller", "called", "variables")
        }
        body |= {name: clean(value) for name in ASKED if (value := getattr(event, name))}
        return [("call", body), ("status", {"status": "ringing", "state": "connecting"})]

    def _dialled(self, event: e.Dialled, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("dialled", {"sid": clean(event.sid)})]

    def _callee_known(self, event: e.CalleeKnown, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("answered_by", {"by": event.by, "message_over": event.message_over})]

    def _agent_joined(self, event: e.AgentJoined, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("agent", {"agent": clean(event.name), "backend": clean(event.backend)})]

    def _state_changed(self, event: e.StateChanged, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        status = STATUS.get(CallState(event.state))
        return [("status", {"status": status, "state": event.state})] if status else []  # `Ended` tells the last

    def _transfer_changed(self, event: e.TransferChanged, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("transfer", {"to": clean(event.to), "status": clean(event.status)})]

    def _operator_asked(self, event: e.OperatorAsked, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("operator", {"order": event.order, "text": clean(event.text)})]

    def _turn_kept(self, event: e.TurnKept, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        body: dict[str, Any] = {"turn": event.turn, "role": ROLE[event.role], "text": clean(event.text), "final": True}
        if event.item is not None:
            body |= {
                "item": clean(event.item),
                "unheard": clean(event.unheard),
                "heard_ms": round(event.heard_ms, 1),
                "generated_ms": round(event.generated_ms, 1),
            }
            latency_ms = self._latency_ms.get(event.item)
            if latency_ms is not None and event.heard_ms > 0:
                body["latency_ms"] = latency_ms
            if (stages := self._stages.get(event.item)) is not None and event.heard_ms > 0:
                body["stages"] = stages
        return [("transcript", body)]

    def _answered(self, event: e.Answered, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        self._latency_ms[event.item] = latency_ms = round(event.latency_ms, 1)
        return [("latency", {"item": clean(event.item), "latency_ms": latency_ms})]

    def _staged(self, event: e.Staged, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        self._stages[event.item] = dict(event.ms)
        return [("stages", {"item": clean(event.item), "ms": event.ms})]

    def _tool_called(self, event: e.ToolCalled, at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        self._tools[event.id] = event.name, at_ms
        body = {"id": event.id, "name": event.name, "status": "started", "arguments": event.arguments}
        return [("tool", clean(body))]

    def _tool_finished(self, event: e.ToolFinished, at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        name, began_ms = self._tools.pop(event.id, ("", at_ms))
        body = {
            "id": event.id, "name": name, "status": "failed" if event.failed else "finished", "output": event.output,
            "took_ms": round(at_ms - began_ms, 1),
        }  # fmt: skip
        return [("tool", clean(body))]

    def _barged_in(self, event: e.BargedIn, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        items = {clean(item): round(ms, 1) for item, ms in event.heard_ms.items()}
        return [("barge_in", {"heard_ms": next((ms for ms in reversed(items.values()) if ms), 0.0), "items": items})]

    def _key_pressed(self, event: e.KeyPressed, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("key", {"digit": event.digit})]

    def _used(self, event: e.Used, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        if event.usd is None:
            self._unpriced = True
        else:
            self._usd = (self._usd or 0.0) + event.usd
        counted = ("text_in", "audio_in", "cached_in", "text_out", "audio_out", "seconds")
        item = {"item": clean(event.item)} if event.item else {}
        body = {"model": clean(event.model), "usd": event.usd} | item | {name: getattr(event, name) for name in counted}
        total = None if self._usd is None else round(self._usd, 9)
        return [("usage", body | {"cost_usd": total, "unpriced": self._unpriced})]

    def _noted_by_tools(self, event: e.Noted, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        noted = self._json(event.data)
        if noted in (self._noted, b"{}" if event.data else b""):
            return []
        self._noted = noted
        return [("note", {"data": clean(orjson.loads(noted))})]

    def _json(self, data: dict[str, Any]) -> bytes:
        """Notes without those that would not come back as they are."""
        try:
            return orjson.dumps(data, option=JSON)
        except TypeError:
            kept = {name: value for name, value in data.items() if _is_json({name: value})}
        if not self._told_of_notes:
            self._told_of_notes = True
            kinds = sorted({type(value).__name__ for name, value in data.items() if name not in kept})
            told = "notes in call.data that are not JSON (%s) are not kept: they are lost if the process is"
            log.warning(told, ", ".join(kinds), extra={"call_id": self._call_id})
        return orjson.dumps(kept, option=JSON)

    def _remembers(self, event: e.Remembered, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        remembered = orjson.dumps(event.memory)
        if remembered == self._remembered:
            return []
        self._remembered = remembered
        return [("memory", {"memory": clean(orjson.loads(remembered))})]

    def _stream_ended(self, event: e.StreamEnded, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        counted = ("epoch", "media_in", "media_out", "missing", "underruns", "corrections")
        lengths = ("lasted_ms", "longest_gap_ms")
        body = {name: getattr(event, name) for name in counted}
        return [("stream", body | {name: round(getattr(event, name), 1) for name in lengths})]

    def _agent_lost(self, event: e.AgentLost, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("problem", {"message": clean(event.message)})]

    def _ended(self, event: e.Ended, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        status = RESULT_STATUS[event.result]
        body = {"result": event.result.value, "reason": event.reason.value}
        return [("status", {"status": status, "state": "ended"}), ("ended", body)]

    def _recorded(self, event: e.Recorded, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("recording", {"status": "kept", "url": clean(event.url)})]

    def _recording_lost(self, event: e.RecordingLost, _at_ms: float) -> list[tuple[str, dict[str, Any]]]:
        return [("recording", {"status": "lost", "message": clean(event.message)})]


TRANSIENT = frozenset({"latency", "stages"})
"""Types that are for viewers only; what matters of them is in a record that is kept."""

_MAKE: dict[type[Any], Callable[[Recorder, Any, float], list[tuple[str, dict[str, Any]]]]] = {
    e.CallBegan: Recorder._began, e.Dialled: Recorder._dialled, e.CalleeKnown: Recorder._callee_known,
    e.AgentJoined: Recorder._agent_joined,
    e.StateChanged: Recorder._state_changed, e.TurnKept: Recorder._turn_kept,
    e.Answered: Recorder._answered, e.Staged: Recorder._staged, e.ToolCalled: Recorder._tool_called, e.ToolFinished: Recorder._tool_finished,
    e.BargedIn: Recorder._barged_in, e.KeyPressed: Recorder._key_pressed, e.Used: Recorder._used,
    e.TransferChanged: Recorder._transfer_changed, e.OperatorAsked: Recorder._operator_asked,
    e.Noted: Recorder._noted_by_tools, e.Remembered: Recorder._remembers,
    e.AgentLost: Recorder._agent_lost, e.StreamEnded: Recorder._stream_ended, e.Ended: Recorder._ended,
    e.Recorded: Recorder._recorded, e.RecordingLost: Recorder._recording_lost,
}  # fmt: skip


def _is_json(value: Any) -> bool:
    try:
        orjson.dumps(value, option=JSON)
    except TypeError:
        return False
    return True


def clean(value: Any) -> Any:
    """The same without what a database refuses in a text, however deep."""
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:
            return value
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(key): clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    return value
