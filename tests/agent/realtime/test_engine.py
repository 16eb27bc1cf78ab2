"""What engines of realtime models have in common; see test_openai.py and test_azure.py for each."""

import asyncio

import pytest

from offhook import Agent, ConfigError, OwnTurns, Realtime
from offhook.agent.realtime.engine import RealtimeEngine
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.wire import AZURE, GA


def engine(dialect=GA, **options):
    return RealtimeEngine(Backend("S", "openai", "m", None), dialect, transcription_model="t", voice=None, **options)


def test_legs_are_of_the_format_and_the_turns_that_the_agent_wants():
    async def scenario():
        made = engine()
        plain = made.leg(Agent())
        assert (plain.format.encoding, plain.turns) == ("mulaw", "provider")
        assert made.leg(Agent(realtime=Realtime(audio="pcm16"))).format.rate == 24000
        own = Agent(realtime=Realtime(turns=OwnTurns()))
        assert made.leg(own).turns == "offhook"
        assert made.leg(own)._listening is made.leg(own)._listening is not None

    asyncio.run(scenario())


def test_an_agent_at_the_server_brings_its_own_instructions_and_tools():
    async def scenario():
        made = engine(AZURE, hosted=True)
        await made.prepare(Agent())
        with pytest.raises(ConfigError, match="its own instructions"):
            await made.prepare(Agent("Be brief."))

    asyncio.run(scenario())
