import asyncio
import subprocess
import sys

import pytest

from offhook import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.models import engine_for
from offhook.errors import ConfigError


def test_a_model_there_is_none_for_is_refused_with_the_ones_there_are():
    with pytest.raises(ConfigError, match='"local"'):
        engine_for("hal-9000")


def test_a_language_the_embedded_engine_does_not_speak_is_refused():
    with pytest.raises(ConfigError, match="en-US"):
        asyncio.run(engine_for("local").prepare(Agent(language="nl-NL")))
    asyncio.run(engine_for("echo").prepare(Agent(language="nl-NL", model="echo")))


def test_an_engine_opens_legs():
    async def scenario():
        engine = engine_for("echo")
        await engine.start()
        agent = Agent(model="echo")
        assert engine.leg(agent) is not engine.leg(agent)
        await engine.close()

    asyncio.run(scenario())


def test_nothing_of_a_model_is_imported_before_it_is_used():
    code = (
        "import sys, offhook, offhook.agent.models\n"
        "print([m for m in sys.modules if m.startswith(('numpy', 'offhook.speech', 'offhook.agent.cascade.embedded'))])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("model", ["openai:", "azure:", "local:x", "echo:x", "gpt-realtime:x", ":m", "", "OpenAI:m"])
def test_a_model_is_named_whole(model):
    with pytest.raises(ConfigError, match="There is no model"):
        engine_for(model, Credentials(openai_api_key="k", azure_endpoint="https://h", azure_api_key="k"))


def test_the_usual_model_of_each_provider_has_a_short_name():
    told = Credentials(openai_api_key="k", azure_endpoint="https://h", azure_api_key="k")
    assert engine_for("gpt-realtime", told).url.endswith("model=gpt-realtime-2.1")
    assert engine_for("voice-live", told).url.endswith("model=gpt-realtime-2.1")
    assert engine_for("openai:x", told).url.endswith("model=x")
    assert engine_for("azure:y", told).url.endswith("model=y")
