"""The realtime leg in a whole call, against a scripted server in simulated time. Each test is a bug that is not there."""

import asyncio
import logging

import pytest

from offhook import LegFailed, tool
from offhook.core import events as e
from offhook.phone.loopback import LoopbackLeg

from .model import Model, visit


@tool
async def look(what: str = "") -> str:
    """Looks something up."""
    return f"found {what}"


# ---------------------------------------------------------------- connecting


def test_nothing_is_sent_before_the_server_has_created_a_session():
    async def scenario(visit):
        peer = visit.model.peer
        assert [body["type"] for body in peer.sent] == ["session.update"]
        assert peer.session["instructions"].startswith(
            "Be brief.\n\nYou are on the telephone with somebody who called."
        )

    visit(scenario)


def test_every_session_knows_the_time_the_number_and_the_direction():
    async def scenario(visit):
        told = visit.model.peer.session["instructions"]
        assert "Wednesday, 25 November 2026, 12:00 (UTC)" in told
        assert "+15550199" in told and "inbound" in told and "en-US" in told

    visit(scenario)


class Refusing(Model):
    """Answers the session.update with an error."""

    accepts = False

    def __init__(self):
        super().__init__()
        self.accepts = False

    async def connect(self, receive, lost, *, resumed):
        peer = await super().connect(receive, lost, resumed=resumed)
        send = peer.send

        def refuse(message):
            send(message)
            told = {"code": "invalid_value", "message": "No voice sk-abc here.", "event_id": "session"}
            peer.say("error", error=told)

        peer.send = refuse
        return peer


def test_a_refused_session_fails_the_call_in_the_servers_words_and_without_keys(caplog):
    async def scenario(visit):
        await visit.ms(1000)
        assert visit.published(e.Ended) == [e.Ended(e.Result.FAILED, e.Reason.AGENT_FAILED)]
        assert "OpenAI refused the session: No voice … here." in caplog.text

    visit(scenario, model=Refusing())


def test_a_server_that_never_accepts_the_session_fails_it_after_five_seconds(caplog):
    model = Model()
    model.accepts = False

    async def scenario(visit):
        await visit.ms(4_000)
        assert not visit.call.ended
        await visit.ms(9_000)  # another try, as long
        assert visit.call.ended
        assert "OpenAI did not accept the session within 5 s." in caplog.text

    visit(scenario, model=model)


def test_a_key_that_is_wrong_is_not_tried_twice(caplog):
    model = Model()
    model.refusals = [LegFailed("OpenAI refused the connection: 401 Unauthorized.")]

    async def scenario(visit):
        await visit.ms(1000)
        assert visit.call.ended
        assert model.resumed == [False]

    visit(scenario, model=model)


def test_a_server_that_is_overloaded_is_tried_once_more():
    model = Model()
    model.refusals = [LegFailed("OpenAI refused the connection: 503.", retryable=True)]

    async def scenario(visit):
        await visit.ms(1000)
        assert not visit.call.ended
        assert len(model.peers) == 1

    visit(scenario, model=model)


def test_what_the_caller_says_goes_to_the_server_as_it_is():
    async def scenario(visit):
        visit.phone.say(b"\x01\x02" * 80)
        assert visit.model.peer.audio == b"\x01\x02" * 80

    visit(scenario)


# ---------------------------------------------------------------- the greeting


def test_a_fixed_greeting_is_asked_for_word_by_word_and_heard_at_once_on_the_next_call():
    model = Model()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        (asked,) = visit.told("response.create")
        assert "exactly the following and nothing else: Hello, the Blue Door." in asked["response"]["instructions"]
        visit.model.answer(1500, "Hello, the Blue Door.")
        await visit.ms(2000)
        assert visit.turns() == [("agent", "Hello, the Blue Door.", "")]

    async def second(visit):
        assert visit.told("response.create") == []
        await visit.ms(1600)
        assert visit.turns() == [("agent", "Hello, the Blue Door.", "")]
        assert visit.heard_ms() == 1500
        (written,) = visit.told("conversation.item.create")
        assert written["item"]["role"] == "assistant"
        assert written["item"]["content"] == [{"type": "output_text", "text": "Hello, the Blue Door."}]

    async def third(visit):
        await visit.ms(10)
        assert len(visit.told("response.create")) == 1, "another voice is another greeting"

    visit(first, model=model, greeting="Hello, the Blue Door.")
    visit(second, model=model, greeting="Hello, the Blue Door.", backend=kept[0])
    visit(third, model=model, greeting="Hello, the Blue Door.", backend=kept[0], voice="cedar")


def test_a_kept_greeting_does_not_wait_for_the_session_which_learns_of_it_and_of_what_the_caller_said_meanwhile():
    class Slow(Model):
        delay = 0.0

        async def connect(self, receive, lost, *, resumed):
            await asyncio.sleep(self.delay)
            return await super().connect(receive, lost, resumed=resumed)

    model = Slow()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        visit.model.answer(1500, "Hello, the Blue Door.")
        await visit.ms(100)

    async def second(visit):
        await visit.ms(1600)
        assert visit.turns() == [("agent", "Hello, the Blue Door.", "")]
        assert len(model.peers) == 1, "the first call's"
        visit.phone.say(b"\x05" * 160)
        await visit.ms(2000)
        assert [body["type"] for body in model.peer.sent] == ["session.update", "conversation.item.create"]
        assert model.peer.audio == b"\x05" * 160

    visit(first, model=model, greeting="Hello, the Blue Door.")
    model.delay = 3.0
    visit(second, model=model, greeting="Hello, the Blue Door.", backend=kept[0])


def test_a_greeting_in_other_words_than_asked_for_is_not_kept():
    model = Model()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        visit.model.answer(1500, "Hi! This is the Blue Door, how may I help?")
        await visit.ms(100)

    async def second(visit):
        assert len(visit.told("response.create")) == 1

    visit(first, model=model, greeting="Hello, the Blue Door.")
    visit(second, model=model, greeting="Hello, the Blue Door.", backend=kept[0])


def test_a_kept_greeting_that_is_cut_is_known_to_the_model_as_far_as_it_was_heard():
    model = Model()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        visit.model.begin()
        for word in ("One ", "two ", "three ", "four."):
            visit.model.audio(1000)
            visit.model.words(word)
        visit.model.item_done()
        visit.model.done()
        await visit.ms(100)

    async def second(visit):
        await visit.ms(2500)
        visit.model.caller_begins()
        await visit.ms(100)
        (deleted,) = visit.told("conversation.item.delete")
        first, again = visit.told("conversation.item.create")
        assert deleted["item_id"] == first["item"]["id"] != again["item"]["id"]
        assert again["item"]["content"][0]["text"] == "One two"
        assert again["previous_item_id"] == "root"
        assert visit.told("conversation.item.truncate") == []
        visit.model.caller_stops()
        visit.model.answer(100, "Yes?", "r2", "a2")
        await visit.ms(200)

    visit(first, model=model, greeting="One two three four.")
    visit(second, model=model, greeting="One two three four.", backend=kept[0])


def test_a_hello_into_the_greeting_does_not_make_the_server_give_it_up():
    async def scenario(visit):
        model = visit.model
        turns = model.peer.session["audio"]["input"]["turn_detection"]
        assert turns["interrupt_response"] is False
        model.begin()
        model.audio(2000)
        model.caller_begins()
        await visit.ms(100)
        model.caller_stops()
        model.audio(2000)
        model.item_done()
        model.done()
        await visit.ms(4000)
        assert visit.heard_ms() == 4000
        assert visit.told("response.cancel") == []
        update = visit.told("session.update")[1]["session"]["audio"]["input"]["turn_detection"]
        assert update["interrupt_response"] is True, "from now on"

    visit(scenario, greeting="Hello.")


def test_a_greeting_that_failed_is_said_once_more_and_may_be_interrupted_afterwards():
    async def scenario(visit):
        model = visit.model
        model.begin("r1", None)
        model.done("r1", "failed")
        await visit.ms(600)
        assert len(visit.told("response.create")) == 2
        model.answer(200, "Hello.", "r2", "a2")
        update = visit.told("session.update")[-1]["session"]["audio"]["input"]["turn_detection"]
        assert update["interrupt_response"] is True
        assert visit.call.agent._kept_greeting() is not None

    visit(scenario, greeting="Hello.")


def test_a_hello_that_the_server_could_not_answer_because_of_the_greeting_is_answered_after_it():
    async def scenario(visit):
        model = visit.model
        model.begin()
        model.audio(3000)
        model.caller_begins()
        await visit.ms(200)
        model.caller_stops()
        model.item_done()
        model.done()
        await visit.ms(7000)
        assert len(visit.told("response.create")) == 2

    visit(scenario, greeting="Hello.")


def test_who_speaks_on_over_a_greeting_that_is_generated_stops_it():
    async def scenario(visit):
        model = visit.model
        model.begin()
        model.audio(3000)
        model.caller_begins()
        await visit.ms(1600)
        assert [body["type"] for body in model.peer.sent][-2:] == ["response.cancel", "conversation.item.truncate"]
        assert 1400 <= visit.told("conversation.item.truncate")[0]["audio_end_ms"] <= 1600
        model.audio(3000)
        await visit.ms(3000)
        assert visit.heard_ms() <= 1600

    visit(scenario, greeting="Hello.")


def test_an_agent_without_a_greeting_of_its_own_lets_the_model_find_one_and_an_empty_one_waits():
    async def asked(visit):
        (asked,) = visit.told("response.create")
        assert "Greet the caller in one short sentence" in asked["response"]["instructions"]
        assert "Be brief." in asked["response"]["instructions"]

    async def waits(visit):
        assert visit.told("response.create") == []
        turns = visit.model.peer.session["audio"]["input"]["turn_detection"]
        assert turns["interrupt_response"] is True

    visit(asked, greeting=None)
    visit(waits, greeting="")


# ---------------------------------------------------------------- turns


def test_a_turn_is_transcribed_in_its_place_though_its_words_come_last():
    async def scenario(visit):
        model = visit.model
        model.caller_begins()
        await visit.ms(500)
        model.caller_stops()
        model.answer(1000, "We open at eight.")
        await visit.ms(1500)
        model.transcribe("when do you open")
        model.transcribe("")
        model.transcribe("When do you open?")
        await visit.ms(10)
        assert visit.turns() == [("caller", "When do you open?", ""), ("agent", "We open at eight.", "")]
        assert visit.told("response.create") == [], "the server answers by itself"

    visit(scenario)


def test_several_items_in_one_answer_are_heard_in_order_and_cut_each_for_itself():
    async def scenario(visit):
        model = visit.model
        model.begin("r1", "a1")
        model.audio(1000, "r1", "a1", b"\x01")
        model.words("First.", "a1")
        model.item_done("r1", "a1")
        model.item("r1", "a2")
        model.audio(2000, "r1", "a2", b"\x02")
        model.words("Second one.", "a2")
        model.item_done("r1", "a2")
        model.item("r1", "a3")
        model.audio(2000, "r1", "a3", b"\x03")
        model.item_done("r1", "a3")
        model.done()
        await visit.ms(2000)
        model.caller_begins()
        await visit.ms(10)
        (cut,) = visit.told("conversation.item.truncate")
        (gone,) = visit.told("conversation.item.delete")
        assert (cut["item_id"], gone["item_id"]) == ("a2", "a3")
        assert cut["audio_end_ms"] == pytest.approx(1000, abs=2)
        assert visit.told("response.cancel") == [], "the answer was complete"
        model.caller_stops()
        model.answer(10, "Yes?", "r2", "b1")
        await visit.ms(100)

    visit(scenario)


def test_an_answer_that_is_complete_when_the_caller_cuts_in_is_still_cut():
    async def scenario(visit):
        visit.model.asked()
        visit.model.answer(5000, "A long answer that was generated at once.")
        await visit.ms(1234)
        visit.model.caller_begins()
        await visit.ms(10)
        (cut,) = visit.told("conversation.item.truncate")
        assert cut == {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0,
                       "audio_end_ms": pytest.approx(1234, abs=2)}  # fmt: skip
        visit.model.caller_stops()
        visit.model.answer(10, "Yes?", "r2", "a2")
        await visit.ms(100)

    visit(scenario)


def test_an_answer_that_was_heard_to_its_end_is_not_truncated():
    async def scenario(visit):
        visit.model.answer(500)
        await visit.ms(600)
        visit.model.caller_begins()
        visit.model.caller_stops()
        await visit.ms(10)
        assert visit.told("conversation.item.truncate") == visit.told("conversation.item.delete") == []

    visit(scenario)


def test_what_still_comes_of_a_cancelled_answer_is_not_heard_not_even_a_new_item_of_it():
    async def scenario(visit):
        model = visit.model
        model.asked()
        model.begin()
        model.audio(2000)
        await visit.ms(500)
        model.caller_begins()
        model.audio(2000)
        model.item_done()
        model.item("r1", "a2")
        model.audio(2000, "r1", "a2")
        model.words("never heard", "a2")
        model.done(status="cancelled", reason="turn_detected")
        model.audio(2000, "r1", "a2")
        await visit.ms(3000)
        assert visit.heard_ms() <= 510
        (cut,) = visit.told("conversation.item.truncate")
        assert cut["audio_end_ms"] == pytest.approx(500, abs=2)
        assert [turn for turn in visit.turns() if "never" in turn[1] + turn[2]] == []

    visit(scenario)


def test_a_truncate_is_never_longer_than_the_audio_of_its_item():
    class Deaf:
        pass

    async def scenario(visit):
        model = visit.model
        model.begin()
        model.audio(100.5)
        await visit.ms(90)
        visit.call.agent.send(e.Truncate("a1", 5000, "x"))
        assert visit.told("conversation.item.truncate")[-1]["audio_end_ms"] == 100

    visit(scenario)


def test_what_was_said_before_this_session_is_not_truncated():
    async def scenario(visit):
        visit.call.agent.send(e.Truncate("nobody-knows", 500, "x"))
        visit.call.agent.send(e.Discard("nobody-knows"))
        assert len(visit.model.peer.sent) == 1

    visit(scenario)


def test_an_item_of_which_nothing_was_heard_is_deleted_once_it_is_complete():
    async def scenario(visit):
        model = visit.model
        model.asked()
        model.answer(3000, "One.")
        model.begin("r2", "a2")
        model.audio(500, "r2", "a2")
        await visit.ms(500)
        model.caller_begins()
        await visit.ms(10)
        assert visit.told("conversation.item.delete") == []
        model.item_done("r2", "a2")
        model.done("r2", "cancelled")
        assert [body["item_id"] for body in visit.told("conversation.item.delete")] == ["a2"]

    visit(scenario)


# ---------------------------------------------------------------- tools


def test_several_tools_of_one_answer_are_all_answered_before_one_more_answer_is_asked_for():
    async def scenario(visit):
        visit.model.call_tool("c1", "c2", arguments='{"what":"tea"}')
        await visit.ms(50)
        sent = visit.model.peer.sent[1:]
        assert [body["type"] for body in sent] == ["conversation.item.create"] * 2 + ["response.create"]
        assert {body["item"]["call_id"]: body["item"]["output"] for body in sent[:2]} == {
            "c1": "found tea", "c2": "found tea",
        }  # fmt: skip
        visit.model.answer(500, "Found it.", "r2", "a2")
        await visit.ms(600)
        assert len(visit.told("response.create")) == 1
        assert visit.turns() == [("agent", "Found it.", "")]

    visit(scenario, tools=[look])


def test_a_tool_whose_answer_is_not_over_waits_for_its_end_before_it_asks_for_the_next():
    async def scenario(visit):
        model = visit.model
        model.begin("r1", "a1")
        model.audio(300)
        item = {"id": "f1", "type": "function_call", "status": "completed", "call_id": "c1", "name": "look",
                "arguments": "{}"}  # fmt: skip
        model.peer.say("response.output_item.done", response_id="r1", item=item)
        await visit.ms(50)
        assert len(visit.told("conversation.item.create")) == 1
        assert visit.told("response.create") == []
        model.item_done()
        model.done()
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[look])


def test_a_tool_result_while_the_caller_speaks_is_taken_in_by_the_servers_own_answer():
    async def scenario(visit):
        model = visit.model
        model.call_tool("c1")
        model.caller_begins()
        await visit.ms(50)
        assert len(visit.told("conversation.item.create")) == 1
        model.caller_stops()
        model.answer(100, "Both.", "r2", "a2")
        await visit.ms(6000)
        assert visit.told("response.create") == []

    visit(scenario, tools=[look])


def test_a_caller_who_stops_without_having_said_anything_does_not_swallow_a_tools_answer():
    async def scenario(visit):
        model = visit.model
        model.call_tool("c1")
        model.caller_begins()
        await visit.ms(50)
        model.peer.say("input_audio_buffer.speech_stopped", item_id="u1")  # and no commit
        await visit.ms(3500)
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[look])


def test_an_answer_that_cannot_be_asked_for_now_is_asked_for_when_the_other_is_over():
    async def scenario(visit):
        model = visit.model
        model.call_tool("c1")
        await visit.ms(20)
        (asked,) = visit.told("response.create")
        model.error("conversation_already_has_active_response", asked["event_id"])
        model.begin("r2", "a2")  # the server's own, which was faster
        model.audio(100, "r2", "a2")
        model.item_done("r2", "a2")
        assert len(visit.told("response.create")) == 1
        model.done("r2")
        assert len(visit.told("response.create")) == 2
        assert not visit.call.ended

    visit(scenario, tools=[look])


def test_a_refused_answer_whose_rival_never_ends_is_asked_for_again_after_a_while():
    async def scenario(visit):
        visit.model.call_tool("c1")
        await visit.ms(20)
        visit.model.error("conversation_already_has_active_response", visit.told("response.create")[0]["event_id"])
        await visit.ms(3500)
        assert len(visit.told("response.create")) == 2

    visit(scenario, tools=[look])


def test_a_tool_call_that_was_cut_short_is_not_run():
    async def scenario(visit):
        item = {"id": "f1", "type": "function_call", "status": "incomplete", "call_id": "c1", "name": "look",
                "arguments": '{"wh'}  # fmt: skip
        visit.model.begin("r1", None)
        visit.model.peer.say("response.output_item.done", response_id="r1", item=item)
        visit.model.done(status="cancelled")
        await visit.ms(50)
        assert visit.published(e.ToolCalled) == []

    visit(scenario, tools=[look])


# ---------------------------------------------------------------- keys, going on


def test_keys_become_a_message_and_an_answer():
    async def scenario(visit):
        for digit in "12#":
            visit.call.report(e.KeyPressed(digit))
        await visit.ms(10)
        written, asked = visit.model.peer.sent[1:]
        assert written["item"]["role"] == "user" and ": 12)" in written["item"]["content"][0]["text"]
        assert asked["type"] == "response.create"
        assert ("caller", "(keys 12)", "") in visit.turns()

    visit(scenario)


def test_when_both_fall_silent_after_a_cut_the_model_is_asked_to_go_on_with_its_instructions():
    async def scenario(visit):
        visit.model.asked()
        visit.model.answer(5000, "A long answer.")
        await visit.ms(1000)
        visit.model.caller_begins()
        await visit.ms(300)
        visit.model.peer.say("input_audio_buffer.speech_stopped", item_id="u1")
        await visit.ms(2500)
        (asked,) = visit.told("response.create")
        assert "Go on" in asked["response"]["instructions"] and "Be brief." in asked["response"]["instructions"]

    visit(scenario)


def test_an_answer_cut_by_a_lost_stream_goes_on_when_another_carries_the_call_though_the_server_is_slow_to_stop():
    async def scenario(visit):
        model = visit.model
        model.asked()
        model.begin()
        model.audio(3000)
        await visit.ms(1000)
        visit.phone.lost()
        assert [body["type"] for body in model.peer.sent[1:]] == ["response.cancel", "conversation.item.truncate"]
        visit.call.join(LoopbackLeg())
        assert len(visit.told("response.create")) == 0
        model.done(status="cancelled")
        (asked,) = visit.told("response.create")
        assert "Go on" in asked["response"]["instructions"]

    visit(scenario)


# ---------------------------------------------------------------- errors


def test_an_answer_that_fails_is_asked_for_once_more_and_then_the_call_ends_with_a_reason(caplog):
    async def scenario(visit):
        model = visit.model
        model.asked()
        for number in (1, 2):
            model.begin(f"r{number}", None)
            error = {"type": "server_error", "code": "rate_limit_exceeded", "message": "who said what"}
            model.peer.say("response.done", response={"id": f"r{number}", "status": "failed",
                                                      "status_details": {"type": "failed", "error": error}})  # fmt: skip
            if number == 1:
                await visit.ms(600)
                assert len(visit.told("response.create")) == 1
                assert not visit.call.ended
        await visit.ms(3000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED
        assert "OpenAI fails to answer: rate_limit_exceeded." in caplog.text
        assert "who said what" not in caplog.text

    visit(scenario)


@pytest.mark.parametrize(
    "code", ["response_cancel_not_active", "item_already_truncated", "input_audio_buffer_commit_empty"]
)
def test_harmless_errors_are_nobodys_business(code, caplog):
    async def scenario(visit):
        visit.model.error(code)
        visit.model.answer()
        await visit.ms(1500)
        assert visit.turns() == [("agent", "Hello there.", "")]
        assert "refused" not in caplog.text

    visit(scenario)


def test_other_errors_are_logged_by_their_code_and_never_in_their_words(caplog):
    async def scenario(visit):
        visit.model.error("odd_thing")
        visit.model.peer.say("warning", warning={"code": "hm", "message": "secret words"})
        await visit.ms(10)
        assert "OpenAI refused something: odd_thing" in caplog.text and "OpenAI warns: hm" in caplog.text
        assert "secret words" not in "".join(
            record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG
        )
        assert not visit.call.ended

    visit(scenario)


def test_noise_on_the_line_costs_a_message_and_a_server_of_another_protocol_the_session(caplog):
    async def scenario(visit):
        visit.model.peer._receive(b"\xff\xfe")
        visit.model.answer()
        await visit.ms(1500)
        assert visit.turns() == [("agent", "Hello there.", "")]
        for _ in range(10):
            visit.model.peer._receive(b"{}")
        await visit.ms(3000)
        assert visit.call.ended
        assert "OpenAI does not speak this protocol" in caplog.text

    visit(scenario)


def test_an_answer_without_a_sound_leaves_the_floor_to_the_caller():
    async def scenario(visit):
        visit.model.caller_begins()
        visit.model.caller_stops()
        visit.model.begin("r1", None)
        visit.model.done()
        await visit.ms(10)
        assert visit.call.control.turn == "listening"

    visit(scenario)


def test_what_was_used_is_told_with_its_price():
    async def scenario(visit):
        usage = {
            "total_tokens": 253, "input_tokens": 132, "output_tokens": 121,
            "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "cached_tokens": 64,
                                    "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0}},
            "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
        }  # fmt: skip
        visit.model.begin()
        visit.model.done(usage=usage)
        visit.model.peer.say("conversation.item.input_audio_transcription.completed", item_id="u", transcript="x",
                             usage={"type": "duration", "seconds": 30})  # fmt: skip
        await visit.ms(10)
        answer, transcription = visit.published(e.Used)
        assert answer.usd == pytest.approx((55 * 4 + 13 * 32 + 64 * 0.4 + 30 * 24 + 91 * 64) / 1e6)
        assert (transcription.model, transcription.usd) == ("gpt-live-transcribe", pytest.approx(0.0085))

    visit(scenario)


@pytest.mark.parametrize("at", ["turn", "asked", "created", "audio"])
def test_an_answer_that_never_comes_is_asked_for_once_more_and_then_the_call_ends(at, caplog):
    async def scenario(visit):
        model = visit.model
        if at == "asked":
            visit.call.report(e.KeyPressed("1"))
            visit.call.report(e.KeyPressed("#"))
        else:
            model.asked()
        if at in ("created", "audio"):
            model.begin()
        if at == "audio":
            model.audio(500)
            await visit.ms(11_000)
            model.audio(500)
        await visit.ms(14_000 if at == "audio" else 12_500)
        assert len(visit.told("response.create")) == (2 if at == "asked" else 1)
        assert not visit.call.ended
        await visit.ms(16_000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED
        assert "does not answer" in caplog.text

    visit(scenario)


def test_an_answer_that_comes_at_last_is_as_good_as_any():
    async def scenario(visit):
        visit.model.asked()
        await visit.ms(13_000)
        visit.model.answer(500, "Here I am.")
        await visit.ms(60_000)
        assert ("agent", "Here I am.", "") in visit.turns()
        assert not visit.call.ended

    visit(scenario)


# ---------------------------------------------------------------- sessions that end


def test_a_session_that_is_lost_comes_back_with_what_was_heard(caplog):
    async def scenario(visit):
        model = visit.model
        model.caller_begins()
        model.caller_stops()
        model.answer(1000, "We open at eight.")
        model.transcribe("when do you open")
        model.call_tool("c1", response="r2")
        await visit.ms(1200)
        model.answer(4000, "one two three four", "r3", "a3")
        await visit.ms(2000)
        model.caller_begins("u2")
        await visit.ms(10)
        model.caller_stops("u2")
        model.answer(100, "Sure.", "r4", "a4")
        await visit.ms(500)
        old = model.peer
        old.drop()
        await visit.ms(1)
        visit.phone.say(b"\x05" * 160)
        await visit.ms(500)
        assert model.peer is not old and model.resumed == [False, True]
        written = [body["item"] for body in visit.told("conversation.item.create")]
        assert [item.get("role", item["type"]) for item in written] == [
            "user", "assistant", "function_call", "function_call_output", "assistant", "assistant",
        ]  # fmt: skip
        texts = [item["content"][0]["text"] for item in written if item["type"] == "message"]
        assert texts == ["when do you open", "We open at eight.", "one two", "Sure."]
        assert model.peer.audio == b"\x05" * 160, "what was said meanwhile is not lost"
        assert visit.told("response.create") == [], "nothing was owed"
        assert not visit.call.ended

    visit(scenario, tools=[look])


def test_an_answer_that_is_lost_with_its_session_goes_on_in_the_next():
    async def scenario(visit):
        model = visit.model
        model.begin()
        model.audio(2000)
        model.words("one two ")
        await visit.ms(100)
        model.peer.drop()
        await visit.ms(500)
        (asked,) = visit.told("response.create")
        assert "Go on" in asked["response"]["instructions"]
        assert visit.told("conversation.item.create")[0]["item"]["content"][0]["text"] == "one two"
        model.answer(1000, "three four", "r2", "b1")
        await visit.ms(3500)
        assert visit.turns() == [("agent", "one two", ""), ("agent", "three four", "")]

    visit(scenario)


def test_a_question_that_is_lost_with_its_session_is_answered_by_the_next():
    async def scenario(visit):
        visit.model.caller_begins()
        visit.model.caller_stops()
        visit.model.transcribe("are you there")
        visit.model.peer.drop()
        await visit.ms(500)
        assert [body["type"] for body in visit.model.peer.sent[1:]] == ["conversation.item.create", "response.create"]

    visit(scenario)


def test_a_tool_that_ends_while_there_is_no_session_is_told_to_the_next():
    @tool
    async def slow() -> str:
        """Takes its time."""
        await asyncio.sleep(0.3)
        return "done at last"

    async def scenario(visit):
        model = visit.model
        model.call_tool("c1", name="slow")
        model.refusals = [LegFailed("busy", retryable=True)] * 2
        model.peer.drop()
        await visit.ms(3000)
        items = [body["item"]["type"] for body in visit.told("conversation.item.create")]
        assert items == ["function_call", "function_call_output"]
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[slow])


def test_a_tool_that_outlives_its_session_is_told_to_the_next_with_its_question():
    @tool
    async def slow() -> str:
        """Takes its time."""
        await asyncio.sleep(2)
        return "done at last"

    async def scenario(visit):
        visit.model.call_tool("c1", name="slow")
        visit.model.peer.drop()
        await visit.ms(1000)
        assert visit.told("conversation.item.create") == []
        await visit.ms(1500)
        items = [body["item"]["type"] for body in visit.told("conversation.item.create")]
        assert items == ["function_call", "function_call_output"]
        assert len(visit.told("response.create")) == 1

    visit(scenario, tools=[slow])


def test_after_eight_tries_the_call_ends_with_a_reason():
    async def scenario(visit):
        visit.model.refusals = [LegFailed("OpenAI is down.", retryable=True)] * 9
        visit.model.peer.drop()
        await visit.ms(20_000)
        assert not visit.call.ended
        await visit.ms(20_000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED
        assert len(visit.model.resumed) == 1 + 8

    visit(scenario)


def test_a_server_that_drops_every_session_at_once_is_not_called_for_ever():
    class Dropping(Model):
        async def connect(self, receive, lost, *, resumed):
            peer = await super().connect(receive, lost, resumed=resumed)
            if resumed:
                asyncio.get_running_loop().call_later(0.3, peer.drop)
            return peer

    model = Dropping()

    async def scenario(visit):
        visit.model.peer.drop()
        await visit.ms(60_000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED
        assert 8 <= len(model.resumed) <= 10

    visit(scenario, model=model)


def test_sessions_that_are_lost_now_and_then_are_replaced_as_often_as_that():
    async def scenario(visit):
        for _ in range(20):
            await visit.ms(60_000)
            visit.model.peer.drop()
        await visit.ms(1000)
        assert not visit.call.ended and len(visit.model.peers) == 21

    visit(scenario)


def test_a_session_is_renewed_in_a_pause_before_it_expires():
    model = Model()
    model.life_s = 3600.0

    async def scenario(visit):
        await visit.ms(3_300_000)
        assert len(model.peers) == 1
        model.begin()
        model.audio(1000)
        model.words("just a moment")
        for _ in range(7):
            await visit.ms(10_000)
            model.peers[0].say("response.output_audio.delta", response_id="r1", item_id="a1", delta="//8=")
        old, new = model.peers
        assert not old.closed, "not while an answer is generated"
        model.peers.pop()
        model.item_done()
        model.done()
        await visit.ms(1000)
        assert old.closed
        assert new.told("conversation.item.create")[0]["item"]["content"][0]["text"] == "just a moment"
        visit.phone.say(b"\x05" * 160)
        assert new.audio == b"\x05" * 160
        model.peers.append(new)

    visit(scenario, model=model)


def test_a_session_that_ends_is_replaced_in_time_whoever_speaks():
    model = Model()
    model.life_s = 3600.0

    async def scenario(visit):
        await visit.ms(3_350_000)
        model.caller_begins()
        await visit.ms(225_000)
        assert len(model.peers) == 2 and not model.peers[0].closed
        await visit.ms(10_000)
        assert model.peers[0].closed and not visit.call.ended

    visit(scenario, model=model)


def test_an_answer_that_is_not_over_when_its_session_must_be_replaced_goes_on_in_the_next():
    model = Model()
    model.life_s = 600.0

    async def scenario(visit):
        model.asked()
        model.begin()
        for _ in range(60):
            if len(model.peers) == 2 and model.peers[0].closed:
                break
            model.peers[0].say("response.output_audio.delta", response_id="r1", item_id="a1", delta="//8=")
            await visit.ms(10_000)
        (asked,) = visit.told("response.create")
        assert "Go on" in asked["response"]["instructions"]
        await visit.ms(1000)
        assert not visit.call.ledger.speaking, "the item has ended"

    visit(scenario, model=model)


def test_a_session_that_has_expired_all_the_same_is_replaced():
    async def scenario(visit):
        visit.model.error("session_expired")
        await visit.ms(500)
        assert len(visit.model.peers) == 2 and not visit.call.ended

    visit(scenario)


def test_a_call_that_ends_while_there_is_no_session_leaves_nothing_behind():
    async def scenario(visit):
        visit.model.refusals = [LegFailed("OpenAI is down.", retryable=True)] * 9
        visit.model.peer.drop()
        await visit.ms(1000)

    visit(scenario)


def test_what_is_kept_of_a_caller_without_a_session_is_bounded():
    async def scenario(visit):
        visit.model.refusals = [LegFailed("OpenAI is down.", retryable=True)] * 9
        visit.model.peer.drop()
        await visit.ms(10)
        for _ in range(40):
            visit.phone.say(bytes(8000))
        assert visit.call.agent._backlog.size <= 240_000

    visit(scenario)
