"""The recogniser with its workers."""

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import pytest

from offhook.errors import ConfigError, LegFailed
from offhook.sim import clock
from offhook.speech.base import Recogniser
from offhook.speech.cafe.desk import GRAMMAR
from offhook.speech.engines.pocketsphinx import PocketsphinxPool
from tests.speech.cafe.talk import spoken

needs_engine = pytest.mark.skipif(
    importlib.util.find_spec("pocketsphinx") is None or importlib.util.find_spec("espeakng_loader") is None,
    reason="offhook[local] is not installed",
)

ASKED = "what are your opening hours"
BOOKED = "book a table for two"


def _with(
    test: Callable[[PocketsphinxPool], Awaitable[None]],
    runner: Callable = asyncio.run,  # type: ignore[type-arg]
    workers: int = 1,
    least_score: float | None = None,
) -> None:
    async def main() -> None:
        pool = PocketsphinxPool(GRAMMAR, workers, least_score)
        try:
            await pool.start()
            await test(pool)
        finally:
            await pool.close()

    runner(main())


def _say(recogniser: Recogniser, pcm16: bytes) -> None:
    recogniser.begin()
    for at in range(0, len(pcm16), 320):
        recogniser.feed(pcm16[at : at + 320])


@needs_engine
def test_callers_on_one_worker_are_kept_apart() -> None:
    audio = spoken(ASKED, BOOKED)

    async def test(pool: PocketsphinxPool) -> None:
        one, other = pool.recogniser(), pool.recogniser()
        _say(one, audio[ASKED])
        _say(other, audio[BOOKED])
        assert [(await each.end()).text for each in (one, other)] == [ASKED, BOOKED]

    _with(test)


@needs_engine
@pytest.mark.parametrize(("least_score", "understood"), [(None, False), (-9.0, True)])
def test_how_sure_of_the_words_it_must_be(least_score: float | None, understood: bool) -> None:
    audio = spoken("purple monkeys")["purple monkeys"]

    async def test(pool: PocketsphinxPool) -> None:
        recogniser = pool.recogniser()
        _say(recogniser, audio)
        assert bool((await recogniser.end()).text) == understood

    _with(test, least_score=least_score)


@needs_engine
def test_callers_are_spread_over_the_workers() -> None:
    async def test(pool: PocketsphinxPool) -> None:
        recognisers = [pool.recogniser() for _ in range(4)]
        assert [shared.callers for shared in pool._workers] == [2, 2]
        recognisers[0].close()
        recognisers[0].close()
        assert [shared.callers for shared in pool._workers] == [1, 2]

    _with(test, workers=2)


@needs_engine
def test_a_whole_sentence_is_told_before_the_end() -> None:
    audio = spoken(ASKED)[ASKED]

    async def test(pool: PocketsphinxPool) -> None:
        recogniser = pool.recogniser()
        _say(recogniser, audio)
        assert not recogniser.complete
        # In simulated time a pause lasts until the worker has answered.
        await asyncio.sleep(0.25)
        assert recogniser.complete
        assert (await recogniser.end()).text == ASKED
        recogniser.begin()
        assert not recogniser.complete

    _with(test, clock.run)


@needs_engine
def test_what_was_cancelled_is_forgotten() -> None:
    audio = spoken(ASKED, BOOKED)

    async def test(pool: PocketsphinxPool) -> None:
        recogniser = pool.recogniser()
        _say(recogniser, audio[ASKED])
        recogniser.cancel()
        _say(recogniser, audio[BOOKED])
        assert (await recogniser.end()).text == BOOKED

    _with(test)


@needs_engine
def test_a_worker_that_dies_costs_the_stretch_and_not_the_call() -> None:
    audio = spoken(ASKED)[ASKED]

    async def test(pool: PocketsphinxPool) -> None:
        recogniser = pool.recogniser()
        _say(recogniser, audio)
        os.kill(pool.pids[0], signal.SIGKILL)
        with pytest.raises(LegFailed) as failed:
            await recogniser.end()
        assert failed.value.retryable
        _say(recogniser, audio)
        assert (await recogniser.end()).text == ASKED

    _with(test)


@needs_engine
def test_the_engine_is_not_in_this_process() -> None:
    PocketsphinxPool(GRAMMAR, 1)
    code = "import sys, offhook.speech.engines.pocketsphinx; sys.exit('pocketsphinx' in sys.modules)"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code]) == 0


@needs_engine
def test_a_faulty_grammar_is_refused_at_the_start() -> None:
    async def main() -> None:
        pool = PocketsphinxPool("#JSGF V1.0;\ngrammar g;\npublic <t> = flurb;\n", 1)
        with pytest.raises(ConfigError, match="cannot pronounce flurb"):
            await pool.start()
        await pool.close()

    asyncio.run(main())


def test_without_the_extra_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'offhook\[local\]'"):
        PocketsphinxPool(GRAMMAR)
