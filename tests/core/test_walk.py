"""Whatever happens in whatever order: nothing raises, every item is settled once, the call ends once, and nobody is left
waiting for ever."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.core import events as e
from offhook.core.states import CallState, TurnState
from tests.core.talk import Talk

STEPS = (
    "speak", "speak more", "end item", "heard", "settle", "speech starts", "speech stops", "words", "cough", "yes", "hello",
    "key", "hash", "tool", "tool done", "bye", "wait a moment", "wait", "wait long", "stream lost", "stream back",
    "away", "lost", "back", "say", "interrupt", "transfer", "asked whom to dial", "nobody there", "talked", "idle",
)  # fmt: skip


class Walk(Talk):
    """A call to which anything may happen."""

    def __init__(self, turns: str) -> None:
        super().__init__(turns, joined=False)
        self.tell(e.AgentJoined(), e.PhoneJoined())
        self.items = 0
        self.open: list[str] = []
        self.sent: dict[str, float] = {}
        self.tools: list[str] = []
        self.ours = turns == "offhook"
        self.talking = False
        self.words_at: int | None = None
        """How many commands there were when the caller last said something that wants an answer."""

    def act(self, step: str, ms: int) -> None:
        match step:
            case "speak":
                self.items += 1
                self.open.append(f"i{self.items}")
                self._more(self.open[-1], ms, begins=True)
            case "speak more" if self.open:
                self._more(self.open[-1], ms)
            case "end item" if self.open:
                item = self.open.pop(0)
                self.ledger.end(item)
                self._send()
                self.tell(e.ItemEnded(item))
            case "heard":
                for item in [item for item in self.sent if item not in self.open and self.ledger.is_open(item)][:1]:
                    self.tell(e.ItemHeard(item))
            case "settle" if self.ledger.unsettled:
                self.tell(e.Settled({item: sent * (ms % 100) / 100 for item, sent in self.sent.items()}))
            case "speech starts":
                self.talking = self.control.state is CallState.CONNECTED
                self.tell(e.SpeechStarted())
            case "speech stops":
                self.talking = False
                self.tell(e.SpeechStopped())
            case "words":
                self.words_at = len(self.commands)
                self.tell(e.CallerTurnEnded("how much is tea", float(ms)))
            case "cough":
                self.tell(e.CallerTurnEnded("", float(ms % 500)))
            case "yes" | "hello":
                self.tell(e.CallerTurnEnded(step, 300.0))
            case "key":
                self.tell(e.KeyPressed(str(ms % 10)))
            case "hash":
                self.tell(e.KeyPressed("#"))
            case "tool":
                self.tools.append(f"t{len(self.tools)}")
                self.tell(e.ToolCalled(self.tools[-1], "price", "{}"))
            case "tool done" if self.tools:
                self.tell(e.ToolFinished(self.tools[-1], "ok"))
            case "bye":
                self.tell(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=ms % 2 == 0))
            case "wait a moment":
                self.wait(100)
            case "wait":
                self.wait(ms)
            case "wait long":
                self.wait(4000)
            case "away" | "lost":
                self.talking = self.talking and (step == "away" or self.ours)
                self.tell(e.AgentAway(lost=step == "lost"))
            case "back":
                self.tell(e.AgentBack())
            case "say":
                self.tell(e.SayAsked("words"))
            case "interrupt":
                self.words_at = None  # what an operator cuts off is not answered
                self.tell(e.InterruptAsked())
            case "transfer":
                self.tell(e.TransferAsked("kitchen", "+12025550101", due=ms % 2 == 0))
            case "asked whom to dial" if self.control.state is CallState.TRANSFERRING:
                self.words_at = None
                self.tell(e.PhoneLost(False))
                self.next()
            case "nobody there" | "talked" if (
                self.control._transfer.dialling and self.control.state is CallState.TRANSFERRING
            ):
                _, commands = self.control.next(
                    "in-progress", self.now, "busy" if step == "nobody there" else "completed"
                )
                self._note(commands)
            case "idle":
                self.control._floor.asides.idle.ms = 2000.0
            case "stream lost":
                self.talking = False
                self.tell(e.PhoneLost(ms % 2 == 0, {item: sent / 2 for item, sent in self.sent.items()}))
            case "stream back" if self.control.state is CallState.PARKED:
                self.tell(e.PhoneJoined())

    def _more(self, item: str, ms: int, *, begins: bool = False) -> None:
        if self.ledger.accept(item, bytes(8 * ms)):
            if begins:
                self.tell(e.ItemBegan(item))
            self.tell(e.ItemText(item, "some words are said. "))
        self._send()

    @property
    def _greets_still(self) -> bool:
        greeting = self.control._floor._greeting
        return greeting.item is not None and self.now < greeting.yields_at

    def _send(self) -> None:
        while piece := self.ledger.take(8000):
            assert not self.ours or not self.talking or self._greets_still, "nothing is said over the caller"
            self.sent[piece.item] = max(self.sent.get(piece.item, 0.0), piece.offset_ms + len(piece.audio) / 8)


walks = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(20, 1500)), max_size=40)


@pytest.mark.parametrize("turns", ["provider", "offhook"])
@settings(max_examples=300, deadline=None, derandomize=True)
@given(walk=walks)
def test_no_order_of_events_breaks_a_call(turns, walk):
    talk = Walk(turns)
    for step, ms in walk:
        talk.act(step, ms)
        settled = [command.item for command in talk.told(e.Truncate, e.Discard)]
        assert len(settled) == len(set(settled)), "an item is truncated or removed at most once"
        for command in talk.told(e.Truncate):
            assert 0 < command.heard_ms
    # Everybody hears to the end, says no more, and time passes.
    for _ in range(50):
        for step in ("settle", "end item", "heard"):
            talk.act(step, 100)
    talk.tell(e.SpeechStopped(), e.CallerTurnEnded("", 100.0))
    for _ in range(20):
        talk.act("settle", 100)
    talk.wait(30_000)
    if (
        turns == "offhook"
        and talk.words_at is not None
        and talk.control.state in (CallState.CONNECTED, CallState.PARKED)
    ):
        told = talk.commands[talk.words_at :]
        assert any(isinstance(command, e.Respond | e.Greet) for command in told), "who said something is answered"
    if talk.control.state is CallState.CONNECTED:
        assert not talk.ledger.unsettled, "nothing waits for what was heard"
        owed = talk.control.turn is TurnState.THINKING
        assert not owed or talk.told(e.Respond, e.Greet), "who is thought to think was asked to"
    talk.tell(e.CarrierEnded("completed"), e.PhoneLost(True))
    talk.wait(10_000)
    assert talk.end is not None
    assert len(talk.told(e.CloseAgent)) == 1
