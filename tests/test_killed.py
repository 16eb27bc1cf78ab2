"""A process that is killed in the middle of its calls loses no turn but what was being written at that very moment."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from offhook.journal.journal import BATCH_S, Journal
from offhook.journal.spool import left_behind
from offhook.sim.clock import run
from offhook.store.store import Store
from tests.journal.keeping import found

ROOT = Path(__file__).parent.parent


async def settled(url: str, folder: Path):
    """What is kept once whoever starts next has taken over what the dead left."""
    journal = Journal(Store(url), folder)
    await journal.start()
    await asyncio.sleep(1.0)
    rows = await found(journal.store)
    await journal.close()
    return rows


def killed(url: str, folder: Path, seed: int, points: int) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed", url, str(folder), str(seed), str(points)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(url: str, folder: Path, seed: int, points: int) -> None:
    reports = killed(url, folder, seed, points)
    assert sum(report["killed"] for report in reports) >= points / 2
    rows = run(settled(url, folder))
    assert left_behind(folder) == []
    rows.check()
    events = {(event.call_id, event.seq) for event in rows.events}
    turns = {(turn.call_id, turn.number): turn.text for turn in rows.turns}
    for report in reports:
        told = report["told"]
        durable = {(call, seq) for line in told for call, seq in line.get("durable", ())}
        assert durable <= events
        last = told[-1]["at"] if told else 0.0
        kept = {}
        for line in told:
            if "turn" in line and (not report["killed"] or line["at"] < last - BATCH_S):
                kept[line["call"], line["turn"]] = line["text"]
        for key, text in kept.items():
            newest = [line["text"] for line in told if (line.get("call"), line.get("turn")) == key]
            assert turns[key] in newest[newest.index(text) :]


@pytest.mark.timeout(120)
def test_killed_at_twenty_moments(database_url, tmp_path):
    points = 14 if database_url.startswith("sqlite") else 6
    check(database_url, tmp_path / "spool", 1, points)


@pytest.mark.soak
def test_killed_at_two_hundred_moments(database_url, tmp_path):
    check(database_url, tmp_path / "spool", 1000, 100)
