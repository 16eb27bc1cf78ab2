"""A real call between a scripted agent and a page in simulated time; the page's own player is the truth."""

import asyncio

import orjson
import pytest

from offhook.audio.format import MULAW_8K, PCM16_8K, PCM16_16K, PCM16_24K
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.errors import LocalProtocolError
from offhook.phone.browser.leg import AHEAD_MS, BAD, LATE, MALFORMED, POLICY, BrowserLeg
from offhook.sim.clock import run
from tests.pair import ScriptedAgent
from tests.phone.browser.page import Page


class Talk:
    """One call and the pages that carry it."""

    def __init__(self, format=PCM16_24K, turns="provider", agent_format=None, delay_ms=0.0):
        self.format, self.delay_ms = format, delay_ms
        self.agent = ScriptedAgent(turns)
        self.agent.format = agent_format or format
        self.agent.per_ms = self.agent.format.bytes_per_ms
        self.heard = bytearray()
        self.agent.send_audio = self.heard.extend
        self.published, self.over = [], 0
        self.call = Call(
            CallInfo("BR1", "", "browser", ""), self.agent, publish=lambda _id, event: self.published.append(event),
            on_ended=lambda _call: None, format=format,
        )  # fmt: skip
        self.call.start()
        self.pages = []

    def open(self):
        page = Page(self.format, self.delay_ms)

        def over():
            self.over += 1

        page.leg = BrowserLeg(page, self.format, self.call.now, over=over)
        self.pages.append(page)
        self.call.epoch += 1
        page.leg.carry(self.call, "token")
        return page

    def piece(self, item, ms):
        self.call.agent_audio(item, bytes([len(item), 0]) * (ms * self.agent.per_ms // 2))

    def all(self, kind):
        return [event for event in self.published if isinstance(event, kind)]


def talk(scenario, **options):
    async def whole():
        it = Talk(**options)
        await asyncio.sleep(0)
        await scenario(it, it.open())
        if not it.call.ended:
            it.call.report(e.CarrierEnded("completed"))
        await it.call.closed()
        for page in it.pages:
            page.stop()

    run(whole())


@pytest.mark.parametrize("format", [PCM16_8K, PCM16_16K, PCM16_24K], ids=str)
@pytest.mark.parametrize("agent_format", [MULAW_8K, PCM16_24K, None], ids=str)
def test_an_item_is_played_whole_and_heard_when_it_was(format, agent_format):
    async def scenario(it, page):
        it.piece("a", 2500)
        it.call.end_item("a")
        await asyncio.sleep(2.45)
        assert not it.all(e.TurnKept)
        await asyncio.sleep(0.1)
        (kept,) = it.all(e.TurnKept)
        assert kept.heard_ms == 2500.0 == page.items["a"]
        assert len(page.audio) == 2500 * format.bytes_per_ms
        assert page.told("item") == [{"type": "item", "item": "a", "ms": 0.0}]
        assert len(it.heard) > 2000 * it.agent.format.bytes_per_ms

    talk(scenario, format=format, agent_format=agent_format)


@pytest.mark.parametrize("delay_ms", [0.0, 80.0, 300.0])
def test_a_barge_in_cuts_where_the_page_stopped_to_the_sample(delay_ms):
    async def scenario(it, page):
        it.piece("first", 3000)
        it.call.end_item("first")
        it.piece("second", 3000)
        it.piece("third!", 1000)
        await asyncio.sleep(3.4)
        it.call.report(e.SpeechStarted())
        await asyncio.sleep(1.0)
        (cut,) = it.agent.told(e.Truncate)
        assert (cut.item, cut.heard_ms) == ("second", int(page.items["second"]))
        assert abs(cut.heard_ms - 400) <= 2, "one way there and one way back: just where it was"
        assert [kept.heard_ms for kept in it.all(e.TurnKept) if kept.item == "first"] == [3000.0]
        assert page.items.get("third!") is None

    talk(scenario, delay_ms=delay_ms)


def test_an_item_that_ended_while_the_clear_was_on_its_way_was_heard_whole():
    async def scenario(it, page):
        it.piece("first", 2000)
        it.call.end_item("first")
        it.piece("second", 3000)
        await asyncio.sleep(1.99)  # it ends at 2.2, where the clear comes to the page at 2.19
        it.call.report(e.SpeechStarted())
        await asyncio.sleep(1.0)
        heard = {kept.item: kept.heard_ms for kept in it.all(e.TurnKept)}
        assert heard["first"] == page.items["first"] and heard["first"] > 1980

    talk(scenario, delay_ms=200.0)


def test_a_refuted_interruption_goes_on_where_the_page_stopped():
    async def scenario(it, page):
        it.piece("a", 3000)
        it.call.report(e.ItemText("a", "so it goes", ((900.0, 2), (1800.0, 5), (3000.0, 10))))
        it.call.end_item("a")
        await asyncio.sleep(2.0)
        it.call.report(e.SpeechStarted())
        it.call.report(e.SpeechStopped())
        await asyncio.sleep(0.5)
        it.call.report(e.CallerTurnEnded("", 200.0))
        await asyncio.sleep(4.0)
        (kept,) = it.all(e.TurnKept)
        assert kept.heard_ms == 3000.0
        first, again = page.told("item")
        assert first["ms"] == 0.0 and again["ms"] == 1800.0
        assert len(page.played) // it.format.bytes_per_ms == 2000 + 3000 - again["ms"]

    talk(scenario, turns="offhook", delay_ms=40.0)


def test_audio_goes_out_at_once_but_never_more_than_the_bound():
    async def scenario(it, page):
        for _ in range(30):
            it.piece("a", 1000)
        assert len(page.audio) == 0
        await asyncio.sleep(0.001)
        assert len(page.audio) == AHEAD_MS * it.format.bytes_per_ms
        await asyncio.sleep(5.0)
        assert len(page.audio) - len(page.played) <= AHEAD_MS * it.format.bytes_per_ms
        it.call.end_item("a")
        await asyncio.sleep(26.0)
        (kept,) = it.all(e.TurnKept)
        assert kept.heard_ms == 30_000.0

    talk(scenario)


def test_a_page_that_comes_back_hears_the_rest():
    async def scenario(it, page):
        it.piece("a", 4000)
        it.call.report(e.ItemText("a", "so it goes", ((900.0, 2), (1800.0, 5), (4000.0, 10))))
        it.call.end_item("a")
        await asyncio.sleep(2.2)
        page.leg.lost()
        page.stop()
        assert it.call.state == "parked"
        await asyncio.sleep(5.0)
        back = it.open()
        await asyncio.sleep(3.0)
        assert it.call.state == "connected"
        assert back.told("item")[0]["ms"] == 1800.0
        assert [kept.heard_ms for kept in it.all(e.TurnKept)] == [4000.0]
        lost, = it.all(e.StreamEnded)  # fmt: skip
        assert (lost.epoch, lost.media_in, lost.media_out) == (0, 109, 4)

    talk(scenario, turns="offhook")


def test_keys_and_hanging_up():
    async def scenario(it, page):
        page.say(type="dtmf", digit="5")
        await asyncio.sleep(0.1)
        assert [event.digit for event in it.all(e.KeyPressed)] == ["5"]
        page.say(type="hangup")
        await asyncio.sleep(0.1)
        assert it.call.ended and it.call.control.reason == e.Reason.CALLER_HUNG_UP

    talk(scenario)


@pytest.mark.parametrize(("code", "ended"), [(1000, True), (1001, True), (1005, True), (4000, False)])
def test_a_page_that_closes_its_socket_hangs_up_unless_it_says_otherwise(code, ended):
    async def scenario(it, page):
        page.leg.closing(code)
        page.leg.lost()
        assert it.call.ended == ended

    talk(scenario)


def test_when_we_hang_up_the_call_is_over_and_the_socket_left_to_those_who_still_tell():
    async def scenario(it, page):
        it.piece("a", 1000)
        await asyncio.sleep(0.7)
        it.call.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
        assert it.call.ended and it.over == 1 and page.closed is None
        assert [kept.heard_ms for kept in it.all(e.TurnKept)] == [500.0], "the page's last word on it"
        page.leg.receive_binary(bytes(960))
        page.leg.receive(b'{"type":"hangup"}')

    talk(scenario)


def test_a_call_that_ends_elsewhere_closes_the_page():
    async def scenario(it, page):
        page.leg.close()
        assert page.closed == (1000, "The call is over.")
        page.leg.close()

    talk(scenario)


def test_bad_messages_are_told_and_the_twentieth_ends_the_stream():
    async def scenario(it, page):
        for _ in range(MALFORMED - 1):
            page.leg.receive(b"{}")
        page.leg.receive(b'{"type":"cleared","item":"a","ms":0}')  # nobody asked
        await asyncio.sleep(0.1)
        assert page.told("problem")[0]["detail"].startswith("`type` must be")
        assert page.closed == (BAD, "A message out of its place.")
        assert it.call.state == "parked"

    talk(scenario)


def test_half_a_sample_is_bad():
    async def scenario(it, page):
        page.leg.receive_binary(b"x")
        await asyncio.sleep(0.1)
        assert page.told("problem") == [{"type": "problem", "detail": "Audio must be whole samples of 16 bits."}]

    talk(scenario)


def test_more_audio_than_time_ends_the_stream():
    async def scenario(it, page):
        second = it.format.silence(1000)
        for _ in range(10):
            page.leg.receive_binary(second)
        assert page.closed is None, "a network may hold so much up"
        page.leg.receive_binary(second)
        assert page.closed[0] == POLICY

    talk(scenario)


def test_more_messages_than_a_page_has_to_say_end_the_stream():
    async def scenario(it, page):
        for _ in range(201):
            page.leg.receive(b'{"type":"heard","item":"a","ms":0}')
        assert page.closed[0] == POLICY

    talk(scenario)


def test_a_page_that_sleeps_is_parked():
    async def scenario(it, page):
        await asyncio.sleep(1.0)
        page.asleep = True
        await asyncio.sleep(9.9)
        assert page.closed is None
        await asyncio.sleep(0.2)
        assert page.closed == (LATE, "No audio came for 10 s.")
        assert it.call.state == "parked"

    talk(scenario)


def test_a_page_that_does_not_answer_a_clear_is_parked():
    async def scenario(it, page):
        page.answers = False
        it.piece("a", 3000)
        await asyncio.sleep(2.0)
        it.call.report(e.SpeechStarted())
        await asyncio.sleep(1.1)
        assert [cut.heard_ms for cut in it.agent.told(e.Truncate)] == [2000], "its last report"
        await asyncio.sleep(4.0)
        assert page.closed == (LATE, "A clear was not answered for 5 s.")

    talk(scenario)


def test_a_page_that_stops_reading_is_parked():
    async def scenario(it, page):
        page.unsent_bytes = 1000
        it.piece("a", 3000)
        await asyncio.sleep(4.9)
        assert page.closed is None and not page.audio
        await asyncio.sleep(0.2)
        assert page.closed is not None

    talk(scenario)


def test_a_page_that_reads_slowly_gets_what_it_can_take():
    async def scenario(it, page):
        page.unsent_bytes = 1000
        it.piece("a", 1000)
        await asyncio.sleep(4.0)
        page.unsent_bytes = 0
        page.leg.resume()
        it.call.end_item("a")
        await asyncio.sleep(2.0)
        assert [kept.heard_ms for kept in it.all(e.TurnKept)] == [1000.0]

    talk(scenario)


def test_the_two_sides_are_laid_beside_one_another():
    async def scenario(it, page):
        assert (page.leg.media_ms(), page.leg.media_ahead_ms()) == (None, None)
        began = it.call.now()
        it.piece("a", 2000)
        await asyncio.sleep(1.5)
        assert page.leg.media_ms() == pytest.approx(1500 - 80, abs=21)
        # What was written at `began` is heard at 80 ms, when the page had captured 80 ms.
        assert began + page.leg.media_ahead_ms() == pytest.approx(80, abs=21)

    talk(scenario, delay_ms=80.0)


def test_the_tape_holds_what_the_page_played():
    async def scenario(it, page):
        began = it.call.now()
        it.piece("a", 4000)
        await asyncio.sleep(2.0)
        it.call.report(e.SpeechStarted())
        page.leg.lost()
        taped = it.call.tape.between(began, began + 4000)
        assert len(taped.rstrip(b"\0")) // it.format.bytes_per_ms == pytest.approx(2000, abs=1)

    async def settled(it, page):
        began = it.call.now()
        it.piece("a", 4000)
        await asyncio.sleep(2.0)
        it.call.report(e.SpeechStarted())
        await asyncio.sleep(0.5)
        taped = it.call.tape.between(began, began + 4000).rstrip(b"\0")
        assert len(taped) // it.format.bytes_per_ms == pytest.approx(page.items["a"], abs=2)

    talk(scenario)
    talk(settled, delay_ms=80.0)


def test_the_answer_is_timed_when_it_can_be_heard():
    async def scenario(it, page):
        it.piece("a", 1000)
        it.call.end_item("a")
        await asyncio.sleep(2.0)
        it.call.report(e.SpeechStarted())
        it.call.report(e.SpeechStopped())
        it.call.report(e.CallerTurnEnded("hello", 500.0))
        it.piece("b", 1000)
        it.call.end_item("b")
        await asyncio.sleep(2.0)
        (answered,) = it.all(e.Answered)
        assert answered.latency_ms == pytest.approx(160.0, abs=3.0), "the round trip"

    talk(scenario, delay_ms=80.0)


def test_commands_of_the_agents_are_not_the_legs():
    async def scenario(it, page):
        with pytest.raises(LocalProtocolError):
            page.leg.send(e.Greet())

    talk(scenario)


def test_before_the_call_is_there_a_page_is_not_listened_to_but_may_not_misbehave():
    async def whole():
        page = Page(PCM16_24K)
        page.leg = leg = BrowserLeg(page, PCM16_24K, lambda: 0.0, over=lambda: None)
        leg.receive_binary(bytes(960))
        assert not leg.joined and leg.wake_at() is None
        leg.receive(orjson.dumps({"type": "resume", "token": "t"}))
        assert leg.gone and page.closed == (BAD, "A message out of its place.")
        leg.lost()

    run(whole())


def test_a_token_is_passed_on_once():
    async def whole():
        page, given = Page(PCM16_24K), []
        page.leg = leg = BrowserLeg(
            page, PCM16_24K, lambda: 0.0, resume=lambda _leg, fact: given.append(fact.token), over=lambda: None
        )
        leg.receive(b'{"type":"resume","token":"t"}')
        leg.receive(b'{"type":"resume","token":"t"}')
        assert given == ["t"] and page.closed[0] == BAD

    run(whole())
