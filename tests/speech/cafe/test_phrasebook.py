"""What callers mean, and that all of it can be said."""

from functools import cache

import pytest

from offhook.errors import ConfigError
from offhook.speech.cafe.phrasebook import DRINKS, GRAMMAR, Intent, Meaning, understand
from offhook.speech.cafe.sayable import GRAMMAR as SAYABLE

_SENTENCES: dict[Intent, str] = {
    "hello": "hello | hi | good morning | hello please",
    "goodbye": "goodbye | bye bye | thank you goodbye | thanks bye | thank you | thank you very much | thanks",
    "yes": "yes | yes please | yeah | yep | sure | okay thanks | yes that's right | that's correct | correct",
    "no": "no | no thanks | no thank you | nope | no that's wrong | that's not right",
    "repeat": "can you repeat that please | say that again | pardon | what did you say | once more",
    "help": "help | help me please | what can i say | what can you do | what can i ask",
    "hours": "what are your opening hours | opening times please | your hours | when are you open | what time do you close"
    " | are you open at the weekend {day: weekend} | are you open on sunday {day: sunday}"
    " | hello what time do you open tomorrow {day: tomorrow} | how long are you open today {day: today}"
    " | are you open tonight {day: today}",
    "address": "where are you | where are you located | what's your address | how do i get there | where is the cafe",
    "menu": "menu please | read me the menu | what's on the menu | what do you have | what can i have | tell me the prices"
    " | what can i eat {kind: food} | what do you have to eat {kind: food} | what cakes do you have {kind: food}"
    " | what tea do you have {kind: tea} | what coffee do you have {kind: coffee} | what cold drinks do you have {kind: cold}"
    " | do you have cold drinks {kind: cold} | do you have anything to eat {kind: food} | what drinks do you have",
    "price": "how much is a latte {drink: latte} | how much is a large iced mocha {drink: iced mocha, size: large}"
    " | what does the carrot cake cost {drink: carrot cake} | what's the price of a croissant {drink: croissant}"
    " | how much does a small house coffee cost {drink: house coffee, size: small} | do you have lemonade {drink: lemonade}"
    " | do you have green tea {drink: green tea} | how much is it | how much is my order",
    "order": "a latte {drink: latte} | can i get a large latte please {drink: latte, size: large}"
    " | i'd like an espresso with some sweetener {drink: espresso, sugar: some sweetener}"
    " | can i have a sixteen ounce dark roast double shot iced mocha with a bit of soy milk and lots of brown sugar"
    " {drink: iced mocha, size: sixteen ounce, roast: dark roast, shots: double shot, milk: a bit of soy milk,"
    " sugar: lots of brown sugar}"
    " | i want a medium medium roast coffee {drink: coffee, size: medium, roast: medium roast}"
    " | brew a triple shot twelve ounce americano with cream {drink: americano, shots: triple shot, size: twelve ounce,"
    " milk: cream}"
    " | make me a cappuccino with a little bit of skim milk {drink: cappuccino, milk: a little bit of skim milk}"
    " | could i have a drip coffee {drink: drip coffee} | i'll take a mint tea please {drink: mint tea}"
    " | yes a mocha please {drink: mocha} | hello i would like to order a hot chocolate {drink: hot chocolate}"
    " | i'll have a cheese sandwich {drink: cheese sandwich} | tomato soup please {drink: tomato soup}"
    " | can i get a butter croissant {drink: butter croissant} | some apple juice {drink: apple juice}"
    " | get me a large black tea with milk {drink: black tea, size: large, milk: milk}"
    " | a latte with sugar and oat milk {drink: latte, sugar: sugar, milk: oat milk}"
    " | a small coffee with no sugar {drink: coffee, size: small, sugar: no sugar}"
    " | an espresso without milk {drink: espresso, milk: no milk}"
    " | a coffee with milk and two sugars {drink: coffee, milk: milk, sugar: two sugars}",
    "change": "make it a large {size: large} | no make it a large {size: large} | make that an americano {drink: americano}"
    " | large please {size: large} | a small one {size: small} | dark roast please {roast: dark roast}"
    " | double shot {shots: double shot} | with oat milk instead {milk: oat milk} | with soy milk {milk: soy milk}"
    " | no sugar {sugar: no sugar} | no milk please {milk: no milk} | without sugar {sugar: no sugar}"
    " | can you make it a twelve ounce {size: twelve ounce} | change that to a small latte {drink: latte, size: small}"
    " | change it to a green tea instead {drink: green tea} | a bit of almond milk instead {milk: a bit of almond milk}"
    " | with lots of sugar and cream {sugar: lots of sugar, milk: cream} | with no cream {milk: no cream}"
    " | yes with milk {milk: milk}",
    "remove": "cancel the latte {drink: latte} | take that off | take the croissant off {drink: croissant} | remove that"
    " | remove my carrot cake {drink: carrot cake} | no cancel that | take off the tea {drink: tea}",
    "cancel": "cancel my order | cancel the order please | forget it | cancel everything | never mind | forget the order",
    "basket": "what have i ordered | read my order back | what's my order | can you read my order back please"
    " | what did i order | repeat my order | what is in my order",
    "done": "that's all | that's all thanks | no that's all | that's my order | nothing else | no nothing else thank you"
    " | that's everything | i'm done | yes that's it | that will be all",
    "book": "book a table | i'd like to book a table for two {people: 2} | a table for two {people: 2}"
    " | book a table for four tomorrow at seven {people: 4, day: tomorrow, time: 19:00}"
    " | can i reserve a table for three people on friday at half past twelve {people: 3, day: friday, time: 12:30}"
    " | i'd like a table for one {people: 1} | make a reservation tonight {day: today}"
    " | i want to book a table at eight in the morning {time: 08:00} | can i get a table for six at noon {people: 6, time: 12:00}",
    "detail": "for two {people: 2} | four people {people: 4} | for two people {people: 2} | tomorrow {day: tomorrow}"
    " | on saturday {day: saturday} | at half past six {time: 18:30} | seven p.m. {time: 19:00} | nine a.m. {time: 09:00}"
    " | at quarter to one {time: 12:45} | quarter to eight {time: 19:45} | quarter past ten {time: 10:15}"
    " | five o'clock {time: 17:00} | at three thirty {time: 15:30} | twelve forty five {time: 12:45} | at noon {time: 12:00}"
    " | tomorrow at nine {day: tomorrow, time: 09:00} | at seven in the evening {time: 19:00}"
    " | two {people: 2, time: 14:00} | ten {people: 10, time: 10:00} | six of us {people: 6} | one person {people: 1}",
    "person": "can i speak to a person | talk to someone please | a human please | i want to speak with a real person"
    " | let me talk to a human | i want a person",
}
"""What callers may say, by intent; slots in braces."""


def _table() -> list[tuple[str, Meaning]]:
    table = []
    for intent, sentences in _SENTENCES.items():
        for sentence in sentences.split(" | "):
            text, _, slots = sentence.partition(" {")
            pairs = (pair.strip().split(": ") for pair in slots.removesuffix("}").split(",") if pair)
            table.append((text, Meaning(intent, dict(pairs))))
    return table


TABLE = _table()


@pytest.mark.parametrize(("text", "meaning"), TABLE, ids=[text for text, _ in TABLE])
def test_a_sentence_means_what_the_caller_means(text: str, meaning: Meaning) -> None:
    assert understand(text) == meaning


@cache
def _sentences():  # type: ignore[no-untyped-def]
    pytest.importorskip("pocketsphinx", reason="offhook[local] is not installed")
    from offhook.speech.engines.pocketsphinx_worker import Engine

    try:
        return Engine(GRAMMAR).sentences
    except ConfigError as error:  # words nobody can say, or no grammar
        pytest.fail(str(error))


def test_every_sentence_of_the_table_can_be_said() -> None:
    assert len(TABLE) >= 120
    assert [text for text, _ in TABLE if not _sentences().accepts(text)] == []


@pytest.mark.parametrize("drink", DRINKS)
def test_all_that_can_be_ordered_can_be_said_and_is_understood(drink: str) -> None:
    article = "an" if drink[0] in "aei" else "a"
    for text, intent in (
        (f"can i get {article} {drink}", "order"),
        (f"how much is {article} {drink}", "price"),
        (f"make that {article} {drink}", "change"),
        (f"cancel the {drink}", "remove"),
    ):
        assert understand(text) == Meaning(intent, {"drink": drink}), text  # type: ignore[arg-type]
        assert _sentences().accepts(text), text


@pytest.mark.parametrize(
    "text", ["", "zebra", "the weather is nice", "my grandmother keeps parrots", "um", "a", "with", "please"]
)
def test_what_is_none_of_this_is_unknown_or_polite(text: str) -> None:
    assert understand(text).intent == ("goodbye" if text == "please" else "unknown")


def test_what_can_be_said_is_understood() -> None:
    """A walk through the whole grammar: from every state the shortest way to an end, so that every step is taken."""
    automaton = _sentences()
    unknown = [text for text in _walks(automaton) if understand(text).intent == "unknown"]
    assert [text for text in unknown if set(text.split()) - {"please", "thanks"}] == []


def _walks(automaton):  # type: ignore[no-untyped-def]
    """For every step of the automaton, one sentence that takes it."""
    before = {automaton.start: ""}
    queue = [automaton.start]
    for state in queue:
        for word, target in automaton.steps[state].items():
            if target not in before:
                before[target] = f"{before[state]} {word}".strip()
                queue.append(target)
    after = dict.fromkeys(automaton.ends, "")
    while len(after) < len(before):
        for state, arcs in enumerate(automaton.steps):
            if state not in after and (known := [f"{w} {after[t]}" for w, t in arcs.items() if t in after]):
                after[state] = min(known, key=len).strip()
    for state, arcs in enumerate(automaton.steps):
        for word, target in arcs.items():
            yield f"{before[state]} {word} {after[target]}".strip()


def test_the_phrasebook_hands_on_the_grammar() -> None:
    assert GRAMMAR is SAYABLE
