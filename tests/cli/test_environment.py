"""A start from a key and SYSTEM_MESSAGE alone, as a stranger does it: the command, the stand-in model, a simulated call."""

import asyncio
import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest

from tests.sim.model_service import running

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")),
        reason="the speech engines are not installed: pip install 'offhook[local]'",
    ),
]

SHOP = "from offhook import Agent\nshop = Agent(model=['openai:nowhere', 'gpt-realtime'], greeting='Hello.')\n"
HELLO = """agent voice: other
steps:
  - hear: hello
  - say: what are your opening hours
  - wait: speech
  - wait: silence
expect:
  - ended_by: caller
"""


def environment(folder: Path, **told: str) -> dict[str, str]:
    """That of this process without any setting, and these."""
    clean = {key: os.environ[key] for key in ("PATH", "HOME", "PYTHONPATH") if key in os.environ}
    return clean | {"OFFHOOK_DATA": str(folder / "data"), "PORT": "0"} | told


def offhook(folder: Path, environment: dict[str, str], *arguments: str):
    return asyncio.create_subprocess_exec(
        sys.executable, "-m", "offhook", *arguments, cwd=folder, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize(("told", "backend"), [
    ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "{http}/v1"}, "openai:gpt-realtime-2.1"),
    ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "{http}", "MODEL": "openai:gpt-realtime-mini"}, "openai:gpt-realtime-mini"),
    ({"AZURE_VOICE_LIVE_ENDPOINT": "{http}", "AZURE_VOICE_LIVE_API_KEY": "k"}, "azure:gpt-realtime-2.1"),
    ({"AZURE_VOICE_LIVE_ENDPOINT": "{ws}/voice-live/realtime", "AZURE_VOICE_LIVE_API_KEY": "k",
      "VOICE_LIVE_MODEL": "gpt-4o-mini"}, "azure:gpt-4o-mini"),
    ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:9", "MODEL": "gpt-realtime,local"}, "local"),
])  # fmt: skip
def test_a_key_and_a_system_message_are_enough(tmp_path, told, backend):
    async def scenario():
        async with running() as service:
            where = {"http": f"http://127.0.0.1:{service.port}", "ws": f"ws://127.0.0.1:{service.port}"}
            filled = {name: value.format(**where) for name, value in told.items()}
            env = environment(tmp_path, SYSTEM_MESSAGE="You answer for a bakery.", TEMPERATURE="0.8", **filled)
            server = await offhook(tmp_path, env, "serve")
            try:
                log = ""
                while (found := re.search(r"answers at (http://\S+)", log)) is None:
                    line = await server.stderr.readline()
                    assert line, f"it has ended: {log}"
                    log += line.decode()
                url = f"{found[1]}/incoming-call"
                caller = await offhook(
                    tmp_path, env, "sim", "call", "--url", url, "--say", "what are your opening hours"
                )
                said, _ = await caller.communicate()
                assert caller.returncode == 0, said
            finally:
                server.terminate()
                talk, rest = await server.communicate()
            log += rest.decode()
            assert re.search("opening hours|from eight to six", talk.decode().split("agent", 2)[-1]), talk
            assert f"backend={backend}" in log
            sessions = service.service.sessions
            for session in sessions:
                sent = next(body for _, way, body in session.log if way == "in" and body["type"] == "session.update")
                assert "bakery" in sent["session"]["instructions"]
                assert sent["session"].get("temperature") == (0.8 if backend.startswith("azure") else None)
            assert bool(sessions) == (backend != "local")
            assert ("has no temperature: it is not sent" in log) == (not backend.startswith("azure"))

    asyncio.run(scenario())


def test_a_realtime_model_is_tested_with_a_script_and_one_stands_in_for_another(tmp_path):
    (tmp_path / "far_shop.py").write_text(SHOP)
    (tmp_path / "hello.yaml").write_text(HELLO)

    async def scenario():
        async with running() as service:
            env = environment(tmp_path, OPENAI_API_KEY="k", OPENAI_BASE_URL=service.base_url)
            tests = await offhook(tmp_path, env, "test", "hello.yaml", "--agent", "far_shop:shop")
            told, warned = (each.decode() for each in await tests.communicate())
        assert tests.returncode == 0, told + warned
        assert "1 of 1 scripts hold" in told
        assert "In real time, since gpt-realtime and openai:nowhere cannot be hurried" in warned
        assert "gpt-realtime goes on in the place of openai:nowhere" in warned

    asyncio.run(scenario())
