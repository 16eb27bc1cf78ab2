"""A provider whose connections are cut, stalled, throttled and refused at every moment of a call, among calls that go well."""

import asyncio
import importlib.util
import logging

import pytest

from offhook.core import events as e
from offhook.sim.clock import run
from offhook.sim.trouble import Trouble

from .bad_provider import API_KEY, HOURS, LATER_S, MENU, WHO, Outcome, Provider

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)

QUIET_MS = 3500.0
"""Nobody waits longer without hearing anything."""
MOST_TRIES = 8

RESET, END = Trouble(reset=True), Trouble(end=True)
STALL, STALL_UP, STALL_DOWN = Trouble(stall=True), Trouble(stall=True, ways="up"), Trouble(stall=True, ways="down")
HICCUP = Trouble(stall=True, stall_ms=3000.0)
BREAKS = {
    "reset": RESET, "end": END, "close 1011": Trouble(close=1011), "close 1012": Trouble(close=1012),
    "garbage": Trouble(garbage=True), "stall": STALL, "stall up": STALL_UP, "stall down": STALL_DOWN,
    "stall 3 s": HICCUP, "throttle": Trouble(bytes_per_s=400.0),
}  # fmt: skip


def greeting(provider):
    return provider.said(1, "response.created") == 1


def answer(provider):
    return provider.said(1, "response.created") == 3


def speaking(provider):
    return provider.said(1, "input_audio_buffer.speech_started") == 2


def tool(provider):
    return provider.said(1, "response.function_call_arguments.done") == 1


def idle(provider):
    return provider.said(1, "response.done") == 2


MOMENTS = {
    "greeting": (greeting, 0.5),
    "answer": (answer, 2.0),
    "speaking": (speaking, 0.3),
    "tool": (tool, 0.2),
    "idle": (idle, 1.6),
}


class Bad:
    """One call that comes to harm, and one that does not."""

    def __init__(self, trouble=None, moment=None, then=(), always=None, first=()) -> None:
        """`trouble` strikes at a `moment`; `then` are the plans of the connections after it, `always` of all of them,
        `first` of the call's first ones."""
        self.trouble, self.moment, self.then, self.always, self.first = trouble, moment, then, always, first

    def run(self) -> "Bad":
        run(Provider().run(self._scenario))
        return self

    async def _scenario(self, provider: Provider) -> None:
        self.provider = provider
        striking = asyncio.ensure_future(self._strike())
        calls = provider.call("1", provider.says(WHO, MENU, HOURS)), self._harmed()
        self.well, self.harmed = await asyncio.gather(*calls)
        striking.cancel()

    async def _harmed(self) -> Outcome:
        await asyncio.sleep(LATER_S)
        self.provider.proxy.plans += self.first
        return await self.provider.call("2", self.provider.says(WHO, MENU, HOURS))

    async def _strike(self) -> None:
        if self.moment is None:
            return
        happened, later_s = self.moment
        await self.provider.when(lambda: happened(self.provider))
        await asyncio.sleep(later_s)
        self.provider.proxy.plans += self.then
        self.provider.proxy.always = self.always
        if self.trouble is not None:
            self.provider.proxy.connections[1].strike(self.trouble)

    @property
    def tries(self) -> int:
        """Connections of the call that came to harm."""
        return len(self.provider.proxy.connections) - 1

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
        assert outcome.ended == e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
        assert len(outcome.spans) == 4


@pytest.mark.parametrize("trouble", BREAKS.values(), ids=list(BREAKS))
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=list(MOMENTS))
def test_a_connection_that_breaks_is_replaced_and_the_conversation_goes_on(moment, trouble, held):
    bad = Bad(trouble, moment).run()
    held(bad)
    assert bad.harmed.ended == e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
    assert bad.tries <= 2
    if bad.tries == 2 and moment is not MOMENTS["greeting"]:
        assert WHO in bad.told_again()
