"""What agents of parts share, and what cannot be."""

import asyncio
import gc

import pytest

from offhook import Agent, Cascade, ConfigError, tool
from offhook.agent.cascade.engine import CascadeEngine
from offhook.agent.credentials import Credentials
from offhook.audio.format import Format
from offhook.core import events as e
from offhook.errors import LegFailed
from offhook.sim.clock import run
from tests.agent.cascade.parts import Script, Tones, Words


class Part:
    """Any part, from a test."""

    def __init__(self, made=None):
        self.made, self.started, self.closed = made, 0, 0

    async def start(self):
        self.started += 1

    async def close(self):
        self.closed += 1

    def recogniser(self, language):
        if language.startswith("xx"):
            raise ConfigError("no such language")
        return Words()

    def voice(self, name, language):
        return self.made


class Model(Script):
    async def start(self):
        pass


@tool
async def hours() -> str:
    return "nine"


def prepared(scenario, credentials=Credentials(), **agent):
    async def whole():
        engine = CascadeEngine(credentials)
        await engine.start()
        who = Agent(**agent)
        try:
            await engine.prepare(who)
            await asyncio.sleep(5)
            await scenario(engine, who)
        finally:
            await engine.close()

    run(whole())


def cascade(**parts):
    return Cascade(**{"stt": Part(), "llm": Model(), "tts": Part(Tones())} | parts)


def test_parts_are_started_once_and_what_is_always_said_is_rendered_before_the_first_call():
    tones, stt = Tones(), Part()

    async def scenario(engine, who):
        await engine.prepare(who)
        await asyncio.sleep(5)
        assert stt.started == 1
        assert tones.asked.count("Hello.") == 1 and len(tones.asked) == 6
        leg = engine.leg(who)
        assert leg.voice is engine.leg(who).voice and leg.voice.kept("Hello.")
        assert leg.turns == "offhook" and e.Say in leg.can
        await leg.close()

    prepared(scenario, model=cascade(stt=stt, tts=Part(tones)), greeting="Hello.")


def test_a_turn_model_is_started_once_and_hears_every_call():
    turn = Part()

    async def scenario(engine, who):
        await engine.prepare(who)
        assert turn.started == 1
        assert engine.leg(who)._parts.turn_model is turn is engine.leg(who)._parts.turn_model

    async def without(engine, who):
        assert engine.leg(who)._parts.turn_model is None

    prepared(scenario, model=cascade(turn=turn))
    prepared(without, model=cascade())


def test_a_goodbye_is_kept_for_when_all_else_is_lost():
    async def scenario(engine, who):
        assert engine.leg(who).voice.kept("Tschüss.")

    from offhook import Phrases

    prepared(scenario, model=cascade(), phrases=Phrases(goodbye="Tschüss."))


def test_a_voice_that_cannot_be_had_at_the_start_costs_nothing_but_the_wait(caplog):
    async def scenario(engine, who):
        assert "does not speak" in caplog.text
        assert engine.leg(who).voice.kept("Hello.") is None

    prepared(scenario, model=cascade(tts=Part(Tones(fails=2))), greeting="Hello.")


@pytest.mark.parametrize(
    ("agent", "why"),
    [
        ({"model": cascade(llm=Model(tools=False)), "tools": [hours]}, "can use no tools"),
        ({"model": cascade(), "language": "xx-XX"}, "no such language"),
        ({"model": cascade(languages=["de-DE"])}, "cannot tell which language"),
        ({"model": cascade(stt="openai:w@http://a:hush@b", languages=["de-DE"])}, "^openai:w@http://…@b cannot tell"),
        ({"model": Cascade()}, "OPENAI_API_KEY"),
        ({"model": Cascade(stt="acme")}, "no parts of"),
        ({"model": cascade(turn="openai")}, "cannot hear the end of a turn"),
    ],
)
def test_what_cannot_be_is_told_at_the_start(agent, why):
    async def scenario(engine, who):
        raise AssertionError("it is refused")

    with pytest.raises(ConfigError, match=why):
        prepared(scenario, **agent)


class Voiceless(Part):
    def voice(self, name, language):
        raise ConfigError(f"no such voice: {name}")


@pytest.mark.parametrize(
    ("tts", "why"),
    [
        (Voiceless(), "no such voice: nobody"),
        (Part(Tones(Format("pcm16", 12345))), "cannot be brought to the telephone"),
    ],
)
def test_a_voice_that_there_is_none_of_is_told_at_the_start(tts, why):
    async def scenario(engine, who):
        raise AssertionError("it is refused")

    with pytest.raises(ConfigError, match=why):
        prepared(scenario, model=cascade(tts=tts), voice="nobody")


class Slow(Part):
    def __init__(self, fails=0):
        super().__init__(Tones())
        self.fails = fails

    async def start(self):
        self.started += 1
        await asyncio.sleep(1)
        if self.fails:
            self.fails -= 1
            raise LegFailed("not yet")


def test_a_part_that_several_agents_want_at_once_is_started_once():
    slow = Slow()

    async def scenario(engine, who):
        await asyncio.gather(*(engine.prepare(Agent(model=cascade(tts=each))) for each in (slow, slow)))
        assert slow.started == 1

    prepared(scenario, model=cascade())


def test_a_part_that_did_not_start_is_tried_again():
    slow = Slow(fails=1)

    async def scenario(engine, who):
        wanted = Agent(model=cascade(tts=slow))
        with pytest.raises(ConfigError, match="not yet"):
            await engine.prepare(wanted)
        await engine.prepare(wanted)
        assert slow.started == 2

    prepared(scenario, model=cascade())


def test_a_part_in_the_place_of_one_that_is_gone_is_started_too():
    async def scenario(engine, who):
        for _ in range(20):  # as agents that are loaded anew: each is another object, often where the one before was
            stt = Part()
            await engine.prepare(Agent(model=cascade(stt=stt, llm=who.cascade.llm, tts=who.cascade.tts)))
            assert stt.started == 1
            await asyncio.sleep(5)
            del stt
            gc.collect()

    prepared(scenario, model=cascade())


class Ears(Part):
    tells_language = True

    def recogniser(self, language, also=()):
        self.asked = (language, also)
        return Words()


class Named(Part):
    def __init__(self):
        super().__init__()
        self.asked = []

    def voice(self, name, language):
        self.asked.append((name, language))
        return Tones()


@pytest.mark.parametrize(("polyglot", "name"), [(True, "marin"), (False, None)])
def test_callers_may_change_the_language_if_the_parts_can(polyglot, name):
    ears, voices = Ears(), Named()
    voices.polyglot = polyglot

    async def scenario(engine, who):
        assert ears.asked == ("en-US", ("de-DE",))
        assert voices.asked == [("marin", "en-US"), (name, "de-DE")]
        (german,) = engine.leg(who)._parts.others
        assert german.voice.kept(german.goodbye) and "Auf Wiederhören" in german.goodbye

    prepared(scenario, model=cascade(stt=ears, tts=voices, languages=["de-DE", "en-GB"]), voice="marin")


def test_languages_are_tags():
    with pytest.raises(ConfigError, match="list of language tags"):
        Cascade(languages="de-DE")


@pytest.mark.parametrize("prices", [{"m": (1,)}, {"m": (1, -1)}, {"m": (1, 2, 3, 4)}, {"m": "12"}, {"m": (1, 1e9)}])
def test_prices_must_be_some(prices):
    with pytest.raises(ConfigError, match=r"prices of m must be \(in, out\) or"):
        Cascade(prices=prices)
    assert hash(Cascade(prices={"m": (1, 2)})) == hash(Cascade()), "an agent may be a key"


@pytest.mark.parametrize("part", ["", None, 1, b"x"])
def test_a_part_must_be_a_name_or_a_part(part):
    with pytest.raises(ConfigError, match="must name a part"):
        Cascade(llm=part)
    if part is not None:
        with pytest.raises(ConfigError, match='turn must name a part such as "smart-turn"'):
            Cascade(turn=part)
    with pytest.raises(ConfigError, match="at least 500"):
        Cascade(window_tokens=10)


def test_an_agent_takes_a_cascade_as_its_model_or_beside_it():
    theirs = Cascade(llm="anthropic")
    assert Agent(model=theirs).models == ("cascade",) and Agent(model=theirs).cascade is theirs
    both = Agent(model=["openai:gpt-realtime", theirs])
    assert both.models == ("openai:gpt-realtime", "cascade") and both.on("cascade").cascade is theirs
    with pytest.raises(ConfigError, match="two cascades"):
        Agent(model=[theirs, Cascade()])
    with pytest.raises(ConfigError, match="must be Cascade"):
        Agent(cascade="openai")
