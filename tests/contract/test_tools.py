"""Tools and the goodbye, on every backend."""

import asyncio

from offhook import tool
from offhook.core import events as e
from offhook.sim.model_orders import Answer, ToolUse
from tests.contract.scenario import contract
from tests.contract.stage import ADDRESS, HOURS, TOOLS, Stage, address, menu


@contract("two tools")
async def test_two_tools_for_one_answer(stage: Stage) -> str:
    calling = await stage.call(
        """
  - say: goodbye
  - wait: end
"""
        if not (stage.backend.realtime or stage.backend.written)
        else """
  - say: where are you located
  - wait: greeting
  - pause: 3s
""",
        greeting="",
        answers=(Answer(tools=(ToolUse("address"), ToolUse("opening_hours"))),),
    )
    used, finished = calling.published(e.ToolCalled), calling.published(e.ToolFinished)
    assert len(used) == len(finished) == 2
    if stage.backend.written:
        first, second = calling.http.asked("completions")
        assert [each["content"] for each in second.body["messages"][-2:]] == [ADDRESS, HOURS]
        assert second.body["messages"][:-3] == first.body["messages"]
    elif not stage.backend.realtime:
        assert [event.name for event in used] == ["show_order", "hang_up"]
        return "are used one by one"
    else:
        outputs = [each["item"]["output"] for each in calling.sent("conversation.item.create")]
        assert outputs == [ADDRESS, HOURS]
        assert len(calling.sent("response.create")) == 1 + stage.backend.own_turns, "the caller's turn, and the results"
        kinds = [body["type"] for _, way, body in calling.sessions[0].log if way == "in"]
        *_, last, asked = [kind for kind in kinds if kind in ("conversation.item.create", "response.create")]
        assert (last, asked) == ("conversation.item.create", "response.create")
    (words,) = [text for role, text in calling.turns() if role == "agent"]
    return "are both told, then answered once" if words == f"{ADDRESS} {HOURS}" else words


@contract("slow tool")
async def test_a_tool_that_takes_its_time(stage: Stage) -> str:
    @tool
    async def opening_hours(day: str = "") -> str:
        """When the café is open."""
        await asyncio.sleep(4.0)
        return HOURS

    calling = await stage.call(
        """
  - wait: greeting
  - say: what are your opening hours
  - hear: from eight to six
""",
        tools=(opening_hours, address, menu),
        lines=True,
    )
    (spoken,) = calling.caller.report.spoken
    assert spoken.answered_ms is not None
    heard = [span for span in calling.caller.hearing.spans if span.from_ms > spoken.from_ms]
    if spoken.answered_ms > 4000:
        assert len(heard) == 1, "the answer"
        return "nothing"
    assert spoken.answered_ms < 2000 and len(heard) == 2, "a word to wait, and the answer"
    return "a word to wait"


@contract("hang up")
async def test_a_goodbye(stage: Stage) -> str:
    calling = await stage.call("  - wait: greeting\n  - say: goodbye\n  - wait: end\n")
    assert calling.end() == e.Ended(e.Result.COMPLETED, e.Reason.AGENT_HUNG_UP)
    last = calling.kept()[-1]
    assert last.role == "agent" and last.text.endswith("Goodbye!") and last.unheard == ""
    assert abs(calling.heard()[last.item] - last.generated_ms) < 1
    assert calling.refused() == []
    return "yes"


@contract("withdrawn")
async def test_a_goodbye_that_is_withdrawn(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: goodbye
  - interrupt: {after: 600ms, say: what are your opening hours}
  - hear: from eight to six
  - wait: {silence: 6s}
"""
    )
    assert "hang_up" in [event.name for event in calling.published(e.ToolCalled)]
    assert calling.end() == e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)
    return "yes" if HOURS in calling.agent_words() else "no"


def test_the_tools_of_the_contract_are_those_of_the_café() -> None:
    """The embedded agent uses them under the café's names."""
    assert {each.name for each in TOOLS} == {"opening_hours", "address", "menu"}
