"""What the API answers about calls: the models of docs/api.md and of `/docs`. Fields are named as in the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from offhook.journal.record import Record
from offhook.server.feed import status_of
from offhook.store.calls import Event, Kept


class Cost(BaseModel):
    """What the models cost, in US dollars, by the dated price list that is in the box."""

    usd: float | None = Field(description="null if nothing was counted, or something whose price is not known.")
    at_least_usd: float | None = Field(description="The sum of what has a price; null if nothing has.")


class CallSummary(BaseModel):
    """A call in a list."""

    id: str
    sid: str | None = Field(description="The carrier's id.")
    direction: str
    caller: str
    called: str
    agent: str
    backend: str
    status: str = Field(
        description="ringing, in-progress, parked, transferring, ending; of an ended call completed, failed, no-answer, "
        "busy, canceled."
    )
    state: str
    result: str | None
    reason: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    seconds: float | None = Field(description="From the answer to the end; null until both are there.")
    cost: Cost
    recording: str | None = Field(description="Where the recording can be fetched.")
    last_seq: int = Field(description="The newest event of the call that is in here.")
    match: str | None = Field(None, description="The first turn that has the words that were searched.")


class CallPage(BaseModel):
    """Calls, the newest first."""

    calls: list[CallSummary]
    next: str | None = Field(description="Give it as `after` for the next page; null on the last one.")
    total: int | None = Field(description="Of all pages; null unless asked for.")


class Turn(BaseModel):
    """One party's go."""

    number: int
    role: str = Field(description="user or assistant.")
    text: str = Field(description="What was said; of the agent, what was heard.")
    unheard: str = Field(description="The agent's words that the caller did not hear.")
    item: str | None
    at_ms: float = Field(description="When it was first known, since the call began.")
    heard_ms: float
    generated_ms: float
    latency_ms: float | None = Field(description="From the caller's end of speech to this answer at the ear.")
    cost: Cost = Field(
        description="Of the answer that this turn is the first of; what is of the whole call is not in it."
    )


class ToolUse(BaseModel):
    """One use of a tool."""

    id: str
    name: str
    arguments: str = Field(description="JSON, as the agent wrote it.")
    output: str | None
    failed: bool
    at_ms: float
    took_ms: float | None


class Usage(BaseModel):
    """What a provider counted for one answer or transcription."""

    seq: int
    model: str
    item: str = Field(description="The first item of the answer; empty for what is of the whole call.")
    usd: float | None
    text_in: int
    audio_in: int
    cached_in: int
    text_out: int
    audio_out: int
    seconds: float


class Stream(BaseModel):
    """One media stream that carried the call."""

    epoch: int
    at_ms: float
    ended_ms: float
    media_in: int
    media_out: int
    missing: int
    longest_gap_ms: float
    underruns: int
    corrections: int


class CallDetail(CallSummary):
    """A call with all that is kept of it, but for its events."""

    variables: dict[str, Any]
    data: dict[str, Any] = Field(description="What the tools noted.")
    turns: list[Turn]
    tools: list[ToolUse]
    usage: list[Usage]
    streams: list[Stream]


class CallExport(CallDetail):
    """A call with its events."""

    events: list[dict[str, Any]] = Field(description="As `/ws/events/{call_id}` sends them.")


class AgentShown(BaseModel):
    """An agent that answers here."""

    name: str
    source: str | None = Field(None, description="The file that declares it; null if none does.")
    numbers: list[str] = Field(description='The numbers it answers; "*" for all others.')
    model: str
    voice: str | Mapping[str, str] | None
    language: str
    greeting: str | None
    instructions: str
    tools: list["ToolShown"]
    transfers: list[str] = Field([], description="The names of those whom callers may be put through to.")


class ToolShown(BaseModel):
    """A tool of an agent."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(description="A JSON schema.")


class Problem(BaseModel):
    """What an error answers."""

    detail: str = Field(description="One sentence on what is wrong and what to do.")


# ---------------------------------------------------------------------------------------------- from rows


def cost(prices: Sequence[float | None]) -> Cost:
    """Of several things that were counted; None for one without a price."""
    priced = [usd for usd in prices if usd is not None]
    at_least = round(sum(priced), 9) if priced else None
    return Cost(usd=at_least if len(priced) == len(prices) else None, at_least_usd=at_least)


def summary(call: dict[str, Any], match: str | None = None) -> dict[str, Any]:
    """The fields of CallSummary."""
    answered, ended, usd = call["answered_at"], call["ended_at"], call["cost_usd"]
    return call | {
        "status": status_of(call),
        "seconds": (ended - answered).total_seconds() if answered and ended else None,
        "cost": Cost(usd=None if call["unpriced"] else usd, at_least_usd=usd),
        "recording": f"/api/calls/{call['id']}/recording" if call["recording"] else None,
        "match": match,
    }


def detail(kept: Kept) -> dict[str, Any]:
    """The fields of CallDetail."""
    prices: dict[str, list[float | None]] = {}
    for used in kept.usage:
        if used["item"]:
            prices.setdefault(used["item"], []).append(used["usd"])
    turns = [turn | {"cost": cost(prices.get(turn["item"], []))} for turn in kept.turns]
    return summary(kept.call) | {"turns": turns, "tools": kept.tools, "usage": kept.usage, "streams": kept.streams}


def event(call_id: str, event: Event) -> dict[str, Any]:
    """An event as viewers are sent it."""
    return Record(call_id, event.seq, event.at_ms, 0.0, event.type, event.body).message()
