"""Who may be asked for an answer when: no call between, only the rules."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.agent.realtime.answers import ALREADY_ACTIVE, Answers
from offhook.agent.realtime.wire import ResponseDone


class Session:
    def __init__(self, provider=True):
        self.sent = []
        self.answers = Answers(lambda message: self.sent.append(json.loads(message)), provider=provider)

    @property
    def kinds(self):
        return [message["type"] for message in self.sent]

    def done(self, response="r1", status="completed"):
        return self.answers.done(ResponseDone(response, status, "", "", {}))


def test_a_wish_is_told_at_once_if_nothing_is_under_way_and_one_at_a_time():
    session = Session()
    session.answers.want({})
    session.answers.want({})
    assert session.kinds == ["response.create"]
    assert session.answers.created("r1")
    session.done()
    assert session.kinds == ["response.create"] * 2


def test_a_wish_with_words_of_its_own_is_not_lost_to_one_without():
    session = Session()
    session.answers.created("r0")
    session.answers.want({"instructions": "x"})
    session.answers.want({})
    session.done("r0")
    assert session.sent[0]["response"] == {"instructions": "x"}


def test_what_the_server_will_answer_by_itself_is_not_asked_for():
    session = Session()
    session.answers.caller_speaks(interrupts=True)
    session.answers.want({})
    session.answers.turn_ended()
    session.answers.created("r1")
    session.done()
    assert session.sent == []


def test_what_came_after_the_servers_own_answer_was_certain_is_asked_for_behind_it():
    session = Session()
    session.answers.turn_ended()
    session.answers.want({})
    session.answers.created("r1")
    assert session.sent == []
    session.done()
    assert session.kinds == ["response.create"]


def test_with_turns_of_our_own_nothing_comes_by_itself():
    session = Session(provider=False)
    session.answers.caller_speaks(interrupts=False)
    session.answers.turn_ended()
    session.answers.want({})
    assert session.kinds == ["response.create"]


@pytest.mark.parametrize("asked", [False, True])
def test_cancel_is_sent_only_if_there_is_something_to_cancel_and_once(asked):
    session = Session()
    session.answers.cancel()
    assert session.sent == []
    if asked:
        session.answers.want({})
    else:
        session.answers.created("r1")
    session.answers.cancel()
    session.answers.cancel()
    assert session.kinds.count("response.cancel") == 1
    session.answers.created("r1") if asked else None
    assert session.answers.is_dead("r1")
    session.done("r1", "cancelled")
    session.answers.cancel()
    assert session.kinds.count("response.cancel") == 1


def test_a_failure_of_a_cut_answer_counts_for_nothing():
    session = Session()
    for number in range(3):
        session.answers.created(f"r{number}")
        session.answers.cut()
        assert session.done(f"r{number}", "failed")


def test_failures_one_after_another_are_two_and_a_success_between_forgives():
    session = Session()
    session.answers.created("r1")
    assert session.done("r1", "failed")
    session.answers.settle()
    session.answers.created("r2")
    assert session.done("r2")
    session.answers.created("r3")
    assert session.done("r3", "failed")
    session.answers.settle()
    session.answers.created("r4")
    assert not session.done("r4", "failed")


def test_an_error_that_names_nothing_is_about_the_answer_that_was_asked_for_if_it_can_be():
    session = Session()
    session.answers.want({"instructions": "x"})
    assert session.answers.refused(None, ALREADY_ACTIVE)
    assert session.answers.owed == {"instructions": "x"}
    assert not session.answers.refused(None, "odd")
    assert not session.answers.refused("create1", "odd"), "it is asked for no more"


def test_a_turn_that_the_server_could_not_answer_by_itself_is_answered_when_asked():
    session = Session()
    session.answers.created("r1")
    session.answers.turn_ended()
    assert session.answers.refused(None, ALREADY_ACTIVE)
    assert session.sent == []
    session.done()
    assert session.kinds == ["response.create"]


STEPS = st.lists(
    st.sampled_from(["want", "created", "done", "failed", "speaks", "paused", "ended", "cancel", "refused", "insist"]),
    max_size=40,
)


@given(STEPS, st.booleans())
def test_no_order_of_events_asks_twice_at_once_or_forgets_what_is_owed(steps, provider):
    session = Session(provider)
    answers, count, open_creates = session.answers, 0, 0
    for step in steps:
        before = session.kinds.count("response.create")
        was_active = answers.active
        match step:
            case "want":
                answers.want({})
            case "created":
                count += 1
                answers.created(f"r{count}")
                open_creates = 0
            case "done" | "failed":
                session.done(answers.active or "none", "completed" if step == "done" else "failed")
                answers.settle()
            case "speaks":
                answers.caller_speaks(interrupts=provider)
            case "paused":
                answers.caller_paused()
            case "ended":
                answers.turn_ended()
            case "cancel":
                answers.cancel()
            case "refused":
                if answers.refused(f"create{session.kinds.count('response.create')}", ALREADY_ACTIVE):
                    open_creates = 0
            case "insist":
                if answers.owed is not None and answers.active is None:
                    open_creates = 0  # it was given up
                answers.insist()
        made = session.kinds.count("response.create") - before
        open_creates += made
        assert made <= 1 and open_creates <= 1
        if made:
            assert answers.active is None, was_active
