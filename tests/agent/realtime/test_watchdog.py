"""When an answer counts as missing; the clock is simulated."""

import asyncio

import pytest

from offhook.agent.realtime.watchdog import MUTE_S, STALL_S, STALLED_S, UNANSWERED_S, Watchdog
from offhook.sim.clock import run


class Watch:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.middle, self.news, self.missing = False, 0.0, []
        self.dog = Watchdog(
            in_the_middle=lambda _answer: self.middle, news=lambda: self.news,
            missing=lambda answer, mute: self.missing.append((self.loop.time(), answer, mute)),
        )  # fmt: skip


def watched(scenario):
    async def whole():
        watch = Watch()
        await scenario(watch)
        watch.dog.close()
        watch.dog.close()
        assert len(asyncio.all_tasks()) == 1

    run(whole())


@pytest.mark.parametrize(
    ("asked", "begun", "seconds", "mute"),
    [(False, False, UNANSWERED_S, False), (True, False, MUTE_S, True), (False, True, STALL_S, False)],
)
def test_an_answer_without_a_sound_is_missing_after_its_time(asked, begun, seconds, mute):
    async def scenario(watch):
        watch.dog.awaits("a", asked=asked, begun=begun)
        await asyncio.sleep(60)
        assert watch.missing == [(pytest.approx(seconds), "a", mute)]

    watched(scenario)


def test_a_server_that_says_anything_is_not_mute():
    async def scenario(watch):
        watch.dog.awaits("a", asked=True, begun=False)
        await asyncio.sleep(2)
        watch.news = 2.0
        await asyncio.sleep(60)
        assert watch.missing == [(pytest.approx(STALL_S), "a", False)]

    watched(scenario)


def test_lines_that_are_said_meanwhile_do_not_put_it_off():
    async def scenario(watch):
        watch.dog.awaits("a", asked=True, begun=False)
        for _ in range(6):
            await asyncio.sleep(1)
            watch.dog.plays(800, answer=False)
        assert watch.missing == [(pytest.approx(MUTE_S), "a", True)]

    watched(scenario)


def test_in_the_middle_it_counts_from_the_end_of_what_is_heard():
    async def scenario(watch):
        watch.dog.awaits("a", asked=False, begun=True)
        await asyncio.sleep(1)
        watch.dog.plays(1000, answer=False)  # a line before it
        watch.middle = True
        watch.dog.plays(3000, answer=True)
        await asyncio.sleep(60)
        assert watch.missing == [(pytest.approx(1 + 1 + 3 + STALLED_S), "a", False)]

    watched(scenario)


def test_what_was_silenced_is_not_heard():
    async def scenario(watch):
        watch.middle = True
        watch.dog.awaits("a", asked=False, begun=True)
        watch.dog.plays(30_000, answer=True)
        await asyncio.sleep(1)
        watch.dog.silenced()
        watch.dog.awaits("b", asked=False, begun=True)
        watch.dog.plays(500, answer=True)
        await asyncio.sleep(60)
        assert watch.missing == [(pytest.approx(1.5 + STALLED_S), "b", False)]

    watched(scenario)


def test_an_answer_that_has_come_is_not_missing():
    async def scenario(watch):
        watch.dog.awaits("a", asked=True, begun=False)
        watch.dog.awaits(None, asked=False, begun=False)
        await asyncio.sleep(60)
        assert watch.missing == []

    watched(scenario)


def test_audio_makes_no_timers():
    async def scenario(watch):
        watch.middle = True
        watch.dog.awaits("a", asked=False, begun=True)
        watch.dog.plays(20, answer=True)
        before = watch.dog._timer
        for _ in range(100):
            watch.dog.plays(20, answer=True)
        assert watch.dog._timer is before

    watched(scenario)
