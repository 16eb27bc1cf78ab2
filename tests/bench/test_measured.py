import math

import pytest

from offhook.bench.measured import Interruption, Run, Spread, median, ratios


def good(bridge="relay", cpu=1.0, **more):
    run = Run(
        bridge, calls=100, seconds=10.0, cpu_seconds=cpu, sent_share=1.0, up_ms=Spread(1, 5), down_ms=Spread(1, 5)
    )
    for name, value in more.items():
        setattr(run, name, value)
    return run


def test_a_spread_is_by_nearest_rank():
    assert Spread.of(range(1, 101)) == Spread(50, 99)
    assert Spread.of([7.0]) == Spread(7.0, 7.0)
    assert math.isnan(Spread.of([]).p99)


def test_the_cost_is_per_call_and_second():
    assert good(cpu=2.0).cost_ms == 2.0


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"sent_share": 0.969}, "the generator sent only 97%"),
        ({"failed": 1}, "1 calls failed"),
        ({"missing": 2}, "2 frames lost"),
        ({"faults": 3}, "3 frames altered or out of order"),
    ],
)
def test_a_run_is_rejected(what, why):
    assert good(**what).rejected == why
    assert not good(**what).carried


@pytest.mark.parametrize("what", [{"gaps": 1}, {"up_ms": Spread(1, 20.1)}, {"down_ms": Spread(1, 20.1)}])
def test_a_run_may_count_and_still_not_be_carried_well(what):
    assert good(**what).rejected is None and not good(**what).carried


def test_a_good_run_counts():
    assert good().rejected is None and good().carried


def test_only_a_lone_answer_of_the_right_item_has_an_error():
    run = good()
    run.interruptions = [
        Interruption(1, 800.0, 790.0, False, 3.0),
        Interruption(1, 800.0, None, False, 4.0),
        Interruption(2, 800.0, 2000.0, True, None),
        Interruption(2, 800.0, 801.0, False, 1.0),
    ]
    assert [each.right for each in run.interruptions] == [True, False, False, True]
    assert run.truncation_ms == Spread(10.0, 10.0)
    assert run.clear_ms == Spread(3.0, 4.0)


def test_the_median_leaves_out_what_is_no_number():
    assert median([3.0, math.nan, 1.0]) == 2.0
    assert median([3.0, 2.0, 1.0]) == 2.0
    assert math.isnan(median([math.nan]))


def test_ratios_are_within_one_round():
    runs = [
        good("relay", 1.0), good("offhook", 1.5),
        good("offhook", 3.0), good("relay", 2.0),
        good("relay", 1.0, missing=1), good("offhook", 9.0),
    ]  # fmt: skip
    assert ratios(runs, "relay") == {"relay": [1.0, 1.0], "offhook": [1.5, 1.5]}
