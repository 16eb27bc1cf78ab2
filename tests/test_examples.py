"""The examples, as they are served."""

import re
from pathlib import Path

import pytest

from offhook.agent.cascade.embedded import desk_tools, unused_tools
from offhook.cli.agents import load_agents
from tests.visit import Visit

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_served_as_its_first_line_says(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    target = re.search(r"`offhook serve ([\w.]+:\w+)`", path.read_text().splitlines()[0])[1]
    assert target.startswith(f"examples.{path.stem}:")
    agent = load_agents(target).agents
    if agent.model == "local":
        desk_tools(agent.toolbox)
        assert unused_tools(agent.toolbox) == [], "the desk uses every tool of the example"


def test_the_bakery_tells_its_own_hours(monkeypatch):
    monkeypatch.chdir(ROOT)
    visit = Visit(load_agents("examples.hello:agent").agents.tools)
    assert visit.says("when are you open").startswith("We are open from seven to five.")
    assert visit.says("are you open on sunday").startswith("We are closed on Sunday.")
