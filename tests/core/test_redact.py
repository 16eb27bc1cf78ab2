"""What is a number that nobody may keep, and what is not."""

import pytest

from offhook.core import events as e
from offhook.core.keypad import HIDDEN
from offhook.core.redact import CARD, PHONE, Redactor, is_card, regions_of

ALL = Redactor(("cards", "phones", "keys"), ("US", "GB", "DE"))
NOWHERE = Redactor(("cards", "phones"))

CARDS = {
    "my card is 4111 1111 1111 1111.": f"my card is {CARD}.",
    "4111111111111111": CARD,
    "4111-1111-1111-1111, thanks": f"{CARD}, thanks",
    "4111.1111.1111.1111": CARD,
    "it is 3782 822463 10005": f"it is {CARD}",
    "6011000990139424 and 5555 5555 5555 4444": CARD,
    "30569309025904": CARD,
    "four one one one one one one one one one one one one one one one": CARD,
    "Four, one, one, one. One one one one, uh, one one one one one one one one.": f"{CARD}.",
    "forty one eleven eleven eleven eleven eleven eleven eleven please": f"{CARD} please",
    "four triple one double one double one double one double one double one double one": CARD,
    "five five five five 5555 5555 four four four four": CARD,
    "4111 1111 1111 1111 12 26 123": CARD,
    "the number 4111 1111 1111 1111 expires 12/26": f"the number {CARD} expires 12/26",
}
PHONES = {
    "call 202-555-0143": f"call {PHONE}",
    "(202) 555-0143": f"({PHONE}",
    "202.555.0143": PHONE,
    "2025550143": PHONE,
    "1 202 555 0143": PHONE,
    "two oh two five five five oh one four three": PHONE,
    "oh, 202 555 0143": PHONE,
    "one eight hundred five five five one two three four": PHONE,
    "+49 30 123456": f"+{PHONE}",
    "plus four nine three oh one two three four five six": f"plus {PHONE}",
    "0044 20 7946 0958": PHONE,
    "020 7946 0958": PHONE,
    "oh two oh seven nine four six oh nine five eight": PHONE,
    "030 901820": PHONE,
}
STAYS = [
    "That is $12.50, or 1,299.99 with delivery.",
    "12.50 13.50 14.50 15.50",
    "1,234,567,890 dollars",
    "2025550143 dollars",
    "$2025550143",
    "at 10:30 on 2026-11-25",
    "on 25/11/2026 at 19:30, for four people",
    "Table for two at seven thirty, one high chair.",
    "order number 1234567890123456",
    "order number 4111111111111112",
    "Your order is number 2025550143.",
    "reference 2025550143",
    "booking 20261125",
    "ticket one two three four five six seven eight nine",
    "order 100200300",
    "one of the two, or all three",
    "pick 4, 8, 15, 16, 23 and 42",
    "room 1204, floor 12, extension 4711",
    "twenty twenty six",
    "two hundred and fifty",
    "1234 5678 9012 3456",
    "0000000000000000",
    "",
    "no number at all",
]


@pytest.mark.parametrize(("said", "told"), [*CARDS.items(), *PHONES.items()])
def test_numbers_are_taken_out(said, told):
    assert ALL.text(said) == told


@pytest.mark.parametrize("said", STAYS)
def test_other_numbers_stay(said):
    assert ALL.text(said) == said


def test_only_what_was_asked_for_is_taken_out():
    said = "4111 1111 1111 1111 or 202 555 0143 x"
    assert Redactor(("phones",), ("US",)).text("4111111111111111 x 202 555 0143") == f"4111111111111111 x {PHONE}"
    assert Redactor(("cards",)).text("4111111111111111 x 202 555 0143") == f"{CARD} x 202 555 0143"
    assert Redactor(()).text(said) == said


def test_without_a_home_only_whole_numbers_are_telephone_numbers():
    assert NOWHERE.text("+1 202 555 0143") == f"+{PHONE}"
    assert NOWHERE.text("202 555 0143") == "202 555 0143"


@pytest.mark.parametrize(
    ("digits", "card"),
    [
        ("4111111111111111", True), ("4222222222222", True), ("378282246310005", True), ("2223003122003222", True),
        ("4111111111111112", False), ("411111111111", False), ("1111111111111117", False), ("", False),
        ("41111111111111111", False),
    ],
)  # fmt: skip
def test_what_a_card_is(digits, card):
    assert is_card(digits) is card


def test_where_numbers_are_at_home():
    assert regions_of("en-GB", "+12025550143", "anonymous", "sip:x@y", "+") == ("GB", "US")
    assert regions_of("de") == ()
    assert regions_of("es-419") == ()


# ---------------------------------------------------------------- events


def turn(number, text, role="caller", unheard="", item=None):
    return e.TurnKept(number, role, text, unheard, item, 0.0, 0.0)


def texts(told):
    return [(each.turn, each.text) for each in told]


def test_nothing_happens_without_a_rule():
    event = turn(1, "4111111111111111")
    assert Redactor(()).event(event) == ([event], [])


def test_a_turn_is_told_without_the_number():
    told, held = Redactor(("cards",)).event(turn(1, "4111111111111111 ok"))
    assert texts(told) == [(1, f"{CARD} ok")]
    assert [each.turn for each in held] == [1]
    told, held = Redactor(("cards",)).event(turn(1, "fine"))
    assert texts(told) == [(1, "fine")] and held == []


def test_a_number_in_pieces_is_taken_out_of_every_turn_it_was_in():
    redactor = Redactor(("cards",))
    assert texts(redactor.event(turn(1, "sure, it is 4111 1111"))[0]) == [(1, "sure, it is 4111 1111")]
    redactor.event(turn(2, "go on", "agent"))
    told, held = redactor.event(turn(3, "one one one one 1111, that is it"))
    assert texts(told) == [(1, f"sure, it is {CARD}"), (3, f"{CARD}, that is it")]
    assert [each.turn for each in held] == [1, 3]
    told, _ = redactor.event(turn(5, "and now?"))
    assert texts(told) == [(5, "and now?")]


def test_the_two_sides_make_no_number_together():
    redactor = Redactor(("cards",))
    redactor.event(turn(1, "4111 1111"))
    told, held = redactor.event(turn(2, "1111 1111", "agent"))
    assert texts(told) == [(2, "1111 1111")] and held == []


def test_better_words_for_a_turn_are_judged_anew():
    redactor = Redactor(("cards",))
    redactor.event(turn(1, "for one one one"))
    told, held = redactor.event(turn(1, "4111111111111111"))
    assert texts(told) == [(1, CARD)] and len(held) == 1
    for number in range(2, 8):
        redactor.event(turn(number, "yes"))
    told, held = redactor.event(turn(1, "it was 4111111111111111"))
    assert texts(told) == [(1, f"it was {CARD}")] and [each.turn for each in held] == [1]


def test_a_number_that_was_cut_in_the_middle_is_in_neither_half():
    told, held = Redactor(("cards",)).event(turn(1, "your card 4111 1111", "agent", "1111 1111 is valid", "item1"))
    assert (told[0].text, told[0].unheard) == (f"your card {CARD}", f"{CARD} is valid")
    assert len(held) == 1


def test_keys_are_hidden_wherever_they_are_told():
    redactor = Redactor(("keys",))
    assert redactor.event(e.KeyPressed("5")) == ([e.KeyPressed(HIDDEN)], [])
    assert texts(redactor.event(turn(1, "(keys 1234)"))[0]) == [(1, "(keys)")]
    assert Redactor(("cards",)).event(e.KeyPressed("5")) == ([e.KeyPressed("5")], [])


def test_arguments_stay_json():
    redactor = Redactor(("cards",))
    called = e.ToolCalled("use1", "pay", '{"card":4111111111111111,"to":["4111 1111 1111 1111",true,null,2.5]}')
    (told,), _ = redactor.event(called)
    assert told.arguments == f'{{"card":"{CARD}","to":["{CARD}",true,null,2.5]}}'
    assert told.name == "pay"
    (told,), _ = redactor.event(e.ToolFinished("use1", "paid with 4111111111111111"))
    assert told.output == f"paid with {CARD}"
    same = e.ToolCalled("4111111111111111", "x", '{ "a" : 1.0 }')
    assert redactor.event(same) == ([same], [])


def test_what_tools_note_and_what_a_call_came_with_holds_no_number():
    redactor = Redactor(("cards", "phones"), ("US",))
    noted = {"card": ("4111 1111 1111 1111", 4111111111111111), 4111111111111111: True, "who": {"at": None, "n": 3}}
    (told,), _ = redactor.event(e.Noted(noted))
    assert told.data == {"card": [CARD, CARD], CARD: True, "who": {"at": None, "n": 3}}

    class Card:
        def __repr__(self):
            return "Card(4111111111111111)"

    (told,), _ = redactor.event(e.Noted({"card": Card()}))
    assert told.data == {"card": f"Card({CARD})"}
    began = e.CallBegan("CA1", "AC1", "inbound", "+12025550143", "+12025550144", {"card": "4111111111111111"})
    (told,), _ = redactor.event(began)
    assert (told.caller, told.called, told.variables) == ("+12025550143", "+12025550144", {"card": CARD})


def test_what_holds_no_words_is_left_alone():
    for event in (e.StateChanged("connected"), e.BargedIn({"a": 1.0}), e.Ended(e.Result.COMPLETED, e.Reason.SHUT_DOWN)):
        assert ALL.event(event) == ([event], [])
