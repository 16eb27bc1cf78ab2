"""Responses beside each other. Most of what they do is in test_model.py."""

import pytest

from offhook.sim.model_checks import Refused
from offhook.sim.model_items import Conversation, Item
from offhook.sim.model_orders import Answer, Setup
from offhook.sim.model_outbox import Outbox
from offhook.sim.model_response import Response
from offhook.sim.model_speaking import Speaking
from offhook.sim.model_wire import GA
from tests.sim.model_talk import tone
from tests.sim.test_model_response import plan


class Side:
    def __init__(self, **setup) -> None:
        self.out = Outbox(GA, Setup(first_audio_ms=0.0, **setup), 0)
        self.conversation = Conversation("conv_1")
        self.ended: list[Response] = []
        self.speaking = Speaking(GA, Setup(first_audio_ms=0.0, **setup), self.out, self.conversation, self.ended.append)


def test_one_in_the_conversation_and_others_beside_it() -> None:
    side = Side()
    aside = plan(spoken=False, in_conversation=False)
    side.speaking.admit(plan())
    side.speaking.begin(plan(), [])
    for _ in range(2):
        side.speaking.admit(aside)
        side.speaking.begin(aside, [])
    with pytest.raises(Refused, match="already has an active response"):
        side.speaking.admit(plan())
    side.speaking.due(1000.0)
    assert len(side.ended) == 2 and side.speaking.current is not None, "the spoken one waits for its audio"
    side.speaking.interrupt()
    assert side.ended[-1].status == "cancelled" and side.speaking.current is None
    side.speaking.interrupt()
    assert len(side.ended) == 3


def test_it_waits_for_what_is_still_being_recognised() -> None:
    side = Side()
    item = Item({"id": "item_1", "type": "message", "role": "user", "content": []}, text=None)
    side.speaking.begin(plan(spoken=False), [item])
    assert side.speaking.next_at() is None
    item.text = "who are you"
    side.speaking.heard("item_1")
    side.speaking.due(1000.0)
    assert side.ended[0].text == "I am a stand-in for a speech model."


def test_scripted_answers_are_for_the_conversation() -> None:
    side = Side(answers=(Answer("Scripted."),))
    side.speaking.begin(plan(spoken=False, in_conversation=False), [])
    side.speaking.begin(plan(spoken=False, exact="Exactly."), [])
    side.speaking.due(1000.0)
    side.speaking.begin(plan(spoken=False), [])
    side.speaking.due(2000.0)
    assert [each.text for each in side.ended] == ["Hello, how can I help you?", "Exactly.", "Scripted."]


def test_it_is_voiced_by_the_first_audio() -> None:
    side = Side()
    side.speaking.begin(plan(exact="Hello."), [])
    response = side.speaking.current
    assert response is not None and not side.speaking.voiced
    side.speaking.spoken(response.id, 0, tone("Hello."))
    side.speaking.due(0.0)
    assert side.speaking.voiced
    side.speaking.spoken("resp_gone", 0, tone("Hello."))
    with pytest.raises(Refused, match="no active response found"):
        side.speaking.cancel("resp_gone")
