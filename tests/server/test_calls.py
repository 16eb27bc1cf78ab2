"""The API of what is kept of calls: on both databases, in simulated time."""

import csv
import io
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from offhook.core import events as e
from offhook.journal import rows
from offhook.journal.record import Recorder
from offhook.recording.recordings import StillOn
from offhook.server.auth import Access
from offhook.server.calls import CallsApi, agents_api, cursor, place
from offhook.server.head import Proxies
from offhook.server.problems import tell_problems
from offhook.server.shown import AgentShown
from offhook.sim import clock
from offhook.store.calls import Place
from offhook.store.store import Store
from offhook.store.tables import CallRow, TurnRow
from tests.store.rows import call_row, turn_row
from tests.store.test_calls import LIST, NOON, kept

TURN = e.TurnKept(2, "agent", "One latte.", "Anything else?", "i1", 800.0, 2000.0)
LIFE = (
    e.CallBegan("CA1", "AC1", "inbound", "+15550100", "+15550199"), e.AgentJoined("openai:gpt-realtime-2.1", name="cafe"),
    e.StateChanged("connected"), e.TurnKept(1, "caller", "a latte please", "", None, 0.0, 0.0),
    e.ToolCalled("t1", "add", '{"what":"latte"}'), e.ToolFinished("t1", "ok"), e.Noted({"order": ["latte"]}), TURN,
    e.Used("gpt-realtime-2.1", 0.02, audio_out=10, item="i1"), e.Used("gpt-realtime-2.1", 0.01, audio_out=5, item="i1"),
    e.Used("gpt-live-transcribe", 0.001, seconds=3.0), e.StreamEnded(0, 60_000.0, media_in=3000),
    e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP),
)  # fmt: skip


async def lived(store, *events, call_id="c1"):
    """A call of which these things happened, a second apart."""
    recorder = Recorder(call_id, 0.0, NOON.timestamp())
    events = [replace(event, sid=f"CA{call_id}") if isinstance(event, e.CallBegan) else event for event in events]
    records = [record for number, event in enumerate(events) for record in recorder.records(event, 1000.0 * number)]
    await store.write(lambda connection: rows.write(connection, records))
    return records


class Removed:
    def __init__(self):
        self.calls = []

    async def __call__(self, call_id):
        self.calls.append(call_id)


@asynccontextmanager
async def client(store, *, live=(), removed=None, demo=True):
    access = Access([], proxies=Proxies(""), demo=demo, operator_token="t0ken")
    app = FastAPI()
    app.include_router(CallsApi(access, store, lambda call_id: call_id in live or None, removed).router())
    app.include_router(agents_api(access, lambda: AGENTS))
    tell_problems(app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        yield api


AGENTS = [
    AgentShown(
        name="cafe",
        numbers=["*"],
        model="local",
        voice=None,
        language="en-US",
        greeting=None,
        instructions="",
        tools=[],
    )
]


def asked(url, scenario, *tables, **options):
    async def main():
        store = await kept(url, *tables)
        try:
            async with client(store, **options) as api:
                await scenario(api, store)
        finally:
            await store.close()

    clock.run(main())


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path}/calls.db"


def test_a_list_is_asked_for_page_after_page(database_url):
    async def scenario(api, _store):
        seen, after = [], {}
        while True:
            page = (await api.get("/api/calls", params={"limit": 2} | after)).json()
            seen += [call["id"] for call in page["calls"]]
            assert page["total"] is None
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert seen == ["e", "d", "c", "b", "a"]
        page = (await api.get("/api/calls?total=true&limit=1&live=false")).json()
        assert (page["total"], len(page["calls"])) == (3, 1)
        (call,) = page["calls"]
        assert (call["id"], call["seconds"], call["status"], call["recording"]) == ("c", 59.999, "completed", None)

    asked(database_url, scenario, (CallRow, LIST))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=latte", "ca"), ("live=true", "ed"), ("state=ended&agent=cafe", "ca"), ("result=completed", "cba"),
        ("number=%2B4930", "c"), ("number=+4930", "c"), ("number=anna", "b"), ("direction=outbound-api", "c"),
        ("backend=gpt-realtime", "d"), ("since=2026-11-20T12:02:00Z", "edc"), ("since=2026-11-20T12:02:00", "edc"),
        ("until=2026-11-20T13:01:00%2B01:00", "a"), ("min_seconds=60&live=false", "b"), ("number=", "edcba"),
    ],
)  # fmt: skip
def test_a_list_is_filtered(sqlite, query, found):
    async def scenario(api, _store):
        answer = await api.get(f"/api/calls?{query}")
        assert "".join(call["id"] for call in answer.json()["calls"]) == found
        lines = list(csv.DictReader(io.StringIO((await api.get(f"/api/calls.csv?{query}")).text)))
        assert "".join(line["id"] for line in lines) == found

    turns = [turn_row("a", 1, "a small latte"), turn_row("c", 2, "two lattes, please")]
    asked(sqlite, scenario, (CallRow, LIST), (TurnRow, turns))


def test_a_search_shows_what_matched(sqlite):
    async def scenario(api, _store):
        (call,) = (await api.get("/api/calls?q=latte")).json()["calls"]
        assert call["match"] == "two lattes, please"

    asked(sqlite, scenario, (CallRow, LIST), (TurnRow, [turn_row("c", 2, "two lattes, please")]))


def test_one_call_is_told_with_all_there_is(database_url):
    async def scenario(api, store):
        await lived(store, *LIFE)
        call = (await api.get("/api/calls/c1")).json()
        assert (call["agent"], call["backend"], call["data"]) == (
            "cafe",
            "openai:gpt-realtime-2.1",
            {"order": ["latte"]},
        )
        assert (call["result"], call["reason"], call["seconds"]) == ("completed", "caller hung up", 10.0)
        assert [turn["text"] for turn in call["turns"]] == ["a latte please", "One latte."]
        assert call["turns"][1]["unheard"] == "Anything else?"
        assert call["turns"][1]["cost"] == {"usd": 0.03, "at_least_usd": 0.03}
        assert call["turns"][0]["cost"] == {"usd": None, "at_least_usd": None}, "nothing was counted of it"
        assert call["cost"] == {"usd": 0.031, "at_least_usd": 0.031}
        assert [(tool["name"], tool["output"], tool["took_ms"]) for tool in call["tools"]] == [("add", "ok", 1000.0)]
        assert [usage["item"] for usage in call["usage"]] == ["i1", "i1", ""]
        assert call["streams"][0]["media_in"] == 3000

    asked(database_url, scenario)


@pytest.mark.parametrize(
    ("used", "cost"),
    [
        ([], {"usd": None, "at_least_usd": None}),
        ([0.5, 0.25], {"usd": 0.75, "at_least_usd": 0.75}),
        ([0.0], {"usd": 0.0, "at_least_usd": 0.0}),
        ([0.5, None], {"usd": None, "at_least_usd": 0.5}),
        ([None], {"usd": None, "at_least_usd": None}),
    ],
)
def test_what_has_no_known_price_is_never_nothing(sqlite, used, cost):
    async def scenario(api, store):
        await lived(store, LIFE[0], TURN, *[e.Used("m", usd, audio_out=1, item="i1") for usd in used], LIFE[-1])
        call = (await api.get("/api/calls/c1")).json()
        assert call["cost"] == cost and call["turns"][0]["cost"] == cost

    asked(sqlite, scenario)


def test_a_call_is_exported_with_its_events(database_url):
    async def scenario(api, store):
        records = await lived(store, *LIFE)
        answer = await api.get("/api/calls/c1/export")
        assert answer.headers["content-disposition"] == 'attachment; filename="call-c1.json"'
        assert answer.json()["events"] == [record.message() for record in records]
        assert answer.json()["turns"] == (await api.get("/api/calls/c1")).json()["turns"]

    asked(database_url, scenario)


def test_a_transcript_is_exported_for_a_spreadsheet_without_formulas(sqlite):
    async def scenario(api, store):
        await lived(store, LIFE[0], e.TurnKept(1, "caller", '=HYPERLINK("http://evil")', "", None, 0.0, 0.0), LIFE[-1])
        answer = await api.get("/api/calls/c1/export?format=csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        (line,) = csv.DictReader(io.StringIO(answer.text))
        assert line["text"] == '\'=HYPERLINK("http://evil")'

    asked(sqlite, scenario)


def test_a_long_list_is_exported_whole(sqlite):
    rows = [
        call_row(f"c{number:04}", state="ended", result="completed", started_at=NOON + timedelta(seconds=number), caller="=1")
        for number in range(1203)
    ]  # fmt: skip

    async def scenario(api, store):
        async with store.writing() as connection:
            await connection.execute(sa.insert(CallRow), rows)
        lines = list(csv.DictReader(io.StringIO((await api.get("/api/calls.csv")).text)))
        assert [line["id"] for line in lines] == [f"c{number:04}" for number in reversed(range(1203))]
        assert {line["caller"] for line in lines} == {"'=1"}

    asked(sqlite, scenario)


def test_a_call_is_removed_with_its_recording_and_then_there_is_none(database_url):
    removed = Removed()

    async def scenario(api, store):
        await lived(store, *LIFE)
        async with store.writing() as connection:
            await connection.execute(sa.update(CallRow).values(recording="somewhere"))
        assert (await api.get("/api/calls/c1")).json()["recording"] == "/api/calls/c1/recording"
        answer = await api.delete("/api/calls/c1")
        assert (answer.status_code, answer.content) == (204, b"")
        assert removed.calls == ["c1"]
        for path in ("/api/calls/c1", "/api/calls/c1/export"):
            answer = await api.get(path)
            assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such call."})
        assert (await api.delete("/api/calls/c1")).status_code == 404
        assert (await api.get("/api/calls?q=latte")).json()["calls"] == []

    asked(database_url, scenario, removed=removed)


def test_a_call_that_is_on_is_not_removed(sqlite):
    removed = Removed()

    async def scenario(api, store):
        await lived(store, *LIFE[:5], call_id="on")
        await lived(store, *LIFE, call_id="held")  # its last words are written, and the process still holds it
        for call_id in ("on", "held"):
            answer = await api.delete(f"/api/calls/{call_id}")
            assert (answer.status_code, answer.json()) == (409, {"detail": "The call is still on: hang up first."})
            assert (await api.get(f"/api/calls/{call_id}")).status_code == 200
        assert removed.calls == []

    asked(sqlite, scenario, live=("held",), removed=removed)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "`limit` should be greater than or equal to 1."),
        ("limit=many", "`limit` should be a valid integer, unable to parse string as an integer."),
        (
            "state=gone",
            "`state` should be 'connecting', 'ringing', 'connected', 'parked', 'transferring', 'ending' or 'ended'.",
        ),
        ("since=yesterday", "`since` should be a valid datetime or date, input is too short."),
        ("after=x", "`after` is no place in the list: give the `next` of the page before."),
        ("after=%C3%BC", "`after` is no place in the list: give the `next` of the page before."),
        ("min_seconds=-1", "`min_seconds` should be greater than or equal to 0."),
        ("min_seconds=nan", "`min_seconds` should be a finite number."),
        ("q=" + "x" * 201, "`q` is refused: string should have at most 200 characters."),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_one_sentence(sqlite, query, sentence):
    async def scenario(api, _store):
        answer = await api.get(f"/api/calls?{query}")
        assert (answer.status_code, answer.json()) == (422, {"detail": sentence})

    asked(sqlite, scenario)


def test_without_a_database_every_question_is_answered_with_one_sentence():
    async def main():
        async with client(Store("postgresql://offhook@127.0.0.1:9/calls")) as api:
            for method, path in (
                ("GET", "/api/calls"), ("GET", "/api/calls.csv"), ("GET", "/api/calls/x"), ("DELETE", "/api/calls/x"),
                ("GET", "/api/calls/x/export"),
            ):  # fmt: skip
                answer = await api.request(method, path)
                assert answer.status_code == 503
                assert answer.json() == {"detail": "The database cannot be reached: try again later."}

    clock.run(main())


def test_the_agents_are_told(sqlite):
    async def scenario(api, _store):
        assert [agent["name"] for agent in (await api.get("/api/agents")).json()] == ["cafe"]

    asked(sqlite, scenario)


def test_a_cursor_is_a_place():
    there = Place(NOON, "c1")
    assert place(cursor(there)) == there


@pytest.mark.parametrize(
    ("problem", "status", "sentence"),
    [(StillOn("c1"), 409, "still being written"), (OSError("out of reach"), 502, "cannot be reached")],
)
def test_a_call_whose_recording_cannot_be_removed_stays(sqlite, problem, status, sentence):
    async def refuses(_call_id):
        raise problem

    async def scenario(api, store):
        await lived(store, *LIFE)
        answer = await api.delete("/api/calls/c1")
        assert answer.status_code == status and sentence in answer.json()["detail"]
        assert (await api.get("/api/calls/c1")).status_code == 200

    asked(sqlite, scenario, removed=refuses)
