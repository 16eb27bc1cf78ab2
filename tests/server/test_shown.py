import pytest

from offhook.server.shown import cost


@pytest.mark.parametrize(
    ("prices", "usd", "at_least"),
    [([], None, None), ([None], None, None), ([0.1, 0.2], 0.3, 0.3), ([0.1, None], None, 0.1), ([0.0], 0.0, 0.0)],
)
def test_a_sum_with_a_part_that_nobody_knows_is_not_known(prices, usd, at_least):
    assert (cost(prices).usd, cost(prices).at_least_usd) == (usd, at_least)
