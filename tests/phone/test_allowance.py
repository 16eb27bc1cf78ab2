"""How much may be dialled."""

import pytest

from offhook.phone.allowance import DAY_MS, Allowance

NOON = 20_000 * DAY_MS + DAY_MS / 2


def test_five_calls_a_minute_for_each_token() -> None:
    allowance = Allowance()
    assert all(allowance.admit("a", NOON + at * 1000).allowed for at in range(5))
    refused = allowance.admit("a", NOON + 10_000)
    assert (refused.allowed, refused.retry_after_s) == (False, 50) and "try again in 50 s" in refused.sentence
    assert allowance.admit("b", NOON + 10_000).allowed
    assert allowance.admit("a", NOON + 60_000).allowed
    assert not allowance.admit("a", NOON + 60_500).allowed


def test_a_refused_call_does_not_count() -> None:
    allowance = Allowance(1)
    assert [allowance.admit("a", NOON + at).allowed for at in (0, 30_000, 59_999, 60_000)] == [True, False, False, True]


def test_nobody_is_remembered_for_ever() -> None:
    allowance = Allowance()
    for number in range(1000):
        allowance.admit(f"token {number}", NOON + number * 1000)
    assert len(allowance._dialled) <= 61


def test_no_calls_a_minute_are_none() -> None:
    assert not Allowance(0).admit("a", NOON).allowed


def test_calls_that_go_on_count_with_the_most_they_may_cost() -> None:
    allowance = Allowance(100, usd_per_day=1.0)
    grants = [allowance.admit("a", NOON, 0.4) for _ in range(3)]
    assert [each.allowed for each in grants] == [True, True, False]
    assert "1 USD" in grants[2].sentence and grants[2].retry_after_s == 43_201
    allowance.settle(grants[0], 0.1, NOON)
    assert allowance.spent_usd == pytest.approx(0.1) and allowance.admit("a", NOON, 0.4).allowed


def test_a_spent_day_is_over_even_for_calls_that_cost_nothing() -> None:
    allowance = Allowance(100, usd_per_day=1.0)
    grant = allowance.admit("a", NOON, 1.0)
    allowance.settle(grant, 1.2, NOON)
    assert not allowance.admit("a", NOON).allowed
    assert allowance.admit("a", NOON + DAY_MS).allowed and allowance.spent_usd == 0


def test_a_restart_does_not_forget_the_day() -> None:
    allowance = Allowance(usd_per_day=1.0)
    allowance.restore(1.0, NOON)
    assert not allowance.admit("a", NOON).allowed


def test_without_a_cap_money_is_only_counted() -> None:
    allowance = Allowance(100)
    allowance.settle(allowance.admit("a", NOON, 1e6), 1e6, NOON)
    assert allowance.admit("a", NOON).allowed


def test_with_those_of_other_processes_the_same_limits_hold() -> None:
    allowance = Allowance(5, 10.0)
    assert allowance.together(5, 10.0, NOON, 2.0).allowed, "this call is counted"
    often = allowance.together(6, 0.0, NOON)
    assert not often.allowed and often.retry_after_s == 60 and "5 calls a minute" in often.sentence
    assert not allowance.together(1, 10.1, NOON, 2.0).allowed
    assert not allowance.together(1, 10.0, NOON).allowed, "a spent day is over even for calls that cost nothing"
    assert Allowance(5).together(5, 1e6, NOON).allowed
