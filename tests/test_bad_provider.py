"""A provider whose connections are cut, stalled, throttled and refused at every moment of a call, among calls that go well."""

import asyncio
import importlib.util
import logging

import pytest

from offhook.core import events as e
from offhook.sim.clock import run
from offhook.sim.trouble import Trouble
from tests.bad_provider import API_KEY, HOURS, LATER_S, MENU, ORDER, READY_S, Outcome, Provider

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)

QUIET_MS = 3500.0
"""Nobody waits longer without hearing anything."""
MOST_TRIES = 8
COMPLETED = e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
FAILED = e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)

RESET, END = Trouble(reset=True), Trouble(end=True)
STALL, STALL_UP, STALL_DOWN = Trouble(stall=True), Trouble(stall=True, ways="up"), Trouble(stall=True, ways="down")
MUTE, HALF_OPEN = Trouble(mute=True), Trouble(stall=True, after_bytes=1)
HICCUP = Trouble(stall=True, stall_ms=3000.0)
BREAKS = {
    "reset": RESET, "end": END, "close 1011": Trouble(close=1011), "close 1012": Trouble(close=1012),
    "garbage": Trouble(garbage=True), "stall": STALL, "stall up": STALL_UP, "stall down": STALL_DOWN,
    "stall 3 s": HICCUP, "throttle": Trouble(bytes_per_s=400.0),
}  # fmt: skip


def greeting(provider):
    return provider.said("response.created") == 1


def answer(provider):
    return provider.said("response.created") == 3


def speaking(provider):
    return provider.said("input_audio_buffer.speech_started") == 2


def tool(provider):
    return provider.said("response.function_call_arguments.done") == 1


def idle(provider):
    return provider.said("response.done") == 2


MOMENTS = {
    "greeting": (greeting, 0.5),
    "answer": (answer, 2.0),
    "speaking": (speaking, 0.3),
    "tool": (tool, 0.2),
    "idle": (idle, 1.6),
}


class Bad:
    """One call that comes to harm, and one that does not."""

    def __init__(self, trouble=None, moment=None, then=(), always=None, first=(), closes=False, stays=False) -> None:
        """`trouble` strikes at a `moment`; `then` are the plans of the connections after it, `always` of all of them,
        `first` of the call's first ones; `closes`: from then on nobody listens."""
        self.closes, self.stays = closes, stays
        self.trouble, self.moment, self.then, self.always, self.first = trouble, moment, then, always, first

    def run(self) -> "Bad":
        run(Provider().run(self._scenario))
        return self

    async def _scenario(self, provider: Provider) -> None:
        self.provider = provider
        await asyncio.sleep(READY_S)
        striking = asyncio.ensure_future(self._strike())
        calls = provider.call("1", provider.says(ORDER, MENU)), self._harmed()
        self.well, self.harmed = await asyncio.gather(*calls)
        striking.cancel()

    async def _harmed(self) -> Outcome:
        await asyncio.sleep(LATER_S)
        self.first_connection = len(self.provider.proxy.connections)
        self.provider.first_session = len(self.provider.sessions)
        self.provider.proxy.plans += self.first
        return await self.provider.call("2", self.provider.says(ORDER, MENU, HOURS, stays=self.stays))

    async def _strike(self) -> None:
        if self.moment is None:
            return
        happened, later_s = self.moment
        await self.provider.when(lambda: happened(self.provider))
        await asyncio.sleep(later_s)
        self.provider.proxy.plans += self.then
        if (always := self.always) is not None:
            self.provider.proxy.otherwise = lambda: always
        self.provider.port_closed = self.closes
        if self.trouble is not None:
            self.provider.proxy.connections[self.first_connection].strike(self.trouble)

    @property
    def tried_at(self) -> list[float]:
        """When the call that came to harm was connected, or was refused, in seconds."""
        return [
            connection.began for connection in self.provider.proxy.connections[self.first_connection :]
        ] + self.provider.refused_at

    @property
    def tries(self) -> int:
        """How often that was."""
        return len(self.tried_at)

    def told(self) -> str:
        """The words of the agent in the harmed call's transcript."""
        last = {event.turn: event for event in self.harmed.events if isinstance(event, e.TurnKept)}
        return " ".join(event.text for event in last.values() if event.role == "agent")

    def told_again(self) -> str:
        """What the last session of the harmed call was told of the conversation before it."""
        log = self.provider.sessions[-1].log
        items = [
            event["item"] for _, way, event in log if way == "in" and event.get("type") == "conversation.item.create"
        ]
        return " ".join(part["text"] for item in items for part in item.get("content", ()))


@pytest.fixture(scope="module")
def undisturbed():
    return Bad().run()


@pytest.fixture
def held(undisturbed, caplog):
    """What holds whatever went wrong."""
    caplog.set_level(logging.DEBUG)
    for stand_in in ("websockets", "httpx", "httpcore"):  # which tell what they are sent
        caplog.set_level(logging.WARNING, stand_in)

    def check(bad: Bad) -> None:
        assert bad.well.spans == undisturbed.well.spans, "the other call is untouched"
        assert bad.well.ended.result is e.Result.COMPLETED
        assert bad.tries <= MOST_TRIES
        assert API_KEY not in caplog.text and API_KEY[8:] not in caplog.text
        assert "Traceback" not in caplog.text and "never retrieved" not in caplog.text
        assert bad.harmed.longest_ms <= QUIET_MS, bad.harmed.silences()

    return check


def test_without_trouble_nobody_waits(undisturbed):
    for outcome in (undisturbed.well, undisturbed.harmed):
        assert outcome.longest_ms < QUIET_MS
        assert outcome.ended == COMPLETED
        assert len(outcome.spans) >= 3


USUAL = [("reset", moment) for moment in MOMENTS] + [("stall", moment) for moment in MOMENTS] + [
    (trouble, "speaking") for trouble in ("close 1012", "garbage", "stall up", "stall 3 s", "throttle")
]  # fmt: skip
REST = [(trouble, moment) for trouble in BREAKS for moment in MOMENTS if (trouble, moment) not in USUAL]


@pytest.mark.parametrize(
    ("trouble", "moment"), [*USUAL, *(pytest.param(*each, marks=pytest.mark.soak) for each in REST)]
)
def test_a_connection_that_breaks_is_replaced_and_the_conversation_goes_on(trouble, moment, held):
    bad = Bad(BREAKS[trouble], MOMENTS[moment]).run()
    held(bad)
    assert bad.harmed.ended == COMPLETED
    assert bad.tries <= 2
    if bad.tries == 2 and moment != "greeting":
        assert "large latte" in bad.told_again()
    assert "seven to five" in bad.told(), "what was asked last is answered"


AFTERMATHS = {
    "dropped three times": ([RESET] * 3, 5),
    "not answered": ([MUTE], 3),
    "half-open twice": ([HALF_OPEN] * 2, 4),
    "slow": ([Trouble(handshake_ms=2500.0)], 2),
    "overloaded": ([Trouble(status=503), Trouble(status=500)], 4),
    "limited": ([Trouble(status=429)], 3),
    "garbage": ([Trouble(garbage=True, after_bytes=1)], 3),
    "lost again and again": ([Trouble(reset=True, after_ms=3000.0)] * 2, 4),
}


@pytest.mark.parametrize(("plans", "tries"), AFTERMATHS.values(), ids=list(AFTERMATHS))
def test_the_next_connections_may_fail_too(plans, tries, held):
    bad = Bad(RESET, MOMENTS["answer"], then=plans).run()
    held(bad)
    assert bad.harmed.ended == COMPLETED
    assert 2 <= bad.tries <= tries
    assert "large latte" in bad.told_again()


def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(held):
    bad = Bad(RESET, MOMENTS["answer"], then=[Trouble(status=429, retry_after="4")]).run()
    held(bad)
    assert bad.harmed.ended == COMPLETED
    assert bad.tried_at[2] - bad.tried_at[1] >= 4.0 and bad.tries == 3


HOPELESS = {
    "a wrong key": (Trouble(status=401), 2), "forbidden": (Trouble(status=403), 2),
    "later than a caller waits": (Trouble(status=429, retry_after="3600"), 2),
    "dropped for ever": (RESET, MOST_TRIES), "never answered": (MUTE, MOST_TRIES), "half-open for ever": (HALF_OPEN, MOST_TRIES),
    "overloaded for ever": (Trouble(status=503), MOST_TRIES),
}  # fmt: skip


@pytest.mark.parametrize(("always", "most"), HOPELESS.values(), ids=list(HOPELESS))
def test_a_call_whose_model_does_not_come_back_ends_in_order_and_soon(always, most, held):
    bad = Bad(RESET, MOMENTS["answer"], always=always, stays=True).run()
    held(bad)
    assert bad.harmed.ended == FAILED and bad.harmed.polite
    assert bad.tries <= most
    assert bad.tried_at[-1] - bad.tried_at[1] <= 30.0


def test_a_port_where_nobody_listens_any_more_is_tried_eight_times(held):
    bad = Bad(RESET, MOMENTS["answer"], closes=True, stays=True).run()
    held(bad)
    assert bad.harmed.ended == FAILED and bad.harmed.polite
    assert bad.tries == MOST_TRIES


@pytest.mark.parametrize(
    ("first", "ended", "tries"),
    [
        ([RESET], True, 2), ([RESET] * 2, True, 3), ([MUTE], True, 2), ([HALF_OPEN], True, 2), ([Trouble(status=503)], True, 2),
        ([Trouble(handshake_ms=2500.0)], True, 1), ([RESET] * 9, False, 3), ([Trouble(status=401)], False, 1),
        ([Trouble(status=429, retry_after="60")], False, 1),
    ],
    ids=["dropped", "dropped twice", "not answered", "half-open", "overloaded", "slow", "dropped for ever", "a wrong key", "limited"],
)  # fmt: skip
def test_before_there_is_a_session(first, ended, tries, held):
    bad = Bad(first=first, stays=not ended).run()
    held(bad)
    assert bad.harmed.ended == (COMPLETED if ended else FAILED)
    assert bad.harmed.polite or ended
    assert bad.tries == tries
