"""When an answer that was begun early may be given."""

from offhook.agent.cascade.ahead import Ahead, state_of
from offhook.agent.conversation import Conversation
from offhook.speech.base import Said


def test_it_answers_the_same_words_after_the_same_talk_only():
    talk = Conversation()
    talk.begin("assistant", "a1", "We open at nine.")
    ahead = Ahead(Said("and on sunday"), state_of(talk), None, None)
    assert ahead.answers(Said("and on sunday"), talk)
    assert not ahead.answers(Said("and on monday"), talk) and not ahead.answers(Said("and on sunday", "1"), talk)
    talk.said[-1].text = "We open"  # as it was heard
    assert not ahead.answers(Said("and on sunday"), talk)
