"""A caller who is put through to a telephone that nobody answers, with every part a process of its own: the server with the
embedded agent, and `offhook sim carrier` with a customer and a kitchen. On the real clock: the telephone has to ring."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import offhook
from offhook.audio.silero import WEIGHTS
from tests.polling import wait_for

SID, SECRET, TOKEN = "AC" + "c" * 32, "the token of this test", "t0ken"
OURS, CUSTOMER, KITCHEN = "+12025550100", "+12025550101", "+12025550102"
SHOP = f'''
from offhook import Agent
from offhook.agent import cafe

agent = Agent(model="local", tools=cafe.TOOLS, transfers={{"kitchen": "{KITCHEN}"}})
'''
BOOK = f"""
numbers: ["{OURS}"]
callees:
  "{CUSTOMER}": {{answers: 300ms, script: customer.yaml}}
  "{KITCHEN}": no answer
"""
SCRIPT = """
steps:
  - wait: greeting
  - say: can I get a large latte
  - say: I want to speak to a person
  - hear: {words: nobody answers, within: 60s}
  - say: what is in my order
  - wait: {silence: 3s}
"""


@contextmanager
def process(*command: str, folder: Path, line: str, **environment: str) -> Iterator[str]:
    """A part of the whole, once it has printed a line of this kind: what the line captures."""
    here = str(Path(offhook.__file__).parents[1])
    told = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": here} | environment
    printed = folder / f"{command[0]}.txt"
    with (
        printed.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-m", "offhook", *command], cwd=folder, env=told, stdout=out, stderr=subprocess.STDOUT
        ) as running,
    ):
        try:
            wait_for(lambda: re.search(line, printed.read_text()) or running.poll() is not None, 30)
            found = re.search(line, printed.read_text())
            assert found, printed.read_text()
            yield found[1]
        finally:
            running.terminate()
            running.wait(20)


@pytest.mark.soak
@pytest.mark.timeout(150)
def test_the_agent_still_knows_the_order_when_the_kitchen_does_not_answer(tmp_path: Path) -> None:
    if not importlib.util.find_spec("pocketsphinx") or not WEIGHTS.is_file():
        pytest.skip("the speech engines are not installed: pip install 'offhook[local]'")
    for name, text in (("shop.py", SHOP), ("book.yaml", BOOK), ("customer.yaml", SCRIPT)):
        (tmp_path / name).write_text(text)
    account = {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": SECRET}
    settings = account | {
        "OFFHOOK_TOKEN": TOKEN, "OFFHOOK_DATA": str(tmp_path / "data"), "ALLOWED_COUNTRIES": "US", "LOG_LEVEL": "info",
    }  # fmt: skip
    with (
        process("serve", "shop:agent", "--port", "0", folder=tmp_path, line=r"answers at (http://\S+)", **settings) as server,
        process(
            "sim", "carrier", "--book", "book.yaml", "--port", "0", "--account-sid", SID, "--auth-token", SECRET,
            folder=tmp_path, line=r"TWILIO_API_BASE_URL=(http://\S+)",
        ) as carrier,
        httpx.Client(trust_env=False, timeout=30) as client,
    ):  # fmt: skip
        made = client.post(
            f"{carrier}/2010-04-01/Accounts/{SID}/Calls.json", auth=(SID, SECRET),
            data={"To": CUSTOMER, "From": OURS, "Url": f"{server}/incoming-call"},
        )  # fmt: skip
        assert made.status_code == 201
        api = {"headers": {"authorization": f"Bearer {TOKEN}"}}

        def ended() -> bool:
            calls = client.get(f"{server}/api/calls", **api).json()["calls"]
            return bool(calls) and calls[0]["state"] == "ended"

        wait_for(ended, 120)
        (call,) = client.get(f"{server}/api/calls", **api).json()["calls"]
        kept = client.get(f"{server}/api/calls/{call['id']}/export", **api).json()
    events = kept["events"]
    assert [each["status"] for each in events if each["type"] == "transfer"] == ["asked", "dialling", "no-answer"]
    assert [each["state"] for each in events if each["type"] == "status"].count("connected") == 2
    assert "latte" in kept["turns"][-1]["text"] and kept["turns"][-1]["role"] == "assistant", kept["turns"]
    assert kept["result"] == "completed"
