"""Every event and every command: the vocabulary of the control plane. Read this first.

Events are facts, named in the past tense, reported by a leg, a tool or the server. Commands are what CallControl wants
done, named in the imperative. Audio is neither: it crosses the process by plain calls (core/leg.py). All times are
milliseconds on the call's clock; all lengths are milliseconds of audio.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple


class Result(StrEnum):
    """How a call ended, as an operator counts it."""

    COMPLETED = "completed"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    BUSY = "busy"
    CANCELED = "canceled"


class Reason(StrEnum):
    """Why a call ended: who or what ended it."""

    CALLER_HUNG_UP = "caller hung up"
    CALLEE_HUNG_UP = "callee hung up"
    AGENT_HUNG_UP = "agent hung up"
    OPERATOR_HUNG_UP = "operator hung up"
    MAX_DURATION = "maximum duration reached"
    MAX_COST = "maximum cost reached"
    CALLER_SILENT = "the caller said nothing any more"
    TRANSFERRED = "transferred"
    BUSY = "the line was busy, or the call was declined"
    NO_ANSWER = "nobody answered"
    CANCELED = "the call was cancelled before anybody answered"
    NOT_REACHED = "the number could not be reached"
    NOT_DIALLED = "the carrier did not make the call"
    MACHINE = "a machine answered"
    MESSAGE_LEFT = "a machine answered, and a message was left"
    FAX = "a fax answered"
    NO_STREAM = "the carrier opened no media stream"
    STREAM_LOST = "the media stream was lost and did not come back"
    RESUMED_TOO_OFTEN = "the media stream was lost again and again"
    AGENT_FAILED = "the agent failed"
    SHUT_DOWN = "the server shut down"
    SERVER_LOST = "the server that held the call was lost"


class Line(StrEnum):
    """A short fixed sentence of the agent leg's own, by what it is for."""

    WAIT = "wait"
    """The answer takes long."""
    LOST = "lost"
    """The AI was lost for a moment."""
    GOODBYE = "goodbye"
    """It is lost for good, and the call ends."""


# ---------------------------------------------------------------- events: the phone side


@dataclass(slots=True)
class PhoneJoined:
    """A media stream carries this call now: its first, or one that comes back after a loss."""


@dataclass(slots=True)
class PhoneLost:
    """The media stream is gone."""

    stopped: bool
    """The carrier said `stop` first: the caller may simply have hung up."""
    heard_ms: dict[str, float] = field(default_factory=dict)
    """What was heard of the items that were not settled."""


@dataclass(slots=True)
class CarrierEnded:
    """The carrier says that the call is over (a CallStatus other than in-progress)."""

    status: str
    dialled: str = ""
    """What became of the number that the caller was put through to, if the carrier says so (its DialCallStatus)."""


@dataclass(slots=True)
class Dialled:
    """The carrier has taken a call of ours, and has a name for it."""

    sid: str


@dataclass(slots=True)
class NotDialled:
    """The carrier has not taken it, and surely rings nobody."""


@dataclass(slots=True)
class Rang:
    """The callee's telephone rings."""


@dataclass(slots=True)
class PickedUp:
    """The callee's side has answered."""


@dataclass(slots=True)
class CalleeKnown:
    """The carrier's verdict on who answered a call of ours."""

    by: Literal["human", "machine", "fax", "unknown"]
    message_over: bool = False
    """The machine has said its message, and records."""


@dataclass(slots=True)
class KeyPressed:
    """The caller pressed a key."""

    digit: str


@dataclass(slots=True)
class Settled:
    """What the caller will ever have heard of the items that a `Clear` cut."""

    heard_ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds heard of each item that had been sent, as the ear has it."""


@dataclass(slots=True)
class ItemSounded:
    """The first audio of an item went out to the ear."""

    item: str
    at_ms: float
    """When the caller's answer to hearing it could reach us: its moment at the ear and the way there and back."""


@dataclass(slots=True)
class StreamEnded:
    """What a media stream carried, told when it is over."""

    epoch: int
    """Which of the call's streams it was, from 0."""
    lasted_ms: float
    media_in: int = 0
    """Messages of the caller's audio."""
    media_out: int = 0
    missing: int = 0
    """Messages of the caller's audio that the carrier numbered and that never came."""
    longest_gap_ms: float = 0.0
    """The longest wait for the next message of the caller's audio."""
    underruns: int = 0
    """How often the ear ran dry in the middle of an item."""
    corrections: int = 0
    """How often marks corrected what the write clock held for heard."""


@dataclass(slots=True)
class ItemHeard:
    """All of an item has been heard."""

    item: str


# ---------------------------------------------------------------- events: the agent side


@dataclass(slots=True)
class AgentJoined:
    """The agent leg is ready to talk: the first, or another in the place of one that was lost."""

    backend: str = ""
    """What answers, such as "openai:gpt-realtime-2.1" or "local"."""
    turns: Literal["provider", "offhook"] | None = None
    """Who owns the turns from now on; None: as before."""
    name: str = ""
    """The agent's, if it has one."""
    idle_ms: float = 0.0
    """A caller who says nothing for so long is asked whether they are still there; 0: never."""


@dataclass(slots=True)
class AgentLost:
    """The agent leg is gone."""

    message: str


@dataclass(slots=True)
class AgentAway:
    """The agent leg cannot speak for now, though it may have to: whoever's go it is, it is the agent who is awaited."""

    lost: bool = False
    """It was there, and was lost in the middle of the call; else it is slow to come."""


@dataclass(slots=True)
class AgentBack:
    """The agent leg can speak again, or does."""


@dataclass(slots=True)
class SpeechStarted:
    """The caller began to speak, as the agent leg judges it."""


@dataclass(slots=True)
class SpeechStopped:
    """The caller paused."""

    ago_ms: float = 0.0
    """How long ago, if the leg knows: that speech is over is told late."""


@dataclass(slots=True)
class CallerTurnEnded:
    """The caller's turn is over."""

    text: str
    """What was said. Empty if nothing was understood, or if a CallerTranscribed tells it later."""
    spoken_ms: float = 0.0
    """How long the caller spoke; tells a cough from a sentence that was not understood."""
    name: str = ""
    """The leg's own name for the turn, if a CallerTranscribed of that name may follow."""
    language: str = ""
    """The tag of the language it was in, if the leg knows."""


@dataclass(slots=True)
class CallerTranscribed:
    """The words of a caller's turn, told later than the turn's end (providers do so), or better words for it."""

    text: str
    name: str = ""
    """The turn's name, as its CallerTurnEnded gave it: the words stand where the turn ended. Without one, here."""


@dataclass(slots=True)
class ItemBegan:
    """The first audio of an item came from the agent leg."""

    item: str


@dataclass(slots=True)
class ItemEnded:
    """The agent leg has said all there is of an item."""

    item: str


@dataclass(slots=True)
class ItemText:
    """More of the words of an item."""

    item: str
    text: str
    words: tuple[tuple[float, int], ...] = ()
    """Word times, if the leg knows them: (end in ms of the item's audio, end in characters of this `text`) per word."""


@dataclass(slots=True)
class KeysWanted:
    """The agent asked for so many keys: the entry is over with the last of them, without `#` and without waiting."""

    count: int
    secret: bool = False
    """What is entered is for a tool alone: it is told to no model, kept nowhere, and not recorded."""


@dataclass(slots=True)
class Saying:
    """The agent leg has taken words it was given to say, and says them next."""

    text: str
    exact: bool
    """Word by word; else a model was told to say them so, and most likely does."""


@dataclass(slots=True)
class Staged:
    """What became of a caller's turn, stage by stage, until an answer began; of an agent that is made of parts."""

    item: str
    """The answer."""
    ms: dict[str, float]
    """From the end of the caller's speech until: the "words" were known, the "turn" was over, an answer was "asked" for, its
    first "token", "piece" of text and "audio" were there, and it was "said". A stage that there was none of is left out."""


@dataclass(slots=True)
class ToolCalled:
    """The agent wants a tool run."""

    id: str
    """The agent leg's own name for this use of the tool."""
    name: str
    arguments: str
    """A JSON object, as the agent wrote it."""


@dataclass(slots=True)
class ToolFinished:
    """A tool has run, or could not."""

    id: str
    output: str
    """For the agent: what came of it, or one sentence on why nothing did."""
    failed: bool = False


@dataclass(slots=True)
class Noted:
    """A tool may have changed what the call's tools keep."""

    data: dict[str, Any]
    """All of it: the call's own, to be copied by whoever keeps it."""


@dataclass(slots=True)
class Remembered:
    """The agent leg knows something that another process would need to go on with the call: JSON, all of it, anew."""

    memory: dict[str, Any]


@dataclass(slots=True)
class SayAsked:
    """Someone (a tool, an operator) wants the agent to say these words next."""

    text: str


@dataclass(slots=True)
class InterruptAsked:
    """An operator wants the agent to be silent now, and to wait for the caller."""


@dataclass(slots=True)
class TransferAsked:
    """Someone wants the caller put through to somebody else, once what the agent is saying has been heard."""

    to: str
    """The destination's name."""
    number: str
    """What the carrier dials: E.164, or an address that is listed."""
    due: bool = False
    """The agent's last words are still to come."""
    first: str = ""
    """Words that it was given to say before, and that are not said if it comes to nothing."""


@dataclass(slots=True)
class OperatorAsked:
    """An operator gave an order."""

    order: str
    text: str = ""
    """The words to be said, or the destination's name."""


@dataclass(slots=True)
class HangUpAsked:
    """Someone wants the call to end once what the agent is saying has been heard."""

    reason: Reason
    at_once: bool = False
    """End now, whatever is being said (an operator; the maximum duration)."""
    goodbye: bool = False
    """The agent itself asks. If it has said nothing since the caller last spoke, its goodbye is still to come."""
    leaving: bool = False
    """The agent is asked to say goodbye first, and nothing the caller says undoes it."""


@dataclass(slots=True)
class Used:
    """The agent leg's provider counted what an answer, or a transcription, took of it."""

    model: str
    usd: float | None
    """What it costs; None if the price of the model is not known."""
    text_in: int = 0
    """Tokens of text read anew; those of `cached_in` are not among them."""
    audio_in: int = 0
    cached_in: int = 0
    text_out: int = 0
    audio_out: int = 0
    seconds: float = 0.0
    """Of audio, for models that are paid by its length."""
    item: str = ""
    """The first item of the answer; empty for what is counted of the call as a whole, such as a transcription."""


# ---------------------------------------------------------------- events: what the call tells those who watch it


@dataclass(slots=True)
class CallBegan:
    """A call is there. The first event of every call."""

    sid: str
    account_sid: str
    direction: str
    caller: str
    called: str
    variables: dict[str, Any] = field(default_factory=dict)
    """What the one who started the call told the agent."""
    agent: str = ""
    """Of a call that was asked for here: the agent's name."""
    backend: str = ""
    """Likewise: what it was to answer with instead of the agent's own model, if anything."""
    amd: str = ""
    """Likewise: `off`, `sync` or `async`, whether the carrier finds out who answers. Empty: it was not asked for here."""


@dataclass(slots=True)
class Answered:
    """The caller began to hear an answer."""

    item: str
    latency_ms: float
    """From the end of the caller's speech, or of an entry on the keypad, to the first audio at the ear."""


@dataclass(slots=True)
class StateChanged:
    """The call moved from one state to another."""

    state: str


@dataclass(slots=True)
class TransferChanged:
    """How putting the caller through fares."""

    to: str
    """The destination's name."""
    status: str
    """asked, withdrawn (the caller spoke first), dialling; then what the carrier tells: completed (they talked), busy,
    no-answer, failed, canceled."""


@dataclass(slots=True)
class TurnKept:
    """A turn of the transcript, or a better version of the one with the same `turn`."""

    turn: int
    role: Literal["caller", "agent"]
    text: str
    """What was said; of the agent, what was heard."""
    unheard: str
    """The agent's words that the caller did not hear."""
    item: str | None
    heard_ms: float
    generated_ms: float


@dataclass(slots=True)
class BargedIn:
    """The caller cut in: the heard position of each item that was not heard to its end."""

    heard_ms: dict[str, float]


@dataclass(slots=True)
class Ended:
    """The call is over. Exactly once per call."""

    result: Result
    reason: Reason


@dataclass(slots=True)
class Recorded:
    """Where the recording of the call is: told when it is whole, and again when it has moved. After `Ended`."""

    url: str


@dataclass(slots=True)
class RecordingLost:
    """The recording ends before its call, or there is none. At most once per call."""

    message: str


# ---------------------------------------------------------------- commands: to the phone leg


@dataclass(slots=True)
class Clear:
    """Silence the agent at the ear now. The leg answers with `Settled`."""


@dataclass(slots=True)
class HangUp:
    """End the call at the carrier: close the stream, so that the carrier asks what comes next."""


@dataclass(slots=True)
class PutThrough:
    """Give the caller back to the carrier, which asks what comes next and is told whom to dial."""


# ---------------------------------------------------------------- commands: to the agent leg


@dataclass(slots=True)
class Greet:
    """The stream is open: say the first words, if the agent speaks first."""


class Returned(NamedTuple):
    """The caller was to be put through and is back, since nothing came of it."""

    to: str
    """The destination's name."""
    status: str
    """Why, in the carrier's word: busy, no-answer, failed, canceled."""


@dataclass(slots=True)
class Heed:
    """Whether to answer what the callee says by yourself. Until the first words of a call of ours are due, and while a machine
    talks, hear it and write it down only. A leg that answers only when it is asked to needs no word for this."""

    on: bool


@dataclass(slots=True)
class Respond:
    """Answer the caller. Only where offhook owns the turns, or after keys, a loss, or a silence that both keep."""

    text: str
    """What the caller said."""
    keys: str = ""
    """What the caller entered on the keypad, without the closing `#`."""
    going_on: bool = False
    """The caller said nothing: the agent was cut off and is asked to go on."""
    leaving: bool = False
    """The caller said nothing: the call ends now, the agent is asked to say goodbye."""
    idle: bool = False
    """The caller has said nothing for long: the agent is asked to ask whether they are still there."""
    returned: Returned | None = None
    """The caller said nothing: they are back, the agent is asked to say why and to go on."""


@dataclass(slots=True)
class Cancel:
    """Stop generating what is being generated."""


@dataclass(slots=True)
class Truncate:
    """The caller heard only the first `heard_ms` of an item, which is `text`."""

    item: str
    heard_ms: int
    text: str


@dataclass(slots=True)
class Discard:
    """The caller heard nothing of an item: take it out of the conversation."""

    item: str


@dataclass(slots=True)
class Fill:
    """Say a line of your own under this item, so that the caller knows what is going on. It is no part of the talk."""

    item: str
    line: Line = Line.WAIT


@dataclass(slots=True)
class Say:
    """Say these words next, exactly if you can, and know that you said them. The answer is `Saying`."""

    item: str
    """For what is said; a provider that names its own items leaves it."""
    text: str


@dataclass(slots=True)
class ToolResult:
    """What came of a tool the agent asked for."""

    id: str
    output: str
    failed: bool


@dataclass(slots=True)
class ReleaseAgent:
    """The agent leg is needed no more, though the call goes on without it."""


@dataclass(slots=True)
class CloseAgent:
    """The agent leg is needed no more: the call is over."""


# ---------------------------------------------------------------- commands: to the call itself


@dataclass(slots=True)
class OpenAgent:
    """A call of ours was answered: the agent leg is needed now."""


@dataclass(slots=True)
class AskCarrier:
    """Nothing is heard of a call of ours: ask the carrier how it stands, and report that."""


@dataclass(slots=True)
class EndAtCarrier:
    """The call may live on at the carrier, which asks no more: have it ended there."""


@dataclass(slots=True)
class SayRest:
    """The interruption was none, or the stream is back: the ledger was rewound, play what it holds."""


@dataclass(slots=True)
class RunTool:
    """Run a tool; `ToolFinished` tells what came of it."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Publish:
    """Tell those who watch the call."""

    event: "Event"


Event = (
    PhoneJoined | PhoneLost | CarrierEnded | Dialled | NotDialled | Rang | PickedUp | CalleeKnown | KeyPressed | Settled | ItemSounded | ItemHeard | StreamEnded
    | AgentJoined | AgentLost | AgentAway | AgentBack | SpeechStarted | SpeechStopped | CallerTurnEnded | CallerTranscribed
    | ItemBegan | ItemEnded | ItemText | KeysWanted | Saying | Staged | ToolCalled | ToolFinished | Noted | Remembered | Used
    | SayAsked | HangUpAsked | InterruptAsked | TransferAsked | OperatorAsked
    | CallBegan | Answered | StateChanged | TransferChanged | TurnKept | BargedIn | Ended | Recorded | RecordingLost
)  # fmt: skip
Command = (
    Clear | HangUp | PutThrough | Greet | Heed | Respond | Cancel | Truncate | Discard | Fill | Say | ToolResult
    | OpenAgent | ReleaseAgent | CloseAgent | AskCarrier | EndAtCarrier | SayRest | RunTool | Publish
)  # fmt: skip
