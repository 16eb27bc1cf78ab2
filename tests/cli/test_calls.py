import asyncio

import pytest
from typer.testing import CliRunner

from offhook.cli.calls import app
from offhook.core import events as e
from offhook.errors import ConfigError
from offhook.store.store import Store
from tests.server.test_calls import LIFE, lived


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """The command, where one call is kept and another is on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFHOOK_DATA", str(tmp_path / "data"))

    async def fill():
        store = Store(f"sqlite:///{tmp_path}/data/calls.db")
        await store.open()
        evil = e.TurnKept(3, "caller", "\x1b[2Jand a \x07muffin", "", None, 0.0, 0.0)
        await lived(store, *LIFE[:8], evil, *LIFE[8:])
        await lived(store, *LIFE[:4], call_id="c2")
        await store.close()

    asyncio.run(fill())
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_the_newest_calls_are_listed(calls):
    lines = calls("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["c2", "c1"]
    assert "11 s  completed" in lines[1] and "+15550100 → +15550199" in lines[1]
    assert [line.split()[0] for line in calls("list", "--live").stdout.splitlines()] == ["c2"]


def test_calls_are_found_by_their_words_and_numbers(calls):
    assert "a latte please" in calls("list", "latte").stdout
    assert len(calls("list", "--number", "+15550199").stdout.splitlines()) == 2
    nothing = calls("list", "tea")
    assert (nothing.stdout, nothing.stderr) == ("", "No such calls.\n")
    assert calls("list", "--limit", "1").stderr == "There are more: raise --limit.\n"


def test_a_call_is_shown_as_it_was_spoken_and_moves_no_terminal(calls):
    lines = calls("show", "c1").stdout.splitlines()
    assert lines[0].startswith("inbound call from +15550100 to +15550199, 2026-11-")
    assert lines[1:-1] == [
        "    3.0 s  caller  a latte please",
        '    4.0 s  tool    add {"what":"latte"} → ok',
        "    7.0 s  agent   One latte. […not heard: Anything else?]",
        "    8.0 s  caller   [2Jand a  muffin",
    ]
    assert lines[-1] == "completed: caller hung up; cost 0.0310 US dollars"


def test_a_call_that_is_none_is_told_in_one_sentence(calls):
    refused = calls("show", "nowhere").exception
    assert isinstance(refused, ConfigError)
    assert str(refused) == "There is no such call; `offhook calls list` shows those there are."
