"""What a leg promises: one side of a call, audio by plain calls, everything else as events and commands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from offhook.audio.format import Format
from offhook.core.events import Command, Event
from offhook.core.keeping import Keeping
from offhook.core.playout import Ledger
from offhook.core.tape import Tape

if TYPE_CHECKING:
    from offhook.core.past import Past


@dataclass(frozen=True, slots=True)
class CallInfo:
    """What the carrier said of a call. `caller` and `called` may be a number, `anonymous`, `sip:…` or `client:…`."""

    sid: str
    account_sid: str
    caller: str
    called: str
    direction: str = "inbound"
    """`inbound`, or `outbound-api` for a call that was asked for here; its `sid` is empty until it is dialled."""
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What the one who asked for the call told the agent."""


class PhoneSide(Protocol):
    """What a call is to its phone leg."""

    id: str
    ledger: Ledger
    tape: Tape
    """Filled by the leg with what it hands on to be played; cut when it is cleared or the stream is over."""

    def now(self) -> float:
        """Milliseconds on the call's clock."""

    def caller_audio(self, frame: bytes) -> None:
        """The caller's audio in the leg's format. Media plane: a plain call for every frame, nothing else."""

    def report(self, event: Event) -> None:
        """Something happened."""


class PhoneLeg(Protocol):
    """The caller's side. It plays what the ledger holds and knows, by its ear, how much of it was heard."""

    format: Format
    can: frozenset[type[Command]]

    def join(self, call: PhoneSide) -> None:
        """Carry this call from now on."""

    def pump(self) -> None:
        """Media plane: send what the ledger holds, as far as the bound allows."""

    def send(self, command: Command) -> None:
        """Carry out a command of `can`; another one is a LocalProtocolError."""

    def wake_at(self) -> float | None:
        """When `timeout` wants to be called, in milliseconds on the call's clock."""

    def timeout(self, now: float) -> None:
        """A deadline of the leg has come."""

    def lost(self) -> None:
        """The stream is known to be gone, whether the leg has noticed or not; it reports PhoneLost. Idempotent."""

    def close(self, code: int = 1000) -> None:
        """Leave. Idempotent; reports nothing."""

    def media_ms(self) -> float | None:
        """The timestamp of the caller's newest audio, on a clock of the far end; None before the first. It goes on where
        there is a hole in the audio."""

    def media_ahead_ms(self) -> float | None:
        """What to add to a moment at which audio was handed on to have the timestamp of the caller's audio at the moment
        when the caller hears it. None until it is known."""


class ToolSide(Protocol):
    """What a call is to a tool that asks for it."""

    id: str
    info: CallInfo
    data: dict[str, Any]
    """For the tools of an agent: what one of them notes, the others find, even if the call goes on with another process
    (then what is JSON). Empty at first, gone with the call."""

    @property
    def entered(self) -> str:
        """What the caller last keyed in; a secret entry is told to tools alone."""

    def hang_up(self) -> bool:
        """End the call once the agent's goodbye was heard; withdrawn if the caller speaks. False: the agent has not
        said anything since the caller last spoke, so its goodbye is still to come."""

    def want_keys(self, count: int, *, secret: bool = False) -> None:
        """The caller is asked for so many keys. If they are secret, they are told to no model, kept nowhere and not
        recorded; a tool finds them in `entered`."""

    def pause_recording(self) -> None:
        """From now on the recording is silent on both sides."""

    def resume_recording(self) -> None:
        """What is said from now on is recorded again."""

    def say(self, text: str) -> bool:
        """Have the agent say these words next, when nobody speaks. False: not word by word, perhaps. Raises ToolError if
        it cannot be done."""

    def transfer(self, to: str) -> bool:
        """Put the caller through to a destination of the agent's, by its name, once the agent was heard; withdrawn if the
        caller speaks first. False: the agent has not said anything since the caller last spoke, so its last words are
        still to come. Raises ToolError if it cannot be done."""


class Tools(Protocol):
    """What an agent may ask to be run, and where its callers may be put through to."""

    transfers: Mapping[str, str]
    """Numbers by the names of destinations."""

    def finishes(self, name: str) -> bool:
        """Whether this tool goes on when the call ends while it runs."""

    async def run(self, name: str, arguments: str, call: ToolSide) -> str:
        """Runs a tool with a JSON object of arguments. Raises ToolError, whose text is told to the agent."""


class AgentSide(Protocol):
    """What a call is to its agent leg."""

    id: str
    info: CallInfo
    tape: Tape
    """What is played at the caller's ear; read only."""

    def now(self) -> float:
        """Milliseconds on the call's clock."""

    def agent_audio(self, item: str, audio: bytes) -> None:
        """More audio of an item, in the leg's format. Media plane. Audio of an item that was cut is dropped."""

    def end_item(self, item: str) -> None:
        """No more audio will come for an item."""

    def report(self, event: Event) -> None:
        """Something happened."""


class AgentLeg(Protocol):
    """The AI's side."""

    format: Format
    can: frozenset[type[Command]]
    turns: Literal["provider", "offhook"]
    """Who decides when the caller's turn ends and whether an interruption is one."""
    tools: Tools
    """What runs when the leg reports ToolCalled."""
    says_exactly: bool
    """Words that it is given to say (`Say`) are said word by word."""
    keeping: Keeping
    """What may be kept of the call; set by whoever chose the agent."""

    def recall(self, past: "Past") -> None:
        """The call began with another process, which died. Once, before `run`, which is followed by the leg's saying that
        the line was lost, and by what was owed; the greeting is not asked for again."""

    async def run(self, call: AgentSide) -> None:
        """Connect, report AgentJoined, and talk until closed. Raises LegFailed if the AI is lost."""

    def send_audio(self, frame: bytes) -> None:
        """The caller's audio in the leg's format. Media plane: never blocks, never awaits."""

    def send(self, command: Command) -> None:
        """Carry out a command. The call sends those of `can` only: what a leg has no word for is left out."""

    async def close(self) -> None:
        """Leave. Idempotent; reports nothing."""
