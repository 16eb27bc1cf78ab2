"""Whatever goes wrong at the model, the caller is never left in silence, and the call goes on or ends with a word.

Each test is a whole call with one fault; the longest silence is that of the caller's ear, 80 ms from us.
"""

import asyncio

import pytest

from offhook import tool
from offhook.core import events as e
from offhook.sim.model_orders import Answer, Faults
from tests.agent.realtime.faulty import AZURE, GA, faulty

FIRST_MS, SILENCE_MS = 3000.0, 3500.0
STORY = Answer("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen")


async def ends(ear, within_ms):
    """The call ends by itself, as one that failed; how long it took, and the silence until then."""
    opened = ear.call.now()
    await ear.ms(within_ms)
    assert ear.published(e.Ended) == [e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)]
    return ear.longest_silence(opened, ear.ended_ms())


@pytest.mark.parametrize("dialect", [GA, AZURE], ids=lambda each: each.name)
def test_a_healthy_call_has_no_lines(dialect):
    async def scenario(ear):
        opened = ear.call.now()
        await ear.ms(3000)
        ear.caller.speak(800)
        await ear.ms(5000)
        assert ear.said() == ["Hello, the bakery.", "I am a baker."]
        assert ear.first_sound() - opened < 1500

    faulty(scenario, dialect=dialect)


@pytest.mark.parametrize("status", [401, 503])
def test_a_model_that_refuses_is_told_in_words_and_the_call_ends(status):
    async def scenario(ear):
        assert await ends(ear, 10_000) <= FIRST_MS
        assert ear.said()[-1] == "Sorry, something has gone wrong. Goodbye."
        assert len(ear.service.tried) <= 8

    faulty(scenario, connected_ms=10.0, faults=Faults(refuse=status))


@pytest.mark.parametrize("fault", ["half_open", "update_silent"])
def test_a_model_that_says_nothing_at_the_start_is_waited_for_with_words(fault):
    async def scenario(ear):
        opened = ear.call.now()
        assert await ends(ear, 25_000) <= SILENCE_MS
        assert ear.first_sound() - opened <= FIRST_MS
        assert ear.said()[:2] == ["One moment, please.", "Still with you."]
        assert ear.ended_ms() - opened < 20_000

    faulty(scenario, faults=Faults(**{fault: True}))


def test_a_model_that_is_slow_to_come_greets_when_it_is_there():
    async def scenario(ear):
        opened = ear.call.now()
        await ear.ms(4000)
        ear.service.mend()
        await ear.ms(8000)
        assert ear.said()[-1] == "Hello, the bakery."
        assert ear.first_sound() - opened <= FIRST_MS
        greeted = next(at for at, event in ear.events if isinstance(event, e.TurnKept) and "bakery" in event.text)
        assert ear.longest_silence(opened, greeted) <= SILENCE_MS
        assert not ear.call.ended

    faulty(scenario, faults=Faults(half_open=True))


@pytest.mark.parametrize("late_ms", [1500, 4000])
def test_a_model_that_is_late_with_everything_is_waited_for_with_words(late_ms):
    async def scenario(ear):
        opened = ear.call.now()
        await ear.ms(20_000)
        begins = ear.call.now()
        ear.caller.speak(800)
        await ear.ms(12_000)
        assert ear.said()[-1] == "I am a baker."
        answered = next(at for at, event in ear.events if isinstance(event, e.TurnKept) and "baker." in event.text)
        assert ear.first_sound() - opened <= FIRST_MS
        # That the caller spoke is known as late as everything else.
        assert ear.longest_silence(begins, answered) <= max(SILENCE_MS, late_ms + 1900)

    faulty(scenario, faults=Faults(delay_ms=late_ms))


def test_a_model_that_thinks_long_is_waited_for_with_words_in_turn():
    async def scenario(ear):
        await ear.ms(12_000)
        begins = ear.call.now()
        ear.caller.speak(800)
        await ear.ms(12_000)
        assert "I am a baker." in ear.said()
        assert len(set(ear.said()) & {"One moment, please.", "Still with you.", "Just a moment longer."}) >= 2
        answered = next(at for at, event in ear.events if isinstance(event, e.TurnKept) and "baker." in event.text)
        assert ear.longest_silence(begins, answered) <= SILENCE_MS
        for session in ear.service.server.sessions:
            assert not [item for item in session.conversation.items if "moment" in (item.text or "")]

    faulty(scenario, first_audio_ms=6500.0)


@pytest.mark.parametrize("dialect", [GA, AZURE], ids=lambda each: each.name)
def test_a_tool_that_takes_long_is_waited_for_with_words(dialect):
    @tool
    async def opening_hours() -> str:
        """Opening hours of the shop."""
        await asyncio.sleep(9)
        return "nine to five"

    async def scenario(ear):
        await ear.ms(4000)
        begins = ear.call.now()
        ear.caller.speak(800)
        await ear.ms(16_000)
        called = next(at for at, event in ear.events if isinstance(event, e.ToolCalled))
        finished = next(at for at, event in ear.events if isinstance(event, e.ToolFinished))
        assert ear.longest_silence(called, finished) <= SILENCE_MS
        first = min(begin for begin, _ in ear.sounds() if begin > called)
        assert first - called <= 1200
        assert ear.longest_silence(begins, finished) <= SILENCE_MS
        assert ear.said()[-1] == "nine to five"

    from offhook.sim.model_orders import ToolUse

    faulty(scenario, dialect=dialect, agent={"tools": [opening_hours], "greeting": ""},
           answers=(Answer("", (ToolUse("opening_hours"),)),))  # fmt: skip


@pytest.mark.parametrize("dialect", [GA, AZURE], ids=lambda each: each.name)
def test_an_answer_that_stops_in_the_middle_is_over_two_seconds_after_it_was_heard_and_is_gone_on_with(dialect):
    async def scenario(ear):
        opened = ear.call.now()
        await ear.ms(3000)
        ear.service.mend()
        for session in ear.service.server.sessions:
            session._speaking._setup = ear.service.server.setup
        await ear.ms(9000)
        assert ear.longest_silence(opened, opened + 6000) <= SILENCE_MS
        heard = [turn for turn in ear.published(e.TurnKept) if turn.role == "agent"]
        assert heard and heard[0].heard_ms == pytest.approx(1000, abs=250)
        assert not ear.call.ended
        assert len(ear.service.server.sessions) == 1

    faulty(scenario, dialect=dialect, answers=(STORY,), faults=Faults(stall_ms=800))


def test_answers_that_all_stop_in_the_middle_end_the_call_with_a_word():
    async def scenario(ear):
        assert await ends(ear, 60_000) <= SILENCE_MS
        assert ear.said()[-1] == "Sorry, something has gone wrong. Goodbye."
        assert len(ear.service.tried) <= 8

    faulty(scenario, answers=(STORY, STORY, STORY), faults=Faults(stall_ms=800))


def test_a_model_that_breaks_off_every_answer_ends_the_call_with_a_word():
    async def scenario(ear):
        assert await ends(ear, 120_000) <= SILENCE_MS
        assert ear.said()[-1] == "Sorry, something has gone wrong. Goodbye."
        assert len(ear.service.tried) <= 1 + 8

    faulty(scenario, answers=(STORY,), faults=Faults(drop_ms=400))


@pytest.mark.parametrize("whose", ["nobody speaks", "the agent thinks", "the agent speaks"])
def test_a_session_that_is_lost_for_a_while_is_told_in_words_and_goes_on(whose):
    async def scenario(ear):
        await ear.ms(3000)
        if whose != "nobody speaks":
            ear.caller.speak(800)
            await ear.ms(1800 if whose == "the agent thinks" else 2900)
        lost = ear.call.now()
        ear.service.server.setup = ear.service.server.setup.__class__(faults=Faults(refuse=503))
        ear.call.agent._session.give_up("is cut off")
        await ear.ms(9000)
        ear.service.mend()
        await ear.ms(14_000)  # the pauses between tries have grown by then
        assert not ear.call.ended
        assert "Sorry, I lost my connection for a moment." in ear.said()
        back = next(at for at, event in ear.events if at > lost and isinstance(event, e.TurnKept))
        assert ear.longest_silence(lost, lost + 9000) <= SILENCE_MS
        assert back
        if whose == "nobody speaks":
            assert min(begin for begin, _ in ear.sounds() if begin > lost) - lost <= FIRST_MS
        else:
            assert len(ear.service.server.sessions[-1].conversation.items) >= 2

    faulty(scenario)


def test_answers_that_fail_are_asked_for_again_and_then_the_call_ends_with_a_word():
    async def scenario(ear):
        assert await ends(ear, 20_000) <= SILENCE_MS

    faulty(scenario, faults=Faults(fail_responses=9))


def test_a_caller_may_cut_in_on_a_line():
    async def scenario(ear):
        await ear.ms(12_000)
        ear.caller.speak(800)
        await ear.ms(2900)  # a line is being said
        ear.caller.speak(800)
        await ear.ms(12_000)
        assert [clear for clear in ear.caller.playback.clears if clear.dropped_bytes]
        assert ear.said()[-1] == "I am a baker."
        sent = [body for session in ear.service.server.sessions for _, _, body in session.log]
        assert not [body for body in sent if "filler" in str(body.get("item_id", ""))]
        assert not [body for body in sent if body["type"] == "error"]

    faulty(scenario, first_audio_ms=4500.0)
