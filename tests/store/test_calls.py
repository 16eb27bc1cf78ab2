"""Lists and calls as they are read: the same on both databases."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from offhook.sim import clock
from offhook.store.calls import EVENTS_AT_A_TIME, Calls, Wanted
from offhook.store.store import Store
from offhook.store.tables import CallRow, EventRow, StreamRow, ToolRow, TurnRow, UsageRow
from tests.store.rows import call_row, turn_row

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def minutes(number):
    return NOON + timedelta(minutes=number)


def ended(call_id, number, seconds, **given):
    at = minutes(number)
    times = {"started_at": at, "answered_at": at, "ended_at": at + timedelta(seconds=seconds)}
    return call_row(call_id, state="ended", result="completed", **times | given)


LIST = [
    ended("a", 0, 10.0),
    ended("b", 1, 60.0, caller="sip:anna@example.com", agent="shop"),
    ended("c", 2, 59.999, direction="outbound-api", caller="+15550199", called="+4930123"),
    call_row("d", started_at=minutes(2), state="connected", answered_at=minutes(2), backend="gpt-realtime"),
    call_row("e", started_at=minutes(3), state="ringing", caller="50%_off"),
]


async def kept(url, *tables):
    store = Store(url)
    await store.open()
    async with store.writing() as connection:
        for table, rows in tables:
            for row in rows:  # one by one: they do not all tell the same
                await connection.execute(sa.insert(table), [row])
    return store


def answers(url, ask, *tables):
    """What `ask(calls)` gives on a database of these rows."""

    async def main():
        store = await kept(url, *tables)
        try:
            return await ask(Calls(store))
        finally:
            await store.close()

    return clock.run(main())


FILTERS = [
    (Wanted(), "edcba"),
    (Wanted(live=True), "ed"),
    (Wanted(live=False), "cba"),
    (Wanted(state="connected"), "d"),
    (Wanted(result="completed"), "cba"),
    (Wanted(result="failed"), ""),
    (Wanted(number="+1555"), "edcba"),
    (Wanted(number="+4930123"), "c"),
    (Wanted(number="199"), "edcba"),
    (Wanted(number="anna"), "b"),
    (Wanted(number="0%_"), "e"),
    (Wanted(number="%"), "e"),
    (Wanted(direction="outbound-api"), "c"),
    (Wanted(agent="shop"), "b"),
    (Wanted(backend="gpt-realtime"), "d"),
    (Wanted(since=minutes(2)), "edc"),
    (Wanted(until=minutes(2)), "ba"),
    (Wanted(since=minutes(1), until=minutes(2)), "b"),
    (Wanted(min_seconds=59.999), "dcb"),
    (Wanted(min_seconds=60), "db"),
    (Wanted(min_seconds=60, live=False, agent="cafe"), ""),
    (Wanted(words="latte"), "ca"),
    (Wanted(words="latte", since=minutes(1)), "c"),
    (Wanted(words=""), ""),
]


def test_filters(database_url):
    turns = [turn_row("a", 1, "a small latte"), turn_row("c", 1, "hello"), turn_row("c", 2, "two lattes, please")]
    said = {"a": "a small latte", "c": "two lattes, please"}

    async def ask(calls):
        for wanted, found in FILTERS:
            page = await calls.page(wanted, 10)
            assert "".join(call["id"] for call in page.calls) == found, wanted
            assert page.next is None
            assert await calls.count(wanted) == len(page.calls)
            assert page.matches == ({call["id"]: said[call["id"]] for call in page.calls} if wanted.words else {})

    answers(database_url, ask, (CallRow, LIST), (TurnRow, turns))


def test_pages_follow_one_another_whatever_begins_meanwhile(database_url):
    rows = [ended(f"c{number:02}", number // 3, 5.0) for number in range(20)]  # three of each moment

    async def main():
        store = await kept(database_url, (CallRow, rows))
        calls, seen, after = Calls(store), [], None
        while True:
            page = await calls.page(Wanted(), 7, after)
            seen += [call["id"] for call in page.calls]
            async with store.writing() as connection:
                await connection.execute(sa.insert(CallRow), [ended(f"n{len(seen)}", 60, 1.0)])
            if page.next is None:
                break
            after = page.next
        await store.close()
        assert seen == [f"c{number:02}" for number in reversed(range(20))]

    clock.run(main())


def test_one_call_has_all_that_is_kept_of_it_and_nothing_of_another(database_url):
    def tool(call_id, id, seq):
        return {
            "call_id": call_id,
            "id": id,
            "seq": seq,
            "name": "add",
            "arguments": "{}",
            "failed": False,
            "at_ms": 1.0,
        }

    def usage(call_id, seq):
        counted = dict.fromkeys(("text_in", "audio_in", "cached_in", "text_out", "audio_out"), 1)
        return {"call_id": call_id, "seq": seq, "model": "m", "usd": None, "seconds": 0.0} | counted

    def stream(call_id, epoch):
        counted = dict.fromkeys(("media_in", "media_out", "missing", "underruns", "corrections"), 1)
        return {"call_id": call_id, "epoch": epoch, "at_ms": 1.0, "ended_ms": 2.0, "longest_gap_ms": 21.0} | counted

    def event(call_id, seq, kind, **body):
        return {"call_id": call_id, "seq": seq, "at_ms": seq, "type": kind, "body": body}

    async def ask(calls):
        found = await calls.find("a")
        assert found.call["caller"] == "+15550100"
        assert [turn["number"] for turn in found.turns] == [1, 2]
        assert [tool["id"] for tool in found.tools] == ["y", "x"]
        assert [(row["seq"], row["item"]) for row in found.usage] == [(5, "i1"), (6, "")]
        assert [stream["epoch"] for stream in found.streams] == [1, 2]
        assert await calls.find("z") is None
        assert (await calls.state("a"), await calls.state("z")) == ("ended", None)

    answers(
        database_url, ask,
        (CallRow, [ended("a", 0, 10.0), ended("b", 0, 10.0)]),
        (TurnRow, [turn_row("a", 2, "two"), turn_row("a", 1, "one"), turn_row("b", 1, "other")]),
        (ToolRow, [tool("a", "x", 9), tool("a", "y", 3), tool("b", "x", 1)]),
        (UsageRow, [usage("a", 6), usage("a", 5), usage("b", 1)]),
        (StreamRow, [stream("a", 2), stream("a", 1), stream("b", 1)]),
        (EventRow, [event("a", 5, "usage", item="i1"), event("a", 6, "usage"), event("b", 1, "usage", item="no")]),
    )  # fmt: skip


def test_events_come_in_order_and_in_batches_from_any_number_on(database_url):
    most = 2 * EVENTS_AT_A_TIME + 3

    async def main():
        store = await kept(database_url)
        rows = [
            {"call_id": call_id, "seq": seq, "at_ms": float(seq), "type": "status", "body": {"n": seq}}
            for call_id in ("a", "b")
            for seq in range(1, most + 1)
        ]
        async with store.writing() as connection:
            await connection.execute(sa.insert(EventRow), rows)
        calls = Calls(store)
        batches = [batch async for batch in calls.events("a", 5)]
        assert [len(batch) for batch in batches] == [EVENTS_AT_A_TIME, EVENTS_AT_A_TIME - 2]
        assert [event.seq for batch in batches for event in batch] == list(range(6, most + 1))
        assert batches[0][0].body == {"n": 6}
        assert [batch async for batch in calls.events("a", most)] == []
        assert [batch async for batch in calls.events("z")] == []
        await store.close()

    clock.run(main())


def test_calls_to_see_to(database_url):
    async def ask(calls):
        assert [row["id"] for row in await calls.open_since(minutes(3), 10)] == ["d"]
        assert [row["id"] for row in await calls.open_since(minutes(9), 1)] == ["d"]
        old = await calls.older_than(timedelta(days=1), 10, now=minutes(2) + timedelta(days=1))
        assert [row["id"] for row in old] == ["a"], "b ended at that moment"

    answers(database_url, ask, (CallRow, LIST))


def test_how_much_was_dialled_by_all_processes(database_url):
    ours = {"direction": "outbound-api"}
    rows = [
        ended("a", -24 * 60, 10.0, **ours, cost_usd=100.0),
        ended("b", -30, 10.0, **ours, cost_usd=1.5),
        ended("c", -20, 10.0, **ours),
        ended("d", -0.5, 0.0, **ours, cost_usd=9.0, reason="not made"),
        ended("e", -0.5, 10.0, cost_usd=7.0),
        call_row("f", started_at=minutes(-0.5), state="ringing", **ours),
        call_row("g", started_at=minutes(-0.4), state="connected", **ours, cost_usd=0.25),
        call_row("h", started_at=minutes(-10), state="connected", **ours, cost_usd=3.0),
    ]

    async def ask(calls):
        day = NOON.replace(hour=0)
        return [await calls.dialled("outbound-api", minutes(-1), day, most, but="not made") for most in (0.0, 2.0)]

    assert answers(database_url, ask, (CallRow, rows)) == [(2, 1.5 + 0.25 + 3.0), (2, 1.5 + 2.0 + 2.0 + 3.0)]
