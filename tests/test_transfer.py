"""A caller who is put through, on the whole road in simulated time: carrier, webhooks, streams, call, agent."""

import asyncio

import pytest

from offhook.agent.tools import Toolbox, transfer_to
from offhook.core import events as e
from offhook.core.control import PARK_MS
from offhook.core.transfer import MOST, RING_S
from offhook.errors import ToolError
from offhook.phone.destinations import Destinations
from offhook.server.app import App, Options
from offhook.server.dialling import dialable
from offhook.sim.carrier import CarrierCall
from offhook.sim.clock import run
from offhook.sim.memory import place_call
from offhook.sim.network import Link
from offhook.sim.orders import Callee, Setup
from offhook.sim.signature import Account
from tests.pair import ScriptedAgent
from tests.server.running import ACCOUNT, KEY

KITCHEN = "+12025550101"
POLICY = dialable(Destinations(countries=["US"]))


class Receptionist(ScriptedAgent):
    """Says a word when the stream opens and puts the caller through, as a model would: words first, then the tool."""

    def __init__(self, turns: str, arguments: str = '{"to": "kitchen"}', number: str = KITCHEN) -> None:
        super().__init__(turns)
        self.can = self.can | {e.ToolResult, e.Say}
        self.says_exactly = True
        self.arguments = arguments
        self.tools = Toolbox([transfer_to(["kitchen"])], transfers={"kitchen": number})
        self.items = 0

    def send(self, command):
        super().send(command)
        match command:
            case e.Greet():
                self.answer(1000)
                self.call.report(e.ToolCalled("use1", "transfer", self.arguments))
            case e.Respond():
                self.answer(500)

    def answer(self, ms):
        self.items += 1
        self.piece(f"item{self.items}", ms, "some words")
        self.call.end_item(f"item{self.items}")


class Road:
    """One call that is put through."""

    def __init__(self, callee: Callee, turns: str = "offhook", during=None, options=None, agent=None, **setup) -> None:
        self.callee, self.turns, self.during, self.setup = callee, turns, during, setup
        self.agent: Receptionist
        self.made = agent or (lambda: Receptionist(turns))
        self.options = options or {}
        self.published: list[tuple[float, e.Event]] = []

    def travel(self) -> "Road":
        run(self._travel())
        return self

    async def _travel(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def open_agent(_info):
            self.agent = self.made()
            return self.agent

        self.app = app = App(Options(ACCOUNT, [KEY], **self.options), open_agent, dialable=POLICY)
        app.ready.set()
        app.switchboard._publish = lambda _id, event: self.published.append(((loop.time() - began) * 1000.0, event))
        self.dialled_numbers: list[str] = []

        def callees(number):
            self.dialled_numbers.append(number)
            return self.callee

        setup = {"hang_up_after_ms": 90_000.0} | self.setup
        self.carrier = CarrierCall(
            Setup("http://voice.test/incoming-call", Account(ACCOUNT, KEY.secret), callees=callees, **setup)
        )
        beside = loop.create_task(self.during(self)) if self.during else None
        self.finished = await place_call(
            self.carrier, app.asgi, lambda order, socket: app.door.open_leg(socket, order.url.rsplit("/", 1)[1]),
            Link(40.0), Link(40.0),
        )  # fmt: skip
        await asyncio.sleep(20.0)
        if beside is not None:
            await beside
        assert app.switchboard.live == 0
        await app.switchboard.close()

    @property
    def call(self):
        (call,) = self.app.switchboard.calls
        return call

    def events(self, kind):
        return [event for _, event in self.published if isinstance(event, kind)]

    def at(self, event):
        return next(at for at, each in self.published if each == event)

    @property
    def statuses(self):
        return [event.status for event in self.events(e.TransferChanged)]

    @property
    def states(self):
        return [event.state for event in self.events(e.StateChanged)]

    @property
    def end(self):
        (ended,) = self.events(e.Ended)
        return ended.result, ended.reason

    def verbs(self):
        return [entry["verb"] for entry in self.carrier.log if entry["what"] == "verb"]

    def back(self):
        return [command.returned for command in self.agent.told(e.Respond) if command.returned]


@pytest.mark.parametrize("turns", ["offhook", "provider"])
@pytest.mark.parametrize(
    ("callee", "status"),
    [
        (Callee("no-answer"), "no-answer"),
        (Callee("busy"), "busy"),
        (Callee("reject"), "busy"),
        (Callee("fail"), "failed"),
    ],
)
def test_a_caller_whom_nobody_takes_is_back_with_the_same_agent_which_says_why(callee, status, turns):
    road = Road(callee, turns).travel()
    assert road.dialled_numbers == [KITCHEN]
    assert road.statuses == ["asked", "dialling", status]
    assert road.verbs() == ["Connect", "Dial", "Connect"]
    assert road.back() == [e.Returned("kitchen", status)]
    assert road.states[:4] == ["connected", "transferring", "parked", "connected"]
    first, second = [stream.playback.played_ms_of_values() for stream in road.carrier.streams]
    assert first[1] == 1000.0, "the last words are heard before"
    assert second.get(2) == 500.0, "and why they are back is heard after"
    assert not road.agent.told(
        e.Truncate,
    ) and road.end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
    assert not [entry for entry in road.carrier.log if entry["what"] == "warning" and entry["code"] != 31921]


def test_a_caller_who_is_taken_talks_until_the_other_hangs_up_and_the_agent_is_let_go():
    road = Road(Callee(leaves_ms=40_000.0)).travel()
    assert road.statuses == ["asked", "dialling", "completed"]
    assert road.end == (e.Result.COMPLETED, e.Reason.TRANSFERRED)
    assert road.verbs() == ["Connect", "Dial", "Hangup"]
    assert road.agent.closed
    assert road.states == ["connected", "transferring", "ending", "ended"]


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize(
    ("callee", "after_ms", "reason", "status"),
    [
        (Callee(), 80_000.0, e.Reason.TRANSFERRED, "completed"),
        (Callee("no-answer"), 10_000.0, e.Reason.CALLER_HUNG_UP, "canceled"),
    ],
)
def test_a_caller_who_hangs_up_meanwhile(callee, after_ms, reason, status, asks):
    road = Road(callee, hang_up_after_ms=after_ms, asks_after_hang_up=asks, status_callback="/twilio/status").travel()
    assert road.end == (e.Result.COMPLETED, reason)
    assert road.statuses == ["asked", "dialling", status]


def test_the_longest_a_call_may_be_goes_on_counting_and_the_carrier_is_told():
    road = Road(Callee(), options={"max_call_seconds": 60.0}, hang_up_after_ms=120_000.0).travel()
    assert road.end == (e.Result.COMPLETED, e.Reason.MAX_DURATION)
    assert road.carrier.ended_ms < 62_000


@pytest.mark.parametrize(
    "arguments",
    [
        '{"to": "+19005550100"}',
        '{"to": "moon"}',
        '{"to": "kitchen", "number": "+19005550100"}',
        '{"to": ["kitchen"]}',
        "{}",
    ],
)
def test_a_model_that_wants_anything_else_dialled_dials_nothing(arguments):
    road = Road(Callee(), agent=lambda: Receptionist("offhook", arguments), hang_up_after_ms=20_000.0).travel()
    (result,) = road.agent.told(e.ToolResult)
    assert result.failed and "transfer" in result.output
    assert not road.dialled_numbers and not road.statuses


def test_a_destination_that_the_policy_refuses_is_not_dialled():
    road = Road(
        Callee(), agent=lambda: Receptionist("offhook", number="+19005550100"), hang_up_after_ms=20_000.0
    ).travel()
    (result,) = road.agent.told(e.ToolResult)
    assert result.failed and "never dialled" in result.output and "900" not in result.output
    assert not road.dialled_numbers


def test_a_caller_who_speaks_first_is_not_put_through_and_may_be_later():
    async def during(road):
        await asyncio.sleep(0.8)
        road.call.report(e.SpeechStarted())
        await asyncio.sleep(0.5)
        road.call.report(e.SpeechStopped())
        road.call.report(e.CallerTurnEnded("no wait, one more thing", 500.0))
        await asyncio.sleep(5.0)
        assert road.statuses == ["asked", "withdrawn"]
        road.call.transfer("Kitchen")

    road = Road(Callee("busy"), "provider", during).travel()
    assert road.statuses == ["asked", "withdrawn", "asked", "dialling", "busy"]


def test_an_agent_that_is_lost_while_it_rings_is_missed_only_if_the_caller_comes_back():
    async def during(road):
        await asyncio.sleep(10.0)
        road.call.report(e.AgentLost("gone"))

    assert Road(Callee("no-answer"), during=during).travel().end == (e.Result.FAILED, e.Reason.AGENT_FAILED)
    road = Road(Callee(after_ms=12_000.0, leaves_ms=10_000.0), during=during).travel()
    assert road.end == (e.Result.COMPLETED, e.Reason.TRANSFERRED)


def test_an_operator_who_hangs_up_meanwhile_ends_the_call():
    async def during(road):
        await asyncio.sleep(20.0)
        road.call.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))

    road = Road(Callee(), during=during).travel()
    assert road.end == (e.Result.COMPLETED, e.Reason.OPERATOR_HUNG_UP)


def test_a_call_that_was_put_through_and_came_back_often_is_no_stream_that_is_lost_again_and_again():
    async def during(road):
        for _ in range(5):
            await asyncio.sleep(4.0)
            road.call.transfer("kitchen")

    road = Road(Callee("busy"), during=during).travel()
    assert road.statuses.count("busy") == 6
    assert road.end == (e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)


def test_a_caller_who_asks_again_and_again_has_nobody_rung_for_ever():
    async def during(road):
        with pytest.raises(ToolError, match="as often as one may be"):
            for _ in range(2 * MOST):
                await asyncio.sleep(4.0)
                road.call.transfer("kitchen")

    assert len(Road(Callee("busy"), during=during, hang_up_after_ms=120_000.0).travel().dialled_numbers) == MOST


def test_a_carrier_that_never_asks_whom_to_dial_ends_the_call():
    async def call():
        from offhook.call import Call
        from offhook.core.leg import CallInfo
        from tests.pair import Pair

        async with Pair() as pair:
            pair.agent.tools = Toolbox([], transfers={"kitchen": KITCHEN})
            pair.call._dialable = POLICY
            assert isinstance(pair.call, Call) and isinstance(pair.call.info, CallInfo)
            pair.call.control._floor._spoke = True
            assert pair.call.transfer("kitchen")
            await pair.loop_ms(PARK_MS + 2000)
            assert pair.published(e.Ended) == [e.Ended(e.Result.FAILED, e.Reason.STREAM_LOST)]

    run(call())


def test_only_who_is_on_the_line_can_be_put_through_and_only_once_at_a_time():
    async def during(road):
        with pytest.raises(ToolError, match="already"):
            await asyncio.sleep(0.5)
            road.call.transfer("kitchen")
        with pytest.raises(ToolError, match="no destination.*kitchen"):
            road.call.transfer("moon")
        await asyncio.sleep(5.0)
        with pytest.raises(ToolError, match="on the line"):
            road.call.transfer("kitchen")

    Road(Callee("no-answer"), during=during).travel()


def test_a_telephone_rings_so_long():
    road = Road(Callee("no-answer")).travel()
    rang = road.at(e.TransferChanged("kitchen", "no-answer")) - road.at(e.TransferChanged("kitchen", "dialling"))
    assert RING_S * 1000 <= rang <= RING_S * 1000 + 500
