import dataclasses
from datetime import date

import pytest

from offhook.agent import prices
from offhook.core.events import Used
from offhook.speech.base import Tokens


def test_the_list_says_of_what_day_it_is():
    for day in ("as_of", "text_as_of"):
        assert date.fromisoformat(prices._list()[day]) >= date(2026, 11, 1)


def test_every_model_of_the_list_is_whole():
    kinds = {"text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out"}
    for models in prices._list()["models"].values():
        for name, its in models.items():
            assert set(its) in (kinds, {"minute"}, {"text_in", "text_cached", "text_out"}), name
            assert all(price > 0 for price in its.values())
            assert its.get("text_cached", 0) <= its.get("text_in", 0) <= its.get("text_out", 0), name


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


TOKENS = Tokens("gpt-4.1-mini", 1_000_000, 2_000_000, 500_000)


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"])
def test_an_answer_of_a_language_model_has_its_price(model):
    told = prices.written(dataclasses.replace(TOKENS, model=model), "openai", {})
    assert told == Used(
        model, pytest.approx(0.4 + 2 * 0.1 + 0.5 * 1.6), text_in=1_000_000, cached_in=2_000_000, text_out=500_000
    )


@pytest.mark.parametrize(("model", "provider"), [("gpt-4.1-mini", ""), ("gpt-4.1-mini", "anthropic"), ("llama3.2", "openai"),
                                                 ("gpt-realtime-whisper", "openai")])  # fmt: skip
def test_a_price_of_somebody_else_or_of_something_else_is_none(model, provider):
    assert prices.written(dataclasses.replace(TOKENS, model=model), provider, {}).usd is None


def test_ones_own_prices_go_before_the_list():
    own = prices.own_prices("gpt-4.1-mini=1/4, llama3.2=0/0 ,x=1/0.5/2,")
    assert own == {"gpt-4.1-mini": (1.0, 4.0), "llama3.2": (0.0, 0.0), "x": (1.0, 0.5, 2.0)}
    assert prices.written(TOKENS, "openai", {"gpt-4.1-mini": (1.0, 4.0)}).usd == pytest.approx(1 + 2 + 2), (
        "no price of a cache"
    )
    assert prices.written(TOKENS, "", {"gpt-4.1-mini": (1.0, 0.5, 2.0)}).usd == pytest.approx(1 + 1 + 1)
    assert prices.written(TOKENS, "", {"gpt-4.1-mini": (0, 0)}).usd == 0.0
    assert prices.own_prices("") == {}
