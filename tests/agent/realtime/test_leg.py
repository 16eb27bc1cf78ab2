"""The realtime leg in a whole call, against a scripted server in simulated time. Each test is a bug that is not there."""

import logging

import pytest

from offhook import LegFailed, tool
from offhook.core import events as e
from offhook.phone.loopback import LoopbackLeg
from tests.agent.realtime.model import Model, visit


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
        await visit.ms(15_000)  # two more tries, as long
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


def test_the_end_of_an_answer_that_was_cut_is_not_taken_for_the_end_of_the_next():
    async def scenario(visit):
        model = visit.model
        model.asked()
        model.begin()
        model.audio(2000)
        await visit.ms(500)
        model.caller_begins()
        model.item("r1", "a2")
        model.caller_stops()
        model.item_done("r1", "a1")
        model.item_done("r1", "a2")
        model.done(status="cancelled")
        await visit.ms(10)
        assert visit.call.control.turn == "thinking"

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


def test_a_call_that_comes_to_a_limit_has_the_model_say_goodbye_after_what_it_is_saying():
    async def scenario(visit):
        visit.model.begin()
        visit.call.agent.send(e.Respond("", leaving=True))
        await visit.ms(10)
        assert not visit.told("response.create"), "one answer at a time"
        visit.model.done()
        await visit.ms(10)
        (asked,) = visit.told("response.create")
        assert "say goodbye" in asked["response"]["instructions"] and "Be brief." in asked["response"]["instructions"]

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
        assert "OpenAI does not speak this protocol" in caplog.text
        assert len(visit.model.peers) == 2 and not visit.call.ended, "it did speak it: another session may"

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
        assert (answer.item, transcription.item) == ("a1", "")
        assert answer.usd == pytest.approx((55 * 4 + 13 * 32 + 64 * 0.4 + 30 * 24 + 91 * 64) / 1e6)
        assert (transcription.model, transcription.usd) == ("gpt-live-transcribe", pytest.approx(0.0085))

    visit(scenario)


@pytest.mark.parametrize("at", ["turn", "created", "audio"])
def test_an_answer_that_never_comes_is_asked_for_once_more_then_of_another_session_and_then_the_call_ends(at, caplog):
    async def scenario(visit):
        model = visit.model
        model.asked()
        if at != "turn":
            model.begin()
        if at == "audio":
            model.audio(500)
        await visit.ms({"turn": 6100, "created": 8100, "audio": 2600}[at])
        asked = visit.told("response.create")[-1]
        assert ("Go on" in asked.get("response", {}).get("instructions", "")) is (at == "audio")
        assert not visit.call.ledger.speaking, "what came is over"
        await visit.ms(5300)
        assert len(model.peers) == 2, "a server that says nothing whatever is not there"
        await visit.ms(1000)
        assert len(visit.told("response.create")) == 1, "the answer is owed"
        assert not visit.call.ended
        await visit.ms(10_000)
        assert visit.published(e.Ended)[0].reason is e.Reason.AGENT_FAILED
        assert "does not answer" in caplog.text

    visit(scenario)


def test_a_server_that_is_asked_and_says_nothing_whatever_loses_the_session():
    async def scenario(visit):
        visit.call.report(e.KeyPressed("1"))
        visit.call.report(e.KeyPressed("#"))
        await visit.ms(4900)
        assert len(visit.model.peers) == 1
        await visit.ms(300)
        assert len(visit.model.peers) == 2
        assert "keys" in visit.told("conversation.item.create")[0]["item"]["content"][0]["text"]
        assert len(visit.told("response.create")) == 1
        visit.model.answer(500, "One.")
        await visit.ms(60_000)
        assert not visit.call.ended

    visit(scenario)


def test_an_answer_is_in_the_middle_as_long_as_what_came_of_it_is_heard():
    async def scenario(visit):
        model = visit.model
        model.asked()
        model.begin()
        for _ in range(5):
            model.audio(5000)
            await visit.ms(6500)
        assert visit.told("response.cancel") == []
        await visit.ms(600)
        assert len(visit.told("response.cancel")) == 1

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
