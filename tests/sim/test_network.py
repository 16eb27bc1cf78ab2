"""Links: delay, jitter of three shapes, stalls, steps; lanes and duplexes deliver in order."""

import asyncio
import statistics

import pytest

from offhook.sim.clock import run
from offhook.sim.network import Lane, Link, duplex


def test_a_constant_delay_is_exact_and_never_late() -> None:
    link = Link(80)
    assert [link.arrival(t) for t in (0.0, 20.0, 40.0)] == [80.0, 100.0, 120.0]
    assert [crossing.late_ms for crossing in link.log] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("shape", ["gauss", "exp", "lognorm"])
def test_jitter_has_the_configured_deviation(shape: str) -> None:
    link = Link(500, 10, shape, seed=3)  # type: ignore[arg-type]
    late = [link.arrival(n * 1000.0) - n * 1000.0 - 500 for n in range(20_000)]
    assert statistics.pstdev(late) == pytest.approx(10, rel=0.1)
    assert shape == "gauss" or min(late) >= 0


def test_the_same_seed_gives_the_same_network() -> None:
    one, other = Link(80, 4, seed=7), Link(80, 4, seed=7)
    assert [one.arrival(t) for t in range(100)] == [other.arrival(t) for t in range(100)]


def test_messages_never_overtake_each_other() -> None:
    link = Link(50, 40, "exp", seed=1)
    arrivals = [link.arrival(float(t)) for t in range(1000)]
    assert arrivals == sorted(arrivals)


def test_a_stall_holds_back_what_would_arrive_within_it() -> None:
    link = Link(10, stalls=[(100, 300)])
    assert [link.arrival(t) for t in (80.0, 95.0, 200.0, 295.0)] == [90.0, 300.0, 300.0, 305.0]
    assert link.log[1].late_ms == 195.0


def test_a_step_changes_the_delay_for_good_and_counts_as_late() -> None:
    link = Link(50, step=(1000, 120))
    assert [link.arrival(t) for t in (999.0, 1000.0, 5000.0)] == [1049.0, 1120.0, 5120.0]
    assert [crossing.late_ms for crossing in link.log] == [0.0, 70.0, 70.0]


def test_a_lane_keeps_the_order_of_messages_that_arrive_together() -> None:
    async def main() -> tuple[list[int], float]:
        loop = asyncio.get_running_loop()
        got: list[int] = []
        lane = Lane(loop, Link(0, stalls=[(0, 500)]), got.append)
        for number in range(200):
            lane.send(number)
        await asyncio.sleep(0.4)
        assert got == []
        await asyncio.sleep(0.101)
        return got, loop.time()

    got, _ = run(main())
    assert got == list(range(200))


def test_a_closed_lane_delivers_nothing_more() -> None:
    async def main() -> list[str]:
        got: list[str] = []
        lane = Lane(asyncio.get_running_loop(), Link(5), got.append)
        lane.send("x")
        lane.close()
        await asyncio.sleep(1)
        return got

    assert run(main()) == []


def test_a_duplex_delays_each_direction_and_closes_after_what_was_sent() -> None:
    async def main() -> list[tuple[str, float, object]]:
        loop = asyncio.get_running_loop()
        near, far = duplex(loop, Link(10), Link(30))
        seen: list[tuple[str, float, object]] = []

        def at_far(message: bytes) -> None:
            seen.append(("far", round(loop.time() * 1000, 3), message))
            far.send(message.upper())

        far.on_message = at_far
        far.on_close = lambda code: seen.append(("far", round(loop.time() * 1000, 3), code))
        near.on_message = lambda message: seen.append(("near", round(loop.time() * 1000, 3), message))
        near.send(b"a")
        await asyncio.sleep(0.1)
        near.send(b"b")
        near.close(1001)
        near.send(b"lost")
        await asyncio.sleep(1)
        assert near.closed and far.closed and near.unsent() == 0
        return seen

    assert run(main()) == [
        ("far", 10.0, b"a"),
        ("near", 40.0, b"A"),
        ("far", 110.0, b"b"),
        ("far", 110.0, 1001),
    ]
