"""First words, on every backend."""

from offhook.core import events as e
from tests.contract.backends import BACKENDS, PCM16
from tests.contract.scenario import contract
from tests.contract.stage import GREETING, Stage

LISTENS = """
  - wait: greeting
  - pause: 1s
"""


@contract("fixed greeting")
async def test_a_fixed_greeting(stage: Stage) -> str:
    calling = await stage.call(LISTENS)
    assert calling.turns() == [("agent", GREETING)]
    assert calling.told(e.Greet) == [e.Greet()]
    if not stage.backend.realtime:
        return "word by word"
    (asked,) = calling.sent("response.create")
    if "pre_generated_assistant_message" in asked["response"]:
        assert asked["response"]["pre_generated_assistant_message"]["content"][0]["text"] == GREETING
        return "word by word"
    assert f"Say exactly the following and nothing else: {GREETING}" in asked["response"]["instructions"]
    return "as the model follows"


@contract("kept greeting", [*BACKENDS, *PCM16])
async def test_a_greeting_that_was_said_once(stage: Stage) -> str:
    await stage.call(LISTENS)
    again = await stage.call(LISTENS, connect_ms=3000.0)
    assert again.turns() == [("agent", GREETING)]
    (stream,) = again.carrier.streams
    began_ms = again.caller.hearing.spans[0].from_ms - stream.opened_ms
    if stage.backend.realtime:
        assert [each["item"]["role"] for each in again.sent("conversation.item.create")] == ["assistant"]
        assert again.sent("response.create") == []
    return "at once" if began_ms < 160 + 200 + 100 else f"after {began_ms:.0f} ms"  # two ways, the lead-in, a breath


@contract("own greeting")
async def test_a_greeting_in_words_of_its_own(stage: Stage) -> str:
    calling = await stage.call(LISTENS, greeting=None)
    ((role, words),) = calling.turns()
    assert role == "agent" and words not in ("", GREETING)
    return "yes" if calling.caller.hearing.spans[0].from_ms < 2000 else "late"


@contract("no greeting")
async def test_an_agent_that_waits_for_the_caller(stage: Stage) -> str:
    calling = await stage.call(
        """
  - pause: 5s
  - say now: where are you located
  - wait: silence
  - wait: greeting
""",
        greeting="",
    )
    assert [role for role, _ in calling.turns()] == ["caller", "agent"]
    return "yes" if calling.caller.hearing.spans[0].from_ms > 5000 else "it spoke"


@contract("early caller", [*BACKENDS, *PCM16])
async def test_a_caller_who_speaks_before_the_agent_is_ready(stage: Stage) -> str:
    calling = await stage.call(
        """
  - say now: where are you located
  - wait: speech
  - wait: greeting
""",
        greeting="",
        connect_ms=4000.0,
    )
    assert calling.turns()[0] == ("caller", "where are you located")
    if stage.backend.realtime:
        assert calling.caller.report.spoken[0].to_ms < 3000.0 < calling.caller.hearing.spans[0].from_ms
    return "yes" if "twelve mill street" in calling.agent_words() else "not answered"


@contract("early hello", [*BACKENDS, *PCM16])
async def test_a_hello_into_the_greeting(stage: Stage) -> str:
    calling = await stage.call(
        """
  - wait: speech
  - pause: 300ms
  - say now: hello
  - wait: {silence: 3s}
  - hang up
"""
    )
    greeting = next(turn for turn in calling.kept() if turn.role == "agent")
    assert ("caller", "hello") in calling.turns()
    assert abs(calling.heard()[greeting.item] - greeting.heard_ms) < 5
    assert calling.published(e.BargedIn) == [] and calling.told(e.Truncate, e.Discard) == []
    assert calling.heard()[greeting.item] == greeting.generated_ms and not greeting.unheard
    return "is heard beside it"
