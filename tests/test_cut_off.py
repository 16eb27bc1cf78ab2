"""Cafés that are killed in the middle of their calls, one after another: callers are gone on with, and what they ordered is
known."""

import importlib.util
import itertools
import json
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from offhook.agent.cascade.coming_back import BACK
from offhook.journal.spool import left_behind
from offhook.sim.clock import run
from tests.cut_off import ORDERS, QUESTION, RECORDINGS
from tests.journal.keeping import Found, found_at

ROOT = Path(__file__).parent.parent
DRINKS = {order: order.split()[-1] for order in ORDERS}

needs_engines = pytest.mark.skipif(
    not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")),
    reason="the speech engines are not installed: pip install 'offhook[local]'",
)


def cut_off(url: str, folder: Path, seed: int, points: int) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.cut_off", url, str(folder), str(seed), str(points)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Told:
    """What the journal of one call tells of the lives it had."""

    def __init__(self, rows: Found, call_id: str) -> None:
        self.events = [event for event in rows.events if event.call_id == call_id]
        connected = [event for event in self.events if self.state(event) == "connected"]
        self.resumed = len(connected) - 1 if connected else 0
        self.resumed_at = connected[1].seq if self.resumed > 0 else len(self.events) + 1
        self.asked = self.remembered = 0
        self._read()

    @staticmethod
    def state(event) -> str:
        return event.body["state"] if event.type == "status" else ""

    def _read(self) -> None:
        """Orders that a life before had noted, and what was answered to the question for them."""
        noted: set[str] = set()
        turns: dict[int, tuple[str, str, int]] = {}
        for event in self.events:
            if event.type == "note" and event.seq < self.resumed_at:
                noted = {line[0] for line in event.body["data"].get("order", {}).get("lines", {}).values()}
            if event.type == "transcript":
                body = event.body
                words = f"{body['text']} {body.get('unheard', '')}"
                turns[body["turn"]] = (body["role"], words, event.seq)
        talk = [turns[number] for number in sorted(turns)]
        for (role, words, seq), (next_role, answer, _) in itertools.pairwise(talk):
            asked = role == "user" and words.strip() == QUESTION and seq > self.resumed_at
            if asked and noted and next_role == "assistant":
                self.asked += 1
                self.remembered += any(drink in answer for drink in noted)


def check(url: str, folder: Path, seed: int, points: int) -> dict[str, int]:
    reports = cut_off(url, folder, seed, points)
    rows = run(found_at(url))
    assert left_behind(folder) == []
    rows.check()
    assert {call.state for call in rows.calls} == {"ended"}
    told = [Told(rows, call.id) for call in rows.calls]
    results = [call.result for call, its in zip(rows.calls, told, strict=True) if its.resumed <= 3]
    assert set(results) <= {"completed"}, [(call.id, call.reason) for call in rows.calls if call.result != "completed"]
    assert all(each.remembered == each.asked for each in told)
    recordings = list((folder.parent / RECORDINGS).iterdir())
    assert {path.name for path in recordings} <= {f"{call.id}.wav" for call in rows.calls}
    for path in recordings:
        with wave.open(str(path)) as file:
            frames = file.getnframes()
            assert len(file.readframes(frames)) == 4 * frames > 0
    found = {
        "recordings": len(recordings),
        "killed": sum(report["killed"] for report in reports),
        "calls": len(rows.calls),
        "resumed": sum(each.resumed for each in told),
        "apologies": sum(BACK in str(event.body.get("text")) for event in rows.events if event.type == "transcript"),
        "remembered": sum(each.remembered for each in told),
    }
    sys.stdout.write(f"{json.dumps(found)}\n")
    return found


@needs_engines
@pytest.mark.timeout(300)
def test_killed_at_twenty_moments(tmp_path):
    found = check(f"sqlite:///{tmp_path}/calls.db", tmp_path / "spool", 7, 20)
    assert found["killed"] >= 10 and found["resumed"] >= 10
    assert found["apologies"] >= 5 and found["remembered"] >= 1 and found["recordings"] >= 2


@needs_engines
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_at_two_hundred_moments(database_url, tmp_path):
    found = check(database_url, tmp_path / "spool", 100, 100)
    assert found["killed"] >= 75 and found["remembered"] >= 15
