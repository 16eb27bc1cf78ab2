"""Interruptions, on every backend: what was heard is told exactly, and nothing that waits is left behind."""

import asyncio
from itertools import pairwise

from offhook import tool
from offhook.core import events as e
from offhook.sim.model_orders import Answer, ToolUse
from offhook.sim.network import Link
from tests.contract.backends import BACKENDS, PCM16
from tests.contract.scenario import contract
from tests.contract.stage import HOURS, MENU, Calling, Stage, address, opening_hours

EXACT_MS = 5.0
"""What was told may differ so much from what the carrier played, at a constant delay (decision 2 of the design)."""
CUTS_IN = """
  - wait: greeting
  - say: can you read me the menu
  - interrupt: {after: 2s, say: what are your opening hours}
  - hear: from eight to six
"""


def cut(calling: Calling) -> dict[str, float]:
    """The items that were cut, with the ms that were told of each: those that were heard, but for what the network was late
    by. The model was told the same, and took it."""
    heard = calling.heard()
    told = {each.item: float(each.heard_ms) for each in calling.told(e.Truncate)}
    gone = [each.item for each in calling.told(e.Discard)]
    assert len(told) == len(calling.told(e.Truncate)), "each is told once"
    for item, ms in told.items():
        within_ms = EXACT_MS + calling.late_ms(item)
        assert abs(ms - heard[item]) <= within_ms, f"{item}: {ms} told, {heard[item]} heard"
    assert not [item for item in gone if heard.get(item, 0.0) > EXACT_MS]
    if calling.backend.realtime:
        truncated = {each["item_id"]: each["audio_end_ms"] for each in calling.sent("conversation.item.truncate")}
        assert truncated == told
        assert [each["item_id"] for each in calling.sent("conversation.item.delete")] == gone
        assert len(calling.said("conversation.item.truncated")) == len(told)
        assert len(calling.said("conversation.item.deleted")) == len(gone)
    assert calling.refused() == []
    return told | dict.fromkeys(gone, 0.0)


def in_order(calling: Calling) -> None:
    """The model was told what was heard before it was asked for, or gave, the next answer."""
    if calling.backend.realtime:
        kinds = [body["type"] for _, _, body in calling.sessions[-1].log]
        truncated = kinds.index("conversation.item.truncate")
        assert "response.created" in kinds[truncated:]
        creates = [at for at, kind in enumerate(kinds) if kind == "response.created"]
        before, after = next((a, b) for a, b in pairwise(creates) if a < truncated < b or b > truncated)
        assert before < truncated < after


@contract("barge-in", [*BACKENDS, *PCM16])
async def test_an_interruption(stage: Stage) -> str:
    calling = await stage.call(CUTS_IN)
    ((item, ms),) = cut(calling).items()
    assert 1900 < ms < 3000
    in_order(calling)
    (kept,) = [turn for turn in calling.kept() if turn.item == item]
    assert MENU.startswith(kept.text) and kept.text and abs(kept.heard_ms - ms) <= 1
    assert MENU.endswith(kept.unheard.strip().removesuffix("What would you like?").strip())
    assert [role for role, _ in calling.turns()] == ["agent", "caller"] * 2 + ["agent"]
    return "yes" if HOURS in calling.agent_words() else "not answered"


@contract("complete")
async def test_an_answer_that_was_complete_long_before(stage: Stage) -> str:
    calling = await stage.call(CUTS_IN, pace=1000.0)
    cuts = cut(calling)
    assert calling.sent("response.cancel") == [] if stage.backend.realtime else True
    return "yes" if len(cuts) == 1 and HOURS in calling.agent_words() else "no"


@contract("generating", [*BACKENDS, *PCM16])
async def test_an_answer_that_is_being_generated(stage: Stage) -> str:
    # A text model that reads a tool's result out so slowly would have a word to wait said first.
    slowly = {"answers": (Answer(MENU),)} if stage.backend.written else {}
    calling = await stage.call(CUTS_IN, pace=1.5, **slowly)
    (ms,) = cut(calling).values()
    assert ms > 1900
    if stage.backend.written:
        broken_off = [each for each in calling.http.asked("completions") if each.said and not each.whole]
        return "cancelled" if len(broken_off) == 1 and HOURS in calling.agent_words() else "complete"
    if not stage.backend.realtime:
        return "complete already"
    statuses = [each["response"]["status"] for each in calling.said("response.done")]
    assert HOURS in calling.agent_words()
    return "cancelled" if statuses.count("cancelled") == 1 else ", ".join(statuses)


@contract("two queued", [*BACKENDS, *PCM16])
async def test_two_answers_in_a_row_of_which_the_second_waits(stage: Stage) -> str:
    # A model says a sentence before it uses a tool; the embedded agent a word to wait, if the tool is slow.
    tool_s = 0.0 if stage.backend.realtime else 0.5 if stage.backend.written else 1.6

    @tool
    async def menu(kind: str = "") -> str:
        """What there is to drink and to eat."""
        await asyncio.sleep(tool_s)
        return MENU

    calling = await stage.call(
        """
  - say: can you read me the menu
  - interrupt: {after: 900ms, say: what are your opening hours}
  - hear: from eight to six
""",
        greeting="",
        tools=(menu, opening_hours, address),
        answers=(Answer("Let me have a look at it, this will take a moment, please.", (ToolUse("menu"),)),),
    )
    cuts = cut(calling)
    assert len(cuts) == 2, "what was heard, and what waited"
    first, second = cuts.values()
    assert first > 0 and second == 0
    waited = [turn for turn in calling.kept() if turn.item in cuts and not turn.text]
    assert [turn.unheard.startswith(MENU[:40]) and turn.heard_ms == 0 for turn in waited] == [True]
    return "yes" if HOURS in calling.agent_words() else "no"


@contract("jitter", [*BACKENDS, *PCM16])
async def test_interruptions_on_a_network_that_jitters(stage: Stage) -> str:
    shape, jitter_ms = ("gauss", 4.0) if stage.backend.turns == "offhook" else ("lognorm", 15.0)
    seed = len(str(stage.backend))
    calling = await stage.call(
        CUTS_IN, links=(Link(80.0, jitter_ms, shape, seed=seed), Link(80.0, jitter_ms, shape, seed=100 + seed))
    )
    ((item, _),) = cut(calling).items()
    return "yes" if calling.late_ms(item) > 0.1 else "it did not jitter"
