"""Wishes and sessions that come and go: nothing that is owed is forgotten, nothing is asked for twice at once."""

import asyncio
import json

from offhook.agent.realtime.asking import Asking
from offhook.agent.realtime.wire import ResponseDone
from offhook.sim.clock import run


class Side:
    def __init__(self):
        self.sent = []
        self.asking = Asking(
            provider=True, in_the_middle=lambda _answer: False, news=lambda: 0.0, missing=lambda _a, _m: None
        )

    def session(self):
        self.sent = []
        self.asking.renew(lambda message: self.sent.append(json.loads(message)))

    @property
    def created(self):
        return [body.get("response") for body in self.sent if body["type"] == "response.create"]


def side(scenario):
    async def whole():
        made = Side()
        await scenario(made)
        made.asking.close()

    run(whole())


def test_what_is_wanted_without_a_session_is_asked_of_the_next():
    async def scenario(side):
        side.asking.want({"instructions": "x"})
        side.asking.want({})
        side.asking.say({"instructions": "say it"})
        side.session()
        assert side.asking.catch_up()
        assert side.created == [{"instructions": "say it"}]
        side.asking.answers.created("r1")
        side.asking.answers.done(ResponseDone("r1", "completed", "", "", {}))
        assert side.created[1:] == [{"instructions": "x"}]

    side(scenario)


def test_an_answer_that_is_lost_with_its_session_is_asked_for_again_with_its_wish():
    async def scenario(side):
        side.session()
        assert not side.asking.catch_up()
        side.asking.want({"instructions": "greet"})
        side.asking.lose(None, waits=False)
        side.session()
        side.asking.catch_up()
        assert side.created == [{"instructions": "greet"}]
        side.asking.lose({"instructions": "go on"}, waits=True)
        side.session()
        side.asking.catch_up()
        assert side.created == [{"instructions": "go on"}]

    side(scenario)


def test_an_answer_that_waits_for_a_tool_is_not_asked_for():
    async def scenario(side):
        side.session()
        side.asking.want({})
        side.asking.answers.created("r1")
        side.asking.lose(None, waits=True)
        side.session()
        assert not side.asking.catch_up() and side.created == []

    side(scenario)


def test_words_that_are_given_go_before_what_else_is_owed():
    async def scenario(side):
        side.session()
        side.asking.answers.created("r1")
        side.asking.want({})
        side.asking.say({"instructions": "say it"})
        assert side.created == []
        side.asking.answers.done(ResponseDone("r1", "completed", "", "", {}))
        side.asking.answers.created("r2")
        side.asking.answers.done(ResponseDone("r2", "completed", "", "", {}))
        assert side.created == [{"instructions": "say it"}, None]

    side(scenario)


def test_what_was_to_be_asked_later_is_not_asked_of_another_session():
    async def scenario(side):
        side.session()
        side.asking.answers.created("r1")
        side.asking.answers.done(ResponseDone("r1", "failed", "", "", {}))
        side.asking.retry()
        side.asking.lose(None, waits=False)
        side.session()
        await asyncio.sleep(1)
        assert side.created == []
        side.asking.catch_up()
        assert len(side.created) == 1

    side(scenario)
