import math

import numpy as np

from offhook.audio.background import BEGINS_DB, Background

RNG = np.random.default_rng(5)


def windows(dbfs, count):
    """Noise whose loudness varies a little from window to window, as that of a crowd."""
    for _ in range(count):
        sd = 32768 * 10 ** ((dbfs + RNG.normal(0, 1.5)) / 20)
        yield RNG.normal(0, sd, 256).clip(-32768, 32767).astype("<i2").tobytes()


def over(background, dbfs, count):
    return [background.over(window) for window in windows(dbfs, count)]


def test_on_a_quiet_line_everything_stands_out():
    background = Background()
    assert set(over(background, -60, 200)) == {math.inf}
    assert set(over(background, -20, 60)) == {math.inf}, "nobody is hidden by two seconds of their own voice"


def test_a_crowd_does_not_stand_out_after_some_seconds_and_the_caller_does():
    background = Background()
    over(background, -25, 125)
    assert max(over(background, -25, 600)) < BEGINS_DB
    assert min(over(background, -13, 10)[3:]) > BEGINS_DB
    over(background, -25, 10)
    assert max(over(background, -25, 100)) < BEGINS_DB


def test_a_crowd_that_has_gone_is_forgotten():
    background = Background()
    over(background, -25, 200)
    over(background, -60, 20)
    assert over(background, -20, 1)[0] == math.inf
