"""Whose turn it is, keys, silences and the transcript, on every backend."""

from offhook.core import events as e
from offhook.sim.model_orders import Faults as ModelFaults
from tests.contract.backends import BACKENDS, PCM16
from tests.contract.scenario import contract
from tests.contract.stage import ADDRESS, GREETING, HOURS, Stage
from tests.contract.test_cuts import cut

ASKS = "Would you like me to read you all of the menu, from the top, with every price there is?"


@contract("question", [*BACKENDS, *PCM16])
async def test_a_question(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: where are you located
  - hear: twelve mill street
  - say: what are your opening hours
  - hear: from eight to six
"""
    )
    assert [event.name for event in calling.published(e.ToolCalled)] == ["address", "opening_hours"]
    assert [event.output for event in calling.published(e.ToolFinished)] == [ADDRESS, HOURS]
    roles, words = zip(*calling.turns(), strict=True)
    assert roles == ("agent", "caller", "agent", "caller", "agent")
    assert words[0] == GREETING and words[1] == "where are you located" and words[3] == "what are your opening hours"
    assert words[2].startswith(ADDRESS) and words[4].startswith(HOURS)
    assert calling.published(e.BargedIn) == [] and calling.refused() == []
    return "yes" if max(ms or 9999 for ms in calling.answered_within()) < 2000 else "late"


@contract("short word")
async def test_a_short_word(stage: Stage) -> str:
    calling = await stage.call("  - wait: greeting\n  - say: hello\n  - pause: 5s\n")
    (spoken,) = calling.caller.report.spoken
    assert spoken.to_ms - spoken.from_ms < 600
    assert calling.turns()[1] == ("caller", "hello")
    return "yes" if calling.turns()[2][1].startswith("Hello!") else "no"


@contract("uh-huh")
async def test_a_listener_who_says_uh_huh(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: can you read me the menu
  - wait: speech
  - pause: 3s
  - uh-huh
  - wait: {silence: 3s}
"""
    )
    if cuts := cut(calling):
        assert len(cuts) == 1
        return "cuts it off"
    assert calling.published(e.BargedIn) == []
    assert "croissants" in calling.agent_words()
    return "lets it go on"


@contract("key", [*BACKENDS, *PCM16])
async def test_a_key_into_an_answer(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: can you read me the menu
  - wait: speech
  - pause: 2s
  - press: "4#"
  - pause: 1s
  - wait: {silence: 2s}
"""
    )
    (ms,) = cut(calling).values()
    assert 1900 < ms < 2600
    assert [event.digit for event in calling.published(e.KeyPressed)] == ["4", "#"]
    assert [each.keys for each in calling.told(e.Respond) if each.keys] == ["4"]
    assert [role for role, _ in calling.turns()] == ["agent", "caller", "agent", "caller", "agent"]
    assert calling.turns()[3] == ("caller", "(keys 4)")
    if stage.backend.realtime:
        (written,) = [each for each in calling.sent("conversation.item.create") if each["item"].get("role") == "user"]
        assert ": 4)" in written["item"]["content"][0]["text"]
    return "yes" if calling.turns()[4][1] else "not answered"


@contract("both silent")
async def test_an_agent_that_was_cut_off_for_nothing(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: can you read me the menu
  - wait: speech
  - pause: 2s
  - press: "#"
  - pause: 4s
"""
    )
    assert len(cut(calling)) == 1
    assert [each for each in calling.told(e.Respond) if each.going_on] == [e.Respond("", going_on=True)]
    if stage.backend.realtime:
        assert "Go on" in calling.sent("response.create")[-1]["response"]["instructions"]
    silent_ms = [quiet_to - quiet_from for quiet_from, quiet_to in pauses(calling) if quiet_to > quiet_from]
    assert max(silent_ms) < 2500
    return "yes" if calling.turns()[-1][0] == "agent" and calling.turns()[-1][1] else "no"


def pauses(calling) -> list[tuple[float, float]]:
    """Between what was heard of the agent: from, to."""
    spans = calling.caller.hearing.spans
    return [(one.to_ms, two.from_ms) for one, two in zip(spans[-2:], spans[-1:], strict=False)]


@contract("late words")
async def test_words_that_come_late_and_twice(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: greeting
  - say: where are you located
  - hear: twelve mill street
  - say: what are your opening hours
  - hear: from eight to six
  - pause: 6s
""",
        faults=ModelFaults(transcription_delay_ms=5000, transcription_twice=True),
    )
    turns = calling.turns()
    assert [role for role, _ in turns] == ["agent", "caller", "agent", "caller", "agent"]
    if stage.backend.realtime:
        told = [event for event in calling.published(e.TurnKept) if event.role == "caller" and event.text]
        answered = [event for event in calling.published(e.TurnKept) if event.text.startswith(ADDRESS)]
        order = calling.published(e.TurnKept)
        assert order.index(told[0]) > order.index(answered[0]), "the words came after the answer"
    return "yes" if (turns[1][1], turns[3][1]) == ("where are you located", "what are your opening hours") else "no"


@contract("usage")
async def test_what_was_used(stage: Stage) -> str:
    calling = await stage.call("  - wait: greeting\n  - say: where are you located\n  - hear: twelve mill street\n")
    spoken = stage.backend.realtime  # what asks for a tool is written, and paid for too
    used = [event for event in calling.published(e.Used) if event.audio_out or (event.text_out and not spoken)]
    if not used:
        return "there is nothing to pay"
    if stage.backend.written:
        assert sum(event.text_in for event in used) > 0
        return "without a price" if all(event.usd is None for event in used) else "with its price"
    assert len(used) == 2, "the greeting and the answer"
    assert sum(event.text_in + event.cached_in for event in used) > 0 and sum(event.audio_in for event in used) > 0
    return "without a price" if all(event.usd is None for event in used) else "with its price"


@contract("short yes")
async def test_a_short_yes_over_a_question(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: speech
  - pause: 2s
  - say now: "yes"
  - wait: {silence: 3s}
""",
        greeting=ASKS,
    )
    return "an answer" if cut(calling) else "a backchannel"
