import asyncio

from offhook.bench.bridges import Bridge
from offhook.bench.measured import Run, Spread
from offhook.bench.run import MOST_CALLS, rounds, search, trouble

A, B, C = (Bridge(name, name, (name,), False) for name in "abc")


def run_of(bridge, calls, *, carried=True):
    spread = Spread(1.0, 5.0 if carried else 25.0)
    return Run(bridge.name, calls, 4.0, cpu_seconds=1.0, sent_share=1.0, up_ms=spread, down_ms=spread)


def test_rounds_are_interleaved_and_begin_with_another_bridge_each_time():
    said = []

    async def measure(bridge, calls, seconds, interrupt):
        assert (calls, seconds, interrupt) == (7, 2.0, True)
        return run_of(bridge, calls)

    runs = asyncio.run(rounds([A, B, C], 7, 2.0, 3, measure, lambda run: said.append(run.bridge)))
    assert said == [run.bridge for run in runs] == list("abcbcacab")


def searched(limit, hiccups=()):
    tried = []

    async def measure(bridge, calls, seconds, interrupt):
        tried.append(calls)
        return run_of(bridge, calls, carried=calls <= limit and len(tried) - 1 not in hiccups)

    return asyncio.run(search(A, measure, lambda run: None)), tried


def test_the_search_doubles_and_then_narrows():
    found, tried = searched(330)
    assert tried == [50, 100, 200, 400, 400, 300, 350, 350]
    assert (found.carried, found.refused) == (300, 350)
    assert found.why == "p99 25 ms up, 25 ms down"


def test_one_hiccup_does_not_decide():
    found, tried = searched(330, hiccups={1})
    assert tried[:3] == [50, 100, 100]
    assert found.carried == 300


def test_the_search_is_bounded():
    found, tried = searched(10**9)
    assert found.carried == max(tried) <= MOST_CALLS and found.refused is None
    assert searched(0)[0].carried == 0


def test_the_trouble_is_told():
    run = run_of(A, 5)
    assert trouble(run) == "p99 5 ms up, 5 ms down"
    run.late_ms = Spread(1.0, 11.0)
    assert trouble(run) == "p99 5 ms up, 5 ms down, but the peers themselves were late by 11 ms"
    run.gaps = 2
    assert trouble(run) == "2 gaps in what was heard"
    run.missing = 1
    assert trouble(run) == "1 frames lost"
