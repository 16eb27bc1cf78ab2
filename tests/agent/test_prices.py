from datetime import date

import pytest

from offhook.agent import prices


def test_the_list_says_of_what_day_it_is():
    assert date.fromisoformat(prices._list()["as_of"]) >= date(2026, 11, 1)


def test_every_model_of_the_list_is_whole():
    kinds = {"text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out"}
    for models in prices._list()["models"].values():
        for name, its in models.items():
            assert set(its) in (kinds, {"minute"}), name
            assert all(price > 0 for price in its.values())


def test_a_model_whose_price_is_not_known_costs_nobody_knows_what():
    usage = {"input_token_details": {"text_tokens": 10}, "output_token_details": {"audio_tokens": 5}}
    told = prices.used("gpt-realtime-9", "openai", usage)
    assert (told.usd, told.text_in, told.audio_out) == (None, 10, 5)
    assert prices.used("gpt-realtime-2.1", "azure", usage).usd is None
    assert prices.used("new", "openai", {"type": "duration", "seconds": 3}).usd is None


def test_cached_tokens_are_paid_once_and_at_their_price():
    usage = {
        "input_token_details": {
            "text_tokens": 1000, "audio_tokens": 2000, "cached_tokens": 2500,
            "cached_tokens_details": {"text_tokens": 1000, "audio_tokens": 1500},
        },
        "output_token_details": {"text_tokens": 0, "audio_tokens": 0},
    }  # fmt: skip
    told = prices.used("gpt-realtime-2.1-mini", "openai", usage)
    assert (told.text_in, told.audio_in, told.cached_in) == (0, 500, 2500)
    assert told.usd == pytest.approx((1000 * 0.06 + 500 * 10 + 1500 * 0.3) / 1e6)


@pytest.mark.parametrize("usage", [{}, {"total_tokens": 5}, {"input_token_details": {"text_tokens": "many"}},
                                   {"input_token_details": {"text_tokens": -5}}])  # fmt: skip
def test_what_a_server_does_not_say_is_not_made_up(usage):
    assert prices.used("gpt-realtime-2.1", "openai", usage) is None
