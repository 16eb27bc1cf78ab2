"""Records to rows on both databases: what follows from what, and that doing it again, or late, changes nothing."""

import random

import pytest

from offhook.core import events as e
from offhook.journal import rows
from offhook.journal.record import Recorder
from offhook.sim import clock
from offhook.store.store import Store
from tests.journal.keeping import BEGAN, found

LIFE = [
    BEGAN, e.StateChanged("connected"), e.AgentJoined("local", name="cafe"), e.TurnKept(1, "agent", "Hello.", "", "g", 900.0, 900.0),
    e.TurnKept(2, "caller", "a tabel", "", None, 0.0, 0.0), e.Answered("i", 650.0), e.ToolCalled("t", "book", "{}"),
    e.Used("m", 0.25, text_in=3), e.ToolFinished("t", "done"), e.Noted({"order": ["tea"]}),
    e.TurnKept(2, "caller", "a table", "", None, 0.0, 0.0), e.KeyPressed("1"),
    e.TurnKept(3, "agent", "Gladly", "for when?", "i", 400.0, 900.0), e.BargedIn({"i": 400.0}),
    e.Used("m", None, audio_in=5), e.StateChanged("parked"), e.StateChanged("connected"), e.StateChanged("ending"),
    e.StreamEnded(0, 9000.0, media_in=450, media_out=20, missing=2, longest_gap_ms=61.5, underruns=1, corrections=3),
    e.StateChanged("ended"), e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP),
]  # fmt: skip


def records(call_id="c1"):
    recorder = Recorder(call_id, 0.0, 1_700_000_000.0)
    made = [record for number, event in enumerate(LIFE) for record in recorder.records(event, 500.0 * number)]
    return [record for record in made if record.seq]


def after(url, batches):
    async def main():
        store = Store(url)
        await store.open()
        for batch in batches:
            await store.write(lambda connection, batch=batch: rows.write(connection, batch))
        rows_found = await found(store)
        await store.close()
        return rows_found

    return clock.run(main())


def plain(rows_found):
    """Without the ids that a database gives."""
    turns = sorted(tuple(turn)[1:] for turn in rows_found.turns)
    return [rows_found.calls, rows_found.events, turns, rows_found.usage, rows_found.tools, rows_found.streams]


def test_what_follows_from_a_call(database_url):
    kept = after(database_url, [records()])
    kept.check()
    [call] = kept.calls
    assert (call.sid, call.agent, call.backend, call.state) == ("CA1", "cafe", "local", "ended")
    assert (call.result, call.reason) == ("completed", "caller hung up")
    assert [(at - call.started_at).total_seconds() for at in (call.answered_at, call.ended_at)] == [0.5, 10.0]
    assert (call.cost_usd, call.unpriced, call.data, call.epoch) == (0.25, True, {"order": ["tea"]}, 0)
    assert [(turn.role, turn.text, turn.unheard, turn.latency_ms) for turn in kept.turns] == [
        ("assistant", "Hello.", "", None), ("user", "a table", "", None), ("assistant", "Gladly", "for when?", 650.0),
    ]  # fmt: skip
    assert kept.turns[1].at_ms == 2000.0  # of the first version
    [tool] = kept.tools
    assert (tool.name, tool.arguments, tool.output, tool.failed, tool.at_ms, tool.took_ms) == (
        "book", "{}", "done", False, 3000.0, 1000.0,
    )  # fmt: skip
    assert [(usage.model, usage.usd, usage.text_in, usage.audio_in) for usage in kept.usage] == [
        ("m", 0.25, 3, 0), ("m", None, 0, 5),
    ]  # fmt: skip
    [stream] = kept.streams
    assert tuple(stream)[1:] == (0, 0.0, 9000.0, 450, 20, 2, 61.5, 1, 3)


@pytest.mark.parametrize("seed", range(4))
def test_batches_of_any_size_some_of_them_twice_come_to_the_same(database_url, seed):
    chance = random.Random(seed)
    whole, batches, at = records(), [], 0
    while at < len(whole):
        batch = whole[at : at + chance.randint(1, 6)]
        at += len(batch)
        batches.append(batch)
        if chance.random() < 0.4:
            back = max(0, at - chance.randint(1, 12))
            batches.append(whole[back:at])
    kept = after(database_url, batches)
    kept.check()
    assert [row.body for row in kept.events] == [record.body for record in whole]
    [call] = kept.calls
    assert (call.state, call.cost_usd, call.unpriced) == ("ended", 0.25, True)


def test_what_comes_late_does_not_undo_what_is_newer(database_url):
    whole = records()
    middle = len(whole) // 2
    first = next(at for at, record in enumerate(whole) if record.type == "transcript")
    late = after(database_url, [whole[:first], whole[middle:], whole[first:middle], whole])
    late.check()
    [call] = late.calls
    assert (call.state, call.data, call.cost_usd) == ("ended", {"order": ["tea"]}, 0.25)
    assert [turn.text for turn in sorted(late.turns, key=lambda turn: turn.number)] == ["Hello.", "a table", "Gladly"]


def test_a_call_of_a_sid_that_is_there_costs_nothing_else(database_url):
    kept = after(database_url, [records("c1"), records("c2")])
    assert [call.id for call in kept.calls] == ["c1"]
    assert {event.call_id for event in kept.events} == {"c1", "c2"}
