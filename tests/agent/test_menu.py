"""The café's card: names, choices and prices."""

import pytest

from offhook.agent import menu as card
from offhook.agent.menu import Line
from offhook.speech.cafe.phrasebook import DRINKS


@pytest.mark.parametrize("name", DRINKS)
def test_all_that_can_be_ordered_in_words_is_on_the_menu(name):
    assert card.item_named(name) in card.ITEMS


def test_what_is_not_on_the_menu_has_no_name():
    assert card.item_named("beer") is None
    assert card.item_named(" Latte ") == "latte"


@pytest.mark.parametrize(
    ("item", "choices", "cents", "what"),
    [
        ("latte", {}, 350, "latte"),
        ("latte", {"size": "large", "milk": "oat milk"}, 450, "large latte with oat milk"),
        ("drip coffee", {"size": "sixteen ounce", "milk": "a bit of soy milk", "sugar": "some sweetener"}, 340,
         "sixteen ounce drip coffee with a bit of soy milk and some sweetener"),
        ("americano", {"size": "small", "roast": "dark roast", "shots": "triple shot"}, 320,
         "small dark roast triple shot americano"),
        ("mocha", {"milk": "no milk", "sugar": "without sugar"}, 380, "mocha without milk or sugar"),
        ("latte", {"milk": "cream", "sugar": "no sugar"}, 380, "latte with cream without sugar"),
        ("carrot cake", {}, 400, "piece of carrot cake"),
    ],
)  # fmt: skip
def test_a_line_has_a_price_and_words(item, choices, cents, what):
    line = Line(item, choices)
    assert (line.cents, line.what) == (cents, what)


@pytest.mark.parametrize(
    ("choice", "words", "known"),
    [("milk", "Oat", "oat milk"), ("milk", "a lot of cream", "a lot of cream"), ("milk", "rice milk", None),
     ("milk", "no", "no milk"), ("milk", "without cream", "without cream"), ("shots", "double", "double shot"),
     ("roast", "dark", "dark roast"), ("sugar", "a little bit of brown sugar", "a little bit of brown sugar"),
     ("size", "gigantic", None), ("size", "medium", "medium")],
)  # fmt: skip
def test_choices_keep_the_words_of_the_caller_if_they_can_be_had(choice, words, known):
    assert card.known_choice(choice, words) == known


@pytest.mark.parametrize("amount", ["", "some ", "a bit of ", "a little bit of ", "a lot of ", "lots of ", "extra "])
def test_an_amount_does_not_change_the_price(amount):
    assert Line("latte", {"milk": f"{amount}almond milk"}).cents == 400


def test_nothing_is_cheaper_than_nothing():
    for name, item in card.ITEMS.items():
        smallest = item.cents + (min(card.SIZES.values()) if "size" in item.choices else 0)
        assert smallest > 0, name


def test_the_note_on_sizes_says_what_they_cost():
    assert (card.SIZES["small"], card.SIZES["large"]) == (-50, 50)
    assert "a small one is fifty cents less, and a large one fifty cents more" in card.SIZES_NOTE
