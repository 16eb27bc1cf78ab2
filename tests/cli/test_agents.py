"""Agents from modules and from the environment, and modules that change while the server runs."""

import asyncio
import dataclasses
import os
import sys

import pytest

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.options import Cascade
from offhook.cli.agents import REACHING_MODELS, agent_from, credentials, load_agents, load_anew, reloading
from offhook.errors import ConfigError
from offhook.parts.keys import Keys
from offhook.settings import Settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def settings(monkeypatch, **environment) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


# ---------------------------------------------------------------- agents


def test_an_agent_is_found_in_a_module_of_the_current_folder(tmp_path):
    (tmp_path / "shop_one.py").write_text("from offhook.agent.agent import Agent\nagent = Agent('You sell bread.')\n")
    assert load_agents("shop_one:agent").agents.instructions == "You sell bread."


@pytest.mark.parametrize("target", ["shop", "shop:", ":agent", ""])
def test_a_target_that_names_no_agent_is_refused_with_an_example(target):
    with pytest.raises(ConfigError, match="shop:agent"):
        load_agents(target)


def test_a_module_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="There is no module nothing_here"):
        load_agents("nothing_here:agent")


@pytest.mark.parametrize(
    ("number", "text", "sentence"),
    [
        (2, "import nothing_there\n", "imports nothing_there, which is not there"),
        (4, "from offhook import Agent\nagent = Agent(modell='local')\n", "modell.*line 2 of .*shop_4.py"),
        (5, "agent = (\n", "SyntaxError"),
    ],
)
def test_a_module_that_fails_is_told_in_one_sentence(tmp_path, number, text, sentence):
    (tmp_path / f"shop_{number}.py").write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        load_agents(f"shop_{number}:agent")


def test_a_password_in_what_a_module_raises_is_not_repeated(tmp_path):
    (tmp_path / "shop_url.py").write_text("raise ValueError('no answer of postgres://u:pw@db/shop')")
    with pytest.raises(ConfigError, match="ValueError: no answer of postgres://…@db/shop ") as refused:
        load_agents("shop_url:agent")
    assert "pw" not in str(refused.value)


def test_another_name_is_refused_with_the_agents_there_are(tmp_path):
    (tmp_path / "shop_three.py").write_text(
        "from offhook.agent.agent import Agent\nday = Agent('')\nnight = Agent('')\n"
    )
    with pytest.raises(ConfigError, match="no Agent named agent; the agents in it: day, night"):
        load_agents("shop_three:agent")


def test_the_environment_describes_an_agent(monkeypatch):
    told = settings(
        monkeypatch, MODEL="local", SYSTEM_MESSAGE="Be kind.", GREETING="Hello.", VOICE="en", LANGUAGE="en-GB"
    )
    assert agent_from(told) == Agent("Be kind.", model="local", greeting="Hello.", voice="en", language="en-GB")


def test_without_a_model_there_is_nothing_to_answer_with(monkeypatch):
    with pytest.raises(ConfigError, match="set MODEL"):
        agent_from(settings(monkeypatch))


@pytest.mark.parametrize(
    ("environment", "model"),
    [
        ({"OPENAI_API_KEY": "k"}, "gpt-realtime"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8089"}, "gpt-realtime"),
        ({"AZURE_VOICE_LIVE_ENDPOINT": "https://r.services.ai.azure.com"}, "voice-live"),
        ({"OPENAI_API_KEY": "k", "MODEL": "local"}, "local"),
    ],
)
def test_without_a_model_the_only_one_with_credentials_answers(monkeypatch, environment, model):
    assert agent_from(settings(monkeypatch, **environment)).model == model


def test_between_two_models_with_credentials_nobody_guesses(monkeypatch):
    told = settings(monkeypatch, OPENAI_API_KEY="k", AZURE_VOICE_LIVE_ENDPOINT="https://r.services.ai.azure.com")
    with pytest.raises(ConfigError) as refused:
        agent_from(told)
    assert str(refused.value) == (
        "There is more than one model to answer calls with: set MODEL=gpt-realtime (OPENAI_API_KEY is set) or "
        "MODEL=voice-live (AZURE_VOICE_LIVE_ENDPOINT is set), or MODEL=gpt-realtime,voice-live to have one stand in for "
        "the other."
    )


def test_half_of_what_azure_needs_is_told(monkeypatch):
    with pytest.raises(ConfigError, match="AZURE_VOICE_LIVE_API_KEY is set, and AZURE_VOICE_LIVE_ENDPOINT is not"):
        agent_from(settings(monkeypatch, AZURE_VOICE_LIVE_API_KEY="k"))


def test_several_models_of_the_environment_are_a_list(monkeypatch):
    agent = agent_from(settings(monkeypatch, MODEL="gpt-realtime, voice-live,local", OPENAI_API_KEY="k"))
    assert agent.models == ("gpt-realtime", "voice-live", "local")


def test_the_temperature_of_the_environment_is_the_agents(monkeypatch):
    assert agent_from(settings(monkeypatch, MODEL="voice-live", TEMPERATURE="0.7")).realtime.temperature == 0.7


def test_credentials_are_plain_values(monkeypatch):
    told = credentials(
        settings(
            monkeypatch, OPENAI_API_KEY="ok", OPENAI_REALTIME_API="BETA", AZURE_VOICE_LIVE_API_KEY="ak",
            AZURE_VOICE_LIVE_ENDPOINT="r.services.ai.azure.com", VOICE_LIVE_MODEL="gpt-5.4",
            AZURE_USER_ASSIGNED_IDENTITY_CLIENT_ID="id",
        )
    )  # fmt: skip
    assert (told.openai_api_key, told.openai_beta, told.azure_api_key) == ("ok", True, "ak")
    assert (told.azure_endpoint, told.voice_live_model, told.azure_client_id) == (
        "r.services.ai.azure.com", "gpt-5.4", "id",
    )  # fmt: skip
    keys = credentials(settings(monkeypatch, OPENAI_API_KEY="ok", DEEPGRAM_API_KEY="dk", AZURE_SPEECH_REGION="r")).keys
    assert (keys.openai_api_key, keys.deepgram_api_key, keys.azure_speech_region) == ("ok", "dk", "r")
    assert credentials(settings(monkeypatch)).azure_api_version == Credentials().azure_api_version
    assert credentials(settings(monkeypatch)).azure_scope == Credentials().azure_scope


def test_every_key_of_a_part_has_its_setting(monkeypatch):
    names = {each.name: f"the {each.name}" for each in dataclasses.fields(Keys)}
    told = settings(monkeypatch, **{name.upper(): value for name, value in names.items() if "url" not in name})
    assert dataclasses.asdict(credentials(told).keys) == names | {"openai_base_url": None}
    assert {name for name in names if name not in REACHING_MODELS} == set()


def test_the_parts_of_the_environment_and_what_they_cost(monkeypatch):
    agent = agent_from(
        settings(monkeypatch, MODEL="cascade", STT="azure", LLM="openai:x", TTS="elevenlabs", PRICES="x=1/2")
    )
    assert agent.cascade == Cascade("azure", "openai:x", "elevenlabs", prices={"x": (1.0, 2.0)})


def test_agents_by_number_and_a_function_are_taken_too(tmp_path):
    (tmp_path / "shop_five.py").write_text(
        "from offhook import Agent\nday, night = Agent('day'), Agent('night')\n"
        "numbers = {'+15550100': day, '*': night}\n"
        "def choose(call):\n    return day\n"
    )
    numbers = load_agents("shop_five:numbers")
    assert numbers.agents["*"].instructions == "night"
    chosen = load_agents("shop_five:choose")
    assert chosen.agents(None).instructions == "day"
    assert {name: agent.instructions for name, agent in chosen.known.items()} == {"day": "day", "night": "night"}


def test_a_module_that_ends_the_program_is_told_in_a_sentence(tmp_path):
    (tmp_path / "shop_nine.py").write_text("import sys\nsys.exit(3)\n")
    with pytest.raises(ConfigError, match="take out what calls exit"):
        load_agents("shop_nine:agent")


# ---------------------------------------------------------------- loaded anew


def write(path, text):
    """Writes a module so that its age differs from the one before, whatever the clock's step."""
    path.write_text(text)
    write.age = getattr(write, "age", 0) + 10
    os.utime(path, (write.age, write.age))


def test_a_module_and_what_it_imports_are_loaded_as_they_are_now(tmp_path):
    write(tmp_path / "words_six.py", "WORDS = 'old'\n")
    write(tmp_path / "shop_six.py", "from offhook import Agent\nfrom words_six import WORDS\nagent = Agent(WORDS)\n")
    assert load_agents("shop_six:agent").agents.instructions == "old"
    write(tmp_path / "words_six.py", "WORDS = 'new'\n")
    assert load_agents("shop_six:agent").agents.instructions == "old"
    assert load_anew("shop_six:agent").agents.instructions == "new"


def test_a_module_that_has_become_faulty_changes_nothing(tmp_path):
    write(tmp_path / "shop_seven.py", "from offhook import Agent\nagent = Agent('good')\n")
    load_agents("shop_seven:agent")
    before = sys.modules["shop_seven"]
    write(tmp_path / "shop_seven.py", "agent = (\n")
    with pytest.raises(ConfigError, match="SyntaxError"):
        load_anew("shop_seven:agent")
    assert sys.modules["shop_seven"] is before


def test_a_change_on_the_disk_brings_new_agents_and_a_faulty_one_is_told(tmp_path, caplog):
    file = tmp_path / "shop_eight.py"
    write(file, "from offhook import Agent\nagent = Agent('first')\n")
    load_agents("shop_eight:agent")

    async def scenario():
        seen = asyncio.Queue()

        async def replace(loaded):
            seen.put_nowait(loaded.agents.instructions)

        async with reloading("shop_eight:agent", replace):
            # Until the watcher has begun a change may pass unseen, so it is made until it is seen.
            async def change(text):
                while True:
                    write(file, f"from offhook import Agent\nagent = Agent({text!r})\n")
                    try:
                        return await asyncio.wait_for(seen.get(), 1.0)
                    except TimeoutError:
                        continue

            assert await change("second") == "second"
            for faulty, why in (("agent = (", "SyntaxError"), ("raise KeyboardInterrupt", "interrupts the program")):
                write(file, faulty + "\n")
                while why not in caplog.text:
                    await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=0.05)
            assert await change("third") == "third", "what was mended is taken"

    asyncio.run(scenario())


def test_recording_and_what_is_kept_nowhere_need_no_module(monkeypatch):
    told = settings(monkeypatch, MODEL="local", RECORD="1", CONSENT="Wir zeichnen auf.", REDACT="cards, keys")
    assert agent_from(told) == Agent(
        "", model="local", record=True, consent="Wir zeichnen auf.", redact=("cards", "keys")
    )
    assert agent_from(settings(monkeypatch, MODEL="local", CONSENT="", REDACT="")).consent == "This call is recorded."
    with pytest.raises(ConfigError, match="REDACT must be cards, phones or keys, with commas between"):
        settings(monkeypatch, REDACT="names")


def test_where_callers_may_be_put_through_to_needs_no_module(monkeypatch):
    told = settings(
        monkeypatch, MODEL="local", TRANSFERS=" kitchen = +12025550101 ,front desk=sip:desk@example.com;x=1"
    )
    made = agent_from(told)
    assert list(made.transfers.items()) == [("kitchen", "+12025550101"), ("front desk", "sip:desk@example.com;x=1")]
    assert "transfer" in [tool.name for tool in made.toolbox]
    assert agent_from(settings(monkeypatch, MODEL="local", TRANSFERS="")).transfers == {}


@pytest.mark.parametrize(
    "text", ["+12025550101", "kitchen=", "=+12025550101", "a=+1,", "a=+12025550101,A=+12025550102"]
)
def test_destinations_that_are_none_are_refused_in_one_sentence(monkeypatch, text):
    with pytest.raises(ConfigError, match="TRANSFERS must be names and numbers such as kitchen="):
        settings(monkeypatch, TRANSFERS=text)
