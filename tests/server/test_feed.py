import json

from offhook.bus import ALL_CALLS, Bus
from offhook.core import events as e
from offhook.journal.record import Recorder
from offhook.server.feed import Feed, status_of_row
from offhook.sim.clock import run
from tests.server.kept import BEGAN
from tests.store.rows import call_row


def records(*events):
    recorder = Recorder("c", 0.0, 1_800_000_000.0)
    return [record for event in events for record in recorder.records(event, 1234.0)]


LIFE = (
    e.CallBegan("CA1", "AC1", "inbound", "+15550100", "+15550199"), e.StateChanged("connected"),
    e.AgentJoined("local", name="cafe"),
    e.TurnKept(1, "caller", "hello", "", None, 0.0, 0.0), e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP),
)  # fmt: skip


def told(topic, *events):
    async def main():
        bus = Bus()
        feed = Feed(bus)
        with bus.watch(topic) as watch:
            feed.publish(records(*events))
            notices = await watch.take(1.0)
        assert not events or not isinstance(events[-1], e.Ended) or feed._known == {}
        return notices

    return run(main())


def test_viewers_of_a_call_are_told_every_record_as_it_is():
    notices = told("c", *LIFE)
    assert [json.loads(notice.text) for notice in notices] == [record.message() for record in records(*LIFE)]
    assert [notice.seq for notice in notices] == list(range(1, len(notices) + 1))
    assert [notice.last for notice in notices] == [False] * (len(notices) - 1) + [True]
    assert not any(notice.key for notice in notices)


def test_what_is_not_kept_is_for_the_moment_only():
    (notice,) = told("c", e.Answered("a", 640.0))
    assert (notice.seq, notice.key) == (0, "latency")


def test_viewers_of_all_calls_are_told_where_a_call_stands_and_who_it_is():
    (notice,) = told(ALL_CALLS, *LIFE)
    message = json.loads(notice.text)
    assert (message["status"], message["state"], notice.seq) == ("completed", "ended", 6)
    assert {name: message[name] for name in ("direction", "caller", "called", "agent", "backend")} == {
        name: (BEGAN | {"agent": "cafe", "backend": "local"})[name]
        for name in ("direction", "caller", "called", "agent", "backend")
    }
    assert message["started_at"] == "2027-01-15T08:00:01.234000+00:00"


def test_a_row_says_the_same_as_the_newest_record():
    (notice,) = told(ALL_CALLS, *LIFE[:3])
    row = call_row("c", state="connected", result=None, last_seq=4)
    from_row, from_record = json.loads(status_of_row(row)), json.loads(notice.text)
    assert from_row | {"started_at": 0} == {k: v for k, v in from_record.items() if k != "at_ms"} | {"started_at": 0}
    ended = status_of_row(row | {"state": "ended", "result": "unanswered"})
    assert json.loads(ended)["status"] == "no-answer"
