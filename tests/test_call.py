"""A call over one leg and then another; the road of a frame."""

import asyncio
import logging

import numpy as np
import pytest

from offhook.agent.tools import Toolbox, tool
from offhook.audio.format import PCM16_24K
from offhook.call import Call
from offhook.core import events as e
from offhook.core.leg import CallInfo
from offhook.core.states import CallState, Next
from offhook.errors import LegFailed, ToolError
from offhook.phone.loopback import LoopbackLeg
from offhook.sim.clock import run
from offhook.sim.network import Link
from tests.pair import Pair, ScriptedAgent


@pytest.mark.parametrize("turns", ["provider", "offhook"])
@pytest.mark.parametrize("delay_ms", [0, 80, 250])
def test_a_stream_cut_in_mid_answer_comes_back_and_goes_on_knowing_what_was_heard(turns, delay_ms):
    async def scenario():
        async with Pair(turns, Link(delay_ms), Link(delay_ms)) as pair:
            pair.agent.piece("a", 4000, "one two three four five six seven eight")
            pair.call.end_item("a")
            await pair.loop_ms(2000)
            before = pair.carrier
            before.drop()
            await pair.loop_ms(500)
            assert pair.call.state is CallState.PARKED
            true_ms = before.heard(pair.agent)["a"]
            assert pair.call.next("in-progress") is Next.STREAM
            pair.stream()
            await pair.loop_ms(5000)
            assert pair.call.state is CallState.CONNECTED
            after_ms = pair.heard()["a"]
            if turns == "offhook":
                said_twice = true_ms + after_ms - 4000
                assert -25 <= said_twice <= 600, "the rest is said from the last word's beginning, and nothing is lost"
                assert pair.agent.told(e.Truncate) == []
            else:
                (truncate,) = pair.agent.told(e.Truncate)
                assert abs(truncate.heard_ms - true_ms) <= 25
                assert pair.agent.told(e.Respond) == [e.Respond("", going_on=True)]
                assert after_ms == 0

    run(scenario())


def test_a_request_for_the_next_step_that_comes_before_the_loss_is_noticed_parks_the_call():
    async def scenario():
        async with Pair("offhook") as pair:
            assert pair.call.next("in-progress") is Next.STREAM
            assert pair.call.state is CallState.PARKED
            pair.stream()
            await pair.loop_ms(500)
            assert pair.call.state is CallState.CONNECTED

    run(scenario())


def test_a_late_request_for_the_next_step_leaves_a_newer_stream_alone():
    async def scenario():
        async with Pair("offhook") as pair:
            pair.call.epoch = 1
            assert pair.call.next("in-progress", 0) is Next.STREAM
            pair.stream()
            pair.call.epoch = 2
            await pair.loop_ms(500)
            for _ in range(5):
                assert pair.call.next("in-progress", 0) is Next.STREAM
                assert pair.call.state is CallState.CONNECTED
            assert pair.call.next("completed", 0) is Next.HANG_UP
            assert pair.call.ended

    run(scenario())


def test_what_the_caller_says_before_the_agent_is_ready_is_kept_in_order():
    class Slow(ScriptedAgent):
        async def run(self, call):
            self.heard = []
            self.send_audio = self.heard.append
            await asyncio.sleep(1.0)
            await super().run(call)

    async def scenario():
        call = Call(
            CallInfo("CA1", "AC1", "", ""), Slow(), publish=lambda _id, _event: None, on_ended=lambda _call: None
        )
        call.start()
        for n in range(10):
            call.caller_audio(bytes([n]))
        await asyncio.sleep(2.0)
        call.caller_audio(b"x")
        assert call.agent.heard == [bytes([n]) for n in range(10)] + [b"x"]
        call.report(e.CarrierEnded("completed"))
        await call.closed()

    run(scenario())


@pytest.mark.parametrize("error", [LegFailed("gone"), ValueError("a bug")])
def test_an_agent_that_fails_ends_its_call_with_a_reason(error):
    class Failing(ScriptedAgent):
        async def run(self, call):
            self.call = call
            call.report(e.AgentJoined())
            raise error

    async def scenario():
        ended = asyncio.Event()
        published = []
        call = Call(
            CallInfo("CA1", "AC1", "", ""), Failing(), publish=lambda _id, event: published.append(event),
            on_ended=lambda _call: ended.set(),
        )  # fmt: skip
        call.start()
        await asyncio.wait_for(ended.wait(), 5)
        await call.closed()
        assert published[-1] == e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)
        assert call.agent.closed

    run(scenario())


def test_an_agent_that_cannot_do_what_it_is_told_costs_its_call_and_nothing_else():
    class Broken(ScriptedAgent):
        def send(self, command):
            raise TypeError("a bug")

    async def scenario():
        published = []
        call = Call(
            CallInfo("CA1", "AC1", "", ""), Broken(), publish=lambda _id, event: published.append(event),
            on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        call.join(LoopbackLeg())
        await asyncio.sleep(3.0)
        assert published[-1] == e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)
        await call.closed()

    run(scenario())


def test_what_is_kept_of_an_early_caller_is_bounded_by_its_length():
    async def scenario():
        call = Call(
            CallInfo("CA1", "AC1", "", ""), ScriptedAgent(), publish=lambda _id, _event: None,
            on_ended=lambda _call: None,
        )  # fmt: skip
        for _ in range(100):
            call.caller_audio(bytes(20_000))
        assert sum(map(len, call._early)) <= 240_000
        call.report(e.CarrierEnded("completed"))
        call.caller_audio(b"late")
        assert not call._early
        await call.closed()

    run(scenario())


@pytest.mark.parametrize("delay_ms", [0, 80, 250])
@pytest.mark.parametrize("at_ms", [300, 1000, 2500])
def test_the_kept_transcript_ends_where_the_caller_stopped_hearing(delay_ms, at_ms):
    async def scenario():
        async with Pair("offhook", Link(delay_ms), Link(delay_ms)) as pair:
            pair.agent.piece("a", 4000)
            pair.report(e.ItemText("a", "abc " * 16, tuple((250.0 * n, 4 * n - 1) for n in range(1, 17))))
            pair.call.end_item("a")
            await pair.loop_ms(at_ms)
            pair.interrupt()
            await pair.loop_ms(1500)
            kept = next(turn for turn in pair.published(e.TurnKept) if turn.item == "a")
            assert abs(len(kept.text.split()) - pair.heard()["a"] / 250) <= 1
            assert len(kept.text.split()) + len(kept.unheard.split()) == 16

    run(scenario())


def test_no_task_queue_log_line_or_event_is_made_for_a_frame(monkeypatch, caplog):
    """Ten seconds of a caller's frames, and what the process made of them."""

    async def scenario():
        async with Pair("provider", Link(0), Link(0)) as pair:
            made = []
            loop = asyncio.get_running_loop()
            monkeypatch.setattr(loop, "create_task", lambda *a, **k: made.append("task"))
            monkeypatch.setattr(loop, "call_soon", lambda *a, **k: made.append("callback"))
            monkeypatch.setattr(loop, "call_at", lambda *a, **k: made.append("timer"))
            monkeypatch.setattr(asyncio, "Queue", lambda *a, **k: made.append("queue"))
            monkeypatch.setattr(pair.call, "report", lambda event: made.append(event))
            monkeypatch.setattr(pair.call.control, "handle", lambda event, now: made.append(event) or [])
            from tests.phone.twilio.test_wire import media

            message = media("/////////w==")
            heard = pair.agent.frames
            with caplog.at_level(logging.DEBUG):
                for _ in range(500):
                    pair.leg.receive(message)
            monkeypatch.undo()
            assert pair.agent.frames == heard + 500
            assert made == []
            assert [record for record in caplog.records if record.name.startswith("offhook")] == []

    run(scenario())


def test_an_ended_call_holds_nothing():
    async def scenario():
        async with Pair("offhook") as pair:
            pair.agent.piece("a", 20_000)
            pair.report(e.HangUpAsked(e.Reason.OPERATOR_HUNG_UP, at_once=True))
            await pair.loop_ms(3000)
            assert pair.call.ended
            assert pair.call._timer is None
            assert pair.call.phone is None
            assert not pair.call.ledger.speaking
            pair.call.caller_audio(b"late")
            pair.call.agent_audio("a", b"late")
            await pair.call.closed()
            assert pair.agent.closed

    run(scenario())


def test_a_caller_who_hangs_up_in_mid_answer_leaves_the_words_they_heard():
    async def scenario():
        async with Pair("offhook") as pair:
            pair.agent.piece("a", 4000)
            pair.report(e.ItemText("a", "one two three four", ((1000, 3), (2000, 7), (3000, 13), (4000, 18))))
            await pair.loop_ms(2700)
            pair.carrier.say({"event": "stop"})
            await pair.loop_ms(90)
            assert pair.call.next("completed") is Next.HANG_UP
            kept = pair.published(e.TurnKept)[-1]
            assert (kept.text, kept.unheard) == ("one two", "three four")
            assert pair.published(e.Ended) == [e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)]

    run(scenario())


class Wideband(ScriptedAgent):
    """An agent that speaks and hears PCM16 at 24 kHz."""

    format = PCM16_24K

    def __init__(self):
        super().__init__("provider")
        self.heard = bytearray()

    def send_audio(self, frame):
        self.heard += frame

    def say(self, item, ms):
        n = np.arange(int(ms * 24))
        pcm16 = (8000 * np.sin(2 * np.pi * 440 * n / 24000)).astype("<i2").tobytes()
        for at in range(0, len(pcm16), 4799):  # in the middle of samples too
            self.call.agent_audio(item, pcm16[at : at + 4799])


def wideband(scenario):
    async def whole():
        events = []
        agent = Wideband()
        call = Call(
            CallInfo("CA1", "AC1", "", ""), agent, publish=lambda _id, event: events.append(event),
            on_ended=lambda _call: None,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        leg = LoopbackLeg()
        call.join(leg)
        await scenario(call, agent, leg, events)
        call.report(e.CarrierEnded("completed"))
        await call.closed()

    run(whole())


def test_legs_of_different_formats_are_converted_and_positions_mean_the_same_to_both():
    async def scenario(call, agent, leg, events):
        call.report(e.SpeechStarted())
        call.report(e.CallerTurnEnded(""))
        agent.say("a", 3000)
        call.end_item("a")
        agent.say("b", 1000)
        call.end_item("b")
        await asyncio.sleep(3.5)
        assert call.ledger.generated_ms("b") == 1000.0
        call.report(e.SpeechStarted())
        (cut,) = agent.told(e.Truncate)
        assert (cut.item, cut.heard_ms) == ("b", pytest.approx(500, abs=2))
        assert sum(len(audio) for item, audio in leg.played if item == "a") == 3000 * 8
        for _ in range(50):
            leg.say(b"\xff" * 160)
        assert len(agent.heard) == 1000 * 48
        agent.say("b", 100)
        call.end_item("b")
        assert call._between._items == {}, "nothing is kept of items that are over"

    wideband(scenario)


def test_where_both_legs_speak_one_format_nothing_is_between_them():
    async def scenario():
        async with Pair("provider", Link(0), Link(0)) as pair:
            assert pair.call._between is None
            assert pair.call._to_agent == pair.agent.send_audio

    run(scenario())


def test_an_event_that_cannot_be_redacted_is_told_to_nobody(monkeypatch, caplog):
    async def scenario():
        async with Pair("provider", Link(0), Link(0)) as pair:
            real = pair.call._redactor.event

            def fails(event):
                if isinstance(event, e.TurnKept):
                    raise TypeError("a bug")
                return real(event)

            monkeypatch.setattr(pair.call._redactor, "event", fails)
            pair.report(e.CallerTurnEnded("four one one one"))
            await pair.loop_ms(100)
            assert pair.published(e.TurnKept) == []
            assert not pair.call.ended
            assert "four one" not in caplog.text
        assert pair.published(e.Ended)

    run(scenario())


def test_what_tools_note_is_told_with_their_results():
    class Notes:
        def finishes(self, name):
            return False

        async def run(self, name, arguments, call):
            call.data["order"] = ["tea"]
            if name == "bad":
                raise ToolError("no")
            return "noted"

    async def scenario():
        async with Pair() as pair:
            pair.agent.tools = Notes()
            for number, name in enumerate(("good", "bad")):
                pair.report(e.ToolCalled(str(number), name, "{}"))
                await pair.loop_ms(10.0)
            return [event for _, event in pair.events if isinstance(event, e.Noted | e.ToolFinished)]

    notes = e.Noted({"order": ["tea"]})
    assert run(scenario()) == [notes, e.ToolFinished("0", "noted"), notes, e.ToolFinished("1", "no", failed=True)]


def test_an_agent_that_cannot_say_words_it_is_given_is_told_of():
    async def scenario():
        async with Pair() as pair:
            with pytest.raises(ToolError, match="cannot say words"):
                pair.call.say("Hello.")

    run(scenario())


def in_pair(scenario):
    async def call():
        async with Pair() as pair:
            await scenario(pair)

    run(call())


def test_the_agent_does_not_hear_the_rest_of_a_keys_tone():
    async def scenario(pair):
        heard = []
        pair.carrier.stop()
        await pair.loop_ms(200)  # from now on the only frames are ours
        pair.agent.send_audio = heard.append
        pair.call._agent_joined(e.AgentJoined())
        pair.call.caller_audio(b"\x10" * 160)
        pair.report(e.KeyPressed("1"))
        for _ in range(20):
            pair.call.caller_audio(b"\x11" * 160)
            await asyncio.sleep(0.02)
        assert heard[0] == b"\x10" * 160
        spoken = [frame for frame in heard[1:] if frame[:1] == b"\x11"]
        assert {len(frame) for frame in heard} == {160} and len(spoken) == 5, "after 300 ms, and no frame is missing"

    in_pair(scenario)


def test_what_the_caller_says_is_overheard_by_everybody_who_wants_to_until_they_do_not():
    async def scenario(pair):
        first, second = [], []
        stop, _ = pair.call.overhear(first.append), pair.call.overhear(second.append)
        pair.call.caller_audio(b"a")
        stop()
        pair.call.caller_audio(b"b")
        assert b"a" in first and b"b" not in first and b"b" in second

    in_pair(scenario)


def test_a_tool_that_is_to_finish_outlives_its_call_and_others_do_not():
    ended = []

    async def take(what):
        try:
            await asyncio.sleep(5.0)
            ended.append(f"{what} is done")
        except asyncio.CancelledError:
            ended.append(f"{what} is cancelled")
            raise

    @tool(finish=True)
    async def book() -> str:
        await take("book")
        return "booked"

    @tool
    async def look_up(call) -> str:
        await take("look_up")
        return "found"

    async def scenario():
        async with Pair() as pair:
            pair.agent.tools = Toolbox([book, look_up])
            for name in ("book", "look_up"):
                pair.report(e.ToolCalled(name, name, "{}"))
            await pair.loop_ms(100.0)
            pair.call.report(e.CarrierEnded("completed"))
            await pair.call.closed()
            assert ended == ["look_up is cancelled"] and len(pair.call.finishing) == 1
            await asyncio.sleep(6.0)
            assert ended[1:] == ["book is done"] and not pair.call.finishing
            return [event for _, event in pair.events]

    events = run(scenario())
    assert not [event for event in events if isinstance(event, e.ToolFinished)]  # the call was over by then
