"""What is done with a live call, on every backend: put through, silenced, given words, asked whether it is there, ended."""

import asyncio

from offhook.core import events as e
from offhook.orders import Order, carry_out
from offhook.sim.orders import Callee
from tests.contract.scenario import contract
from tests.contract.stage import MENU, Calling, Stage

KITCHEN = {"kitchen": "+12025550101"}
PUT_THROUGH = """
  - wait: greeting
  - say: {before}
  - say: I want to speak to a person
  - wait: {{silence: 4s}}
"""


def call_of(calling: Calling):
    (call,) = calling.app.switchboard.calls
    return call


def statuses(calling: Calling) -> list[str]:
    return [event.status for event in calling.published(e.TransferChanged)]


@contract("put through")
async def test_a_caller_is_put_through_and_the_call_ends_when_they_have_talked(stage: Stage) -> str:
    calling = await stage.call(
        PUT_THROUGH.format(before="what are your opening hours"),
        transfers=KITCHEN,
        callee=Callee(after_ms=3000.0, leaves_ms=20_000.0),
    )
    assert calling.dialled == [KITCHEN["kitchen"]]
    assert statuses(calling) == ["asked", "dialling", "completed"]
    last = calling.kept()[-1]
    assert last.role == "agent" and "put" in last.text and "through" in last.text and not last.unheard
    assert calling.end() == e.Ended(e.Result.COMPLETED, e.Reason.TRANSFERRED)
    assert not any(line.closed is False for line in calling.model.lines), "the model is let go"
    return "yes"


@contract("nobody there")
async def test_a_caller_for_whom_nobody_answers_finds_an_agent_that_remembers(stage: Stage) -> str:
    local = not (stage.backend.realtime or stage.backend.written)  # which knows orders, and no names
    before = "can I get a large latte" if local else "my name is anna"
    after = "what is in my order" if local else "what is my name"
    calling = await stage.call(
        PUT_THROUGH.format(before=before)
        + f"""
  - hear: {{words: nobody answer{"s" if local else "ed"}, within: 40s}}
  - say: {after}
  - wait: {{silence: 3s}}
""",
        transfers=KITCHEN,
        callee=Callee("no-answer"),
    )
    assert calling.dialled == [KITCHEN["kitchen"]]
    assert statuses(calling) == ["asked", "dialling", "no-answer"]
    assert len(calling.carrier.streams) == 2
    assert len(calling.sessions) == stage.backend.realtime, "the session was kept while it rang"
    assert calling.refused() == []
    (returned,) = [each.returned for each in calling.told(e.Respond) if each.returned]
    assert returned == e.Returned("kitchen", "no-answer")
    answer = calling.turns()[-1]
    assert answer[0] == "agent" and ("latte" if local else "Anna") in answer[1], calling.turns()
    return "yes"


@contract("idle")
async def test_a_caller_who_says_nothing_any_more(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - wait: {end: 60s}
""",
        idle_seconds=8.0,
    )
    words = [text for role, text in calling.turns() if role == "agent"][1:]
    assert words[:2] == ["Are you still there?"] * 2 and "Goodbye" in words[2] and len(words) == 3
    assert calling.told(e.Respond) == [e.Respond("", idle=True)] * 2 + [e.Respond("", leaving=True)]
    assert calling.kept()[-1].unheard == "", "the goodbye is heard"
    assert calling.end() == e.Ended(e.Result.COMPLETED, e.Reason.CALLER_SILENT)
    return "yes"


@contract("limit")
async def test_the_longest_a_call_may_be(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: where are you located
  - wait: {end: 60s}
""",
        max_call_seconds=9.0,
    )
    last = calling.kept()[-1]
    assert last.role == "agent" and last.text.endswith("Goodbye!") and not last.unheard
    assert calling.end() == e.Ended(e.Result.COMPLETED, e.Reason.MAX_DURATION)
    return await _in_the_midst_of_a_long_answer(stage)


async def _in_the_midst_of_a_long_answer(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: can you read me the menu
  - wait: {end: 60s}
""",
        max_call_seconds=14.0,
    )
    answer, goodbye = calling.kept()[-2:]
    assert MENU.startswith(answer.text) and answer.text and answer.unheard, calling.turns()
    assert goodbye.text.endswith("Goodbye!") and not goodbye.unheard
    assert abs(answer.heard_ms - calling.heard()[answer.item]) <= 25
    assert calling.end() == e.Ended(e.Result.COMPLETED, e.Reason.MAX_DURATION)
    assert calling.refused() == []
    return "yes"


@contract("silenced")
async def test_an_operator_silences_the_agent(stage: Stage) -> str:
    async def silence(calling: Calling) -> None:
        while not any(
            text.startswith("can you") or "menu" in text for role, text in calling.turns() if role == "caller"
        ):
            await asyncio.sleep(0.1)
        while not call_of(calling).ledger.speaking:
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.5)
        assert carry_out(Order("interrupt"), call_of(calling)).changed

    calling = await stage.call(
        """
  - wait: greeting
  - say: can you read me the menu
  - wait: speech
  - wait: {silence: 5s}
  - say: what are your opening hours
  - hear: from eight to six
""",
        during=silence,
    )
    cut = next(turn for turn in calling.kept() if turn.role == "agent" and turn.unheard)
    assert MENU.startswith(cut.text) and abs(cut.heard_ms - calling.heard()[cut.item]) <= 25
    assert not [each for each in calling.told(e.Respond) if each.going_on], "nobody asked it to go on"
    assert calling.refused() == []
    return "yes"


@contract("given words")
async def test_an_operator_gives_the_agent_words(stage: Stage) -> str:
    said: list[bool] = []

    async def give(calling: Calling) -> None:
        await asyncio.sleep(6.0)
        said.append(carry_out(Order("say", "We close in ten minutes."), call_of(calling)).exact)

    calling = await stage.call(
        """
  - wait: greeting
  - hear: {words: we close in ten minutes, within: 20s}
""",
        during=give,
    )
    assert ("agent", "We close in ten minutes.") in calling.turns()
    (told,) = calling.published(e.Saying)
    assert [told.exact] == said
    return "word by word" if told.exact else "as the model follows"
