"""What the server is told of items; the whole road of a cut is in test_realtime_leg.py."""

import json

import pytest

from offhook.agent.conversation import Conversation
from offhook.agent.realtime.answers import Answers
from offhook.agent.realtime.items import Items
from offhook.agent.realtime.wire import GA


class Session:
    def __init__(self, bytes_per_ms=8):
        self.sent = []
        send = lambda message: self.sent.append(json.loads(message))
        self.answers, self.conversation = Answers(send, provider=True), Conversation()
        self.items = Items(send, self.answers, self.conversation, GA, bytes_per_ms)

    @property
    def kinds(self):
        return [message["type"].rpartition(".")[2] for message in self.sent]


@pytest.mark.parametrize(("bytes_per_ms", "received", "most"), [(8, 807, 100), (48, 4799, 99), (8, 0, 0)])
def test_a_cut_is_within_whole_milliseconds_of_what_came(bytes_per_ms, received, most):
    session = Session(bytes_per_ms)
    session.items.of("r1", "a1").received = received
    session.items.truncate("a1", 5000, "")
    assert session.sent[-1]["audio_end_ms"] == most


def test_an_answer_under_way_is_cancelled_before_its_item_is_cut_and_a_complete_one_is_not():
    session = Session()
    session.answers.created("r1")
    session.items.of("r1", "a1")
    session.items.of("r0", "a0")
    session.items.truncate("a0", 0, "")
    session.items.truncate("a1", 0, "")
    session.items.truncate("a1", 0, "")
    assert session.kinds == ["truncate", "cancel", "truncate", "truncate"]


def test_an_item_is_deleted_once_and_not_before_it_is_complete():
    session = Session()
    session.items.of("r1", "a1")
    session.items.discard("a1")
    assert session.sent == []
    assert session.items.end("a1") and not session.items.end("a1")
    assert session.kinds == ["delete"]
    assert not session.items.end("nobody's")


def test_what_we_wrote_is_written_anew_as_far_as_it_was_heard():
    session = Session()
    session.conversation.words("a1", "one two three")
    list(session.conversation.replay(GA))
    session.items.truncate("a1", 300, "one")
    assert session.kinds == ["delete", "create"]
    assert session.sent[1]["item"]["content"][0]["text"] == "one"
    session.items.discard("a1")
    assert session.kinds == ["delete", "create", "delete"]
    assert session.conversation.said == []


def test_open_items_are_those_of_an_answer_or_of_all():
    session = Session()
    for response, item in (("r1", "a"), ("r1", "b"), ("r2", "c")):
        session.items.of(response, item)
    session.items.end("a")
    assert (session.items.open(), session.items.open("r1")) == (["b", "c"], ["b"])
    assert session.items.first_of("r2") and session.items.first_of("r3") is None
