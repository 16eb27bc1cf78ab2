"""The café's desk, in conversation: what the caller says → what is answered, and which tools were used for it.

It is a Tuesday, ten o'clock. The tools are the café's own.
"""

import asyncio
import importlib.util
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.agent import cafe
from offhook.agent.tools import tool
from offhook.errors import ToolError
from offhook.speech.base import Responder, Said
from offhook.speech.cafe.desk import Desk
from offhook.speech.cafe.phrasebook import Meaning
from offhook.speech.cafe.questions import Question
from offhook.speech.engines.espeak import EspeakSynthesizer
from tests.visit import Visit

SAYABLE = re.compile(r"[A-Za-zé',.:?! ]+")
"""Words alone: no digit, no symbol, nothing that a synthesizer spells."""


@pytest.fixture(autouse=True, scope="module")
def on_a_tuesday_morning():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cafe, "clock", lambda: datetime(2026, 3, 3, 10, 0))
        yield


def test_the_desk_is_a_responder() -> None:
    responder: Responder = Desk()
    assert responder.greeting()


def test_the_greeting_says_that_it_is_a_demo_and_what_can_be_asked() -> None:
    greeting = Desk().greeting()
    for word in ("demo", "Blue Door Café", "order", "table", "menu"):
        assert word in greeting


# A turn: what the caller says, a part of the answer (or the whole, with "=" before it), the tools used.
# "key 4" presses keys; "…" is a silence after the agent was cut off; "??" is something that is not understood.
CONVERSATIONS = {
    "facts": """
        good morning | =Hello! How can I help you? |
        what are your opening hours | We are open from eight to six Monday to Friday. And from nine to four on Saturday and Sunday. Anything else? | opening_hours
        are you open on sunday | We are open from nine to four on Sunday. | opening_hours
        today | We are open from eight to six today. We are open now. | opening_hours
        where are you | We are at twelve Mill Street, opposite the railway station. | address
        how much is a latte | A medium latte is three euros fifty. | price
        how much is a large espresso | An espresso is two euros. | price
        do you have lemonade | A medium lemonade is two euros eighty. | price
        what can i say | order a drink, book a table |
        no thanks | =Thank you for calling. Goodbye! | show_order hang_up
    """,
    "an order of one drink": """
        i'd like a large latte with oat milk | =A large latte with oat milk, four euros fifty. Is that right? | add_to_order
        yes please | =Good. Anything else? |
        no thank you | order number is | show_order place_order
        no thanks | =Thank you for calling. Goodbye! | show_order hang_up
    """,
    "an order of several, changed on the way": """
        sixteen ounce drip coffee with a bit of soy milk and some sweetener | A sixteen ounce drip coffee with a bit of soy milk and some sweetener, three euros forty. | add_to_order
        no | =I am sorry. What should I change? |
        make it dark roast | A sixteen ounce dark roast drip coffee with | show_order change_order
        yes that's right | Anything else? |
        an iced mocha | And a medium iced mocha, four euros. | add_to_order
        no | What should I change? |
        an americano | =A medium americano, two euros fifty. Is that right? | show_order change_order
        make it a double shot | A medium double shot americano, three euros ten. | show_order change_order
        carrot cake please | =And a piece of carrot cake, four euros. Did I get that right? | add_to_order
        what's my order | You have a sixteen ounce dark roast drip coffee with a bit of soy milk and some sweetener, three euros forty. And a medium double shot americano, three euros ten. And a piece of carrot cake, four euros. Together that is ten euros fifty. | show_order
        remove the americano | I took off the medium double shot americano. That leaves a sixteen ounce dark roast drip coffee with a bit of soy milk and some sweetener and a piece of carrot cake. | show_order remove_from_order
        how much is my order | Together that is seven euros forty. | show_order
        that's all | It comes to seven euros forty. It will be ready in nine minutes. | show_order place_order
        goodbye | Goodbye! | show_order hang_up
    """,
    "no, another drink, instead of the one read back": """
        a latte | A medium latte, three euros fifty. | add_to_order
        no a mocha | =A medium mocha, three euros eighty. Is that correct? | show_order change_order
        no that's wrong an americano | =A medium americano, two euros fifty. Did I get that right? | show_order change_order
        that's all | It comes to two euros fifty. | show_order place_order
    """,
    "the drink that is named is changed, with what it should have": """
        a latte | | add_to_order
        a mocha | And a medium mocha | add_to_order
        make it a large latte | A large latte, four euros. | show_order change_order
        with almond milk | A large latte with almond milk, four euros fifty. | show_order change_order
    """,
    "what was said is right after all": """
        a latte | | add_to_order
        no | What should I change? |
        yes | You can say, make it a large |
        no | All right, I leave it as it is. |
        what's my order | You have a medium latte | show_order
    """,
    "changes to nothing": """
        make it a large | There is nothing in your order yet. What would you like? | show_order
        cancel that | There is nothing in your order yet. | show_order
        what's my order | There is nothing in your order yet. | show_order
        how much is that | There is nothing in your order yet. | show_order
        cancel my order | All right. | show_order
        make it a latte | A medium latte, three euros fifty. | show_order add_to_order
    """,
    "what is not in the order cannot be taken off": """
        a latte | | add_to_order
        yes | |
        remove the mocha | There is no mocha in your order. | show_order
        take that off | I took off the medium latte. Your order is empty now. | show_order remove_from_order
    """,
    "what something does not come with is said": """
        a large croissant | =The butter croissant comes in one size. A butter croissant, two euros. Is that right? | add_to_order
    """,
    "the whole order is cancelled": """
        a latte | | add_to_order
        yes | |
        cancel everything | Your order is cancelled. | show_order cancel_order
        goodbye | =Thank you for calling. Goodbye! | show_order hang_up
    """,
    "a goodbye does not drop an order: yes": """
        a latte | | add_to_order
        goodbye | =Your order is not placed yet. Shall I place it? | show_order
        yes | It will be ready in seven minutes. Thank you for calling. Goodbye! | place_order hang_up
    """,
    "a goodbye does not drop an order: no": """
        a latte | | add_to_order
        goodbye | Shall I place it? | show_order
        no | =All right, I did not place the order. Thank you for calling. Goodbye! | hang_up
    """,
    "a goodbye does not drop an order: goodbye": """
        a latte | | add_to_order
        goodbye | Shall I place it? | show_order
        goodbye | =I did not place the order. Thank you for calling. Goodbye! | hang_up
    """,
    "a table, step by step, with keys": """
        can i book a table | =For how many people? You can also press the number. |
        key 4 | =For what day? |
        tomorrow | =At what time? |
        at half past one | =A table for four on Wednesday the fourth of March at half past one. Shall I book it? | find_table
        yes | =Your table is booked. Anything else? | book_table
        no | Goodbye! | show_order hang_up
    """,
    "a table in one breath": """
        i'd like to book a table for two on saturday at noon | =A table for two on Saturday the seventh of March at noon. Shall I book it? | find_table
        at one | A table for two on Saturday the seventh of March at one. | find_table
        no | =I have not booked it. What should I change: the people, the day, or the time? |
        three people | A table for three on Saturday | find_table
        key 1 | Your table is booked. | book_table
    """,
    "details without a word of a table": """
        two people tomorrow | At what time? |
        three | A table for two on Wednesday the fourth of March at three. | find_table
        no | What should I change |
        no | All right, no table then. |
    """,
    "a bare number is people or a time, as was asked": """
        book a table at two | For how many people? |
        six | For what day? |
        four | Sorry, I did not understand that. You can say today, tomorrow, or a day of the week. For what day? |
        friday | A table for six on Friday the sixth of March at two. | find_table
    """,
    "a table outside hours is refused with the hours": """
        a table for two tomorrow at seven | =We are open from eight to six on Wednesday, and the last table is at five. At what time? | find_table
        at nine in the morning | A table for two on Wednesday the fourth of March at nine. | find_table
    """,
    "too many people": """
        book a table | |
        ten people | For what day? |
        today | At what time? |
        at noon | =Our tables are for one to eight people. For how many people? You can also press the number. | find_table
        key 8 | A table for eight on Tuesday the third of March at noon. | find_table
    """,
    "a table is not booked after all": """
        book a table | For how many people? |
        never mind | =All right, no table then. Anything else? |
        book a table for two | For what day? |
        no | All right, no table then. |
        book a table for two | For what day? |
        goodbye | =I did not book a table. Thank you for calling. Goodbye! | show_order hang_up
    """,
    "a drink while a table is booked": """
        book a table for two | For what day? |
        a latte | A medium latte, three euros fifty. | add_to_order
        yes | =Good. For what day? |
        what's my order | =You have a medium latte, three euros fifty. For what day? | show_order
        tomorrow at noon | A table for two on Wednesday the fourth of March at noon. | find_table
        yes | Your table is booked. | book_table
        that's all | order number is | show_order place_order
    """,
    "done in the middle of a booking": """
        book a table for two | For what day? |
        that's all | =The table is not booked yet. For what day? | show_order
        a latte | | add_to_order
        that's all | It will be ready in seven minutes. For what day? | show_order place_order
    """,
    "questions in between leave the open one open": """
        a latte | Is that right? | add_to_order
        where are you | railway station. A medium latte, three euros fifty. Is that right? | address
        hello | =Hello! A medium latte, three euros fifty. Is that right? |
        what can i say | =Please say yes or no. A medium latte, three euros fifty. Is that right? |
        how much is it | =That is three euros fifty. A medium latte, three euros fifty. Is that right? | show_order
        yes | =Good. Would you like anything else? |
    """,
    "repeat": """
        pardon | menu |
        where are you | We are at twelve Mill Street | address
        ?? | did not understand |
        say that again | =We are at twelve Mill Street, opposite the railway station. Anything else? |
        pardon | =We are at twelve Mill Street, opposite the railway station. Anything else? |
        ?? | You can order a drink |
    """,
    "a goodbye that was not heard": """
        goodbye | =Thank you for calling. Goodbye! | show_order hang_up
        pardon | =Thank you for calling. Goodbye! | hang_up
        … | =Is there anything else? |
    """,
    "a silence after the agent was cut off": """
        … | You can order a drink |
        a latte | Is that right? | add_to_order
        … | =A medium latte, three euros fifty. Is that right? |
        yes | =Good. Anything else? |
        … | =Anything else? |
    """,
    "a person after two misunderstandings": """
        where are you | | address
        ?? | =Sorry, I did not understand that. You can order a drink, book a table, or ask for the menu, the prices, our hours, or our address. Anything else? |
        ?? | =Sorry, I did not get that. Would you like to talk to a person? Please say yes or no, or press zero. |
        pardon | =Would you like to talk to a person? Please say yes or no, or press zero. |
        ?? | =Sorry, I did not understand that. Would you like to talk to a person? Please say yes or no, or press zero. |
        yes | This is only a demo, so nobody will really call. Can I help you with anything else? | ask_for_person
    """,
    "rather no person": """
        book a table | For how many people? |
        ?? | You can say, four people, or press the number. |
        ?? | Would you like to talk to a person? |
        no | =All right. For how many people? You can also press the number. |
        ?? | You can say, four people |
        ?? | a person? |
        four people | For what day? |
    """,
    "yes and no by key after two misunderstandings": """
        a latte | | add_to_order
        ?? | =Sorry, I did not understand that. Please say yes or no. A medium latte, three euros fifty. Is that right? |
        ?? | =Sorry, I did not get that. A medium latte, three euros fifty. Is that right? Press one for yes, or two for no. Or press zero for a person. |
        ?? | Would you like to talk to a person? |
        key 2 | =All right. A medium latte, three euros fifty. Is that right? |
        key 2 | What should I change? |
    """,
    "keys": """
        key * | =That key does nothing here. Press zero for a person. You can order a drink, book a table, or ask for the menu, the prices, our hours, or our address. |
        key 57 | That key does nothing here. |
        a latte | | add_to_order
        key 0 | I have noted that you would like a call back. This is only a demo, so nobody will really call. A medium latte, three euros fifty. Is that right? | ask_for_person
        key 1 | Good. Anything else? |
    """,
    "a person at once": """
        can i talk to a real person | I have noted that you would like a call back. | ask_for_person
        thank you | Goodbye! | show_order hang_up
    """,
    "a caller who asks on after the goodbye is served": """
        goodbye | Goodbye! | show_order hang_up
        a latte | A medium latte | add_to_order
    """,
}  # fmt: skip


def held(turns: str) -> Iterator[tuple[Visit, str, list[str], str, list[str]]]:
    """Turn by turn: the visit, what was said, the sentences answered, the answer wanted, the tools wanted."""
    visit = Visit()
    for turn in turns.strip().splitlines():
        said, wanted, tools = (part.strip() for part in turn.split("|"))
        yield visit, said, visit.turn(said if said != "??" else ""), wanted, tools.split()


@pytest.mark.parametrize("turns", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_conversation(turns: str) -> None:
    for visit, said, sentences, wanted, tools in held(turns):
        answer = " ".join(sentences)
        assert answer == wanted[1:] if wanted.startswith("=") else wanted in answer, f"{said} → {answer}"
        if wanted or tools:
            assert visit.used == tools, said


@pytest.mark.skipif(importlib.util.find_spec("espeakng_loader") is None, reason="offhook[local] is not installed")
def test_no_sentence_is_long_and_the_greeting_is_short() -> None:
    async def seconds(sentences: Iterable[str]) -> dict[str, float]:
        espeak = EspeakSynthesizer()
        spoken = {each: len((await espeak.speak(each)).audio) / 8000 for each in sentences}
        await espeak.close()
        return spoken

    said = {each for turns in CONVERSATIONS.values() for *_, sentences, _, _ in held(turns) for each in sentences}
    said |= set(Visit().hears(Said("read me the menu")))
    spoken = asyncio.run(seconds([Desk().greeting(), *said]))
    assert spoken[Desk().greeting()] < 7
    assert max(spoken.values()) < 7
    # What is spelled instead of read takes far longer: nine letters a second at least are read.
    assert min(len(each) / length for each, length in spoken.items() if len(each) > 20) > 9


def test_the_menu_is_long_enough_to_be_interrupted_and_speaks_of_all_there_is() -> None:
    said = Visit().hears(Said("read me the menu"))
    assert sum(len(sentence.split()) for sentence in said) > 100
    for items in cafe.card.MENU.values():
        for name in items:
            assert name in " ".join(said).lower()
    assert max(len(sentence.split()) for sentence in said) < 25


@pytest.mark.parametrize("kind", ["coffee", "tea", "cold", "food"])
def test_the_menu_by_kind(kind: str) -> None:
    visit = Visit()
    reply = asyncio.run(visit.desk.answer(Meaning("menu", {"kind": kind}), visit.use))
    assert all(name in " ".join(reply.says).lower() for name in cafe.card.MENU[kind])
    assert reply.asks


def test_the_wording_varies_and_repeats_with_the_call() -> None:
    def call() -> list[str]:
        visit = Visit()
        return [visit.says("where are you") for _ in range(4)]

    assert call() == call()
    assert len(set(call())) == 3


def test_a_caller_who_cuts_in_has_ordered_all_the_same() -> None:
    visit = Visit()
    assert visit.hears(Said("a latte"), most=1) == ["A medium latte, three euros fifty."]
    assert visit.says("yes") == "Good. Anything else?"


def test_a_goodbye_that_is_cut_off_does_not_hang_up() -> None:
    visit = Visit()
    visit.hears(Said("goodbye"), most=1)
    assert not visit.call.hung_up


# ------------------------------------------------------------------------------------------------ every state


ORDER = Meaning("order", {"drink": "latte", "size": "large", "milk": "a bit of oat milk"})
BOOK = Meaning("book", {})
TABLE = Meaning("detail", {"people": "4", "day": "tomorrow", "time": "13:30"})
YES, NO, BYE, UNKNOWN = (Meaning(intent, {}) for intent in ("yes", "no", "goodbye", "unknown"))
REACHED_BY = {
    Question.MORE: (),
    Question.RIGHT: (ORDER,),
    Question.CHANGE: (ORDER, NO),
    Question.PLACE: (ORDER, BYE),
    Question.PEOPLE: (BOOK,),
    Question.DAY: (BOOK, Meaning("detail", {"people": "4"})),
    Question.TIME: (BOOK, Meaning("detail", {"people": "4", "day": "sunday"})),
    Question.BOOK: (BOOK, TABLE),
    Question.REBOOK: (BOOK, TABLE, NO),
    Question.PERSON: (UNKNOWN, UNKNOWN),
}
MEANINGS = (
    YES, NO, BYE, UNKNOWN, ORDER, BOOK, TABLE,
    *(Meaning(intent, {}) for intent in ("hello", "repeat", "help", "hours", "address", "menu", "price", "order", "change",
                                         "remove", "cancel", "basket", "done", "detail", "person")),
    Meaning("hours", {"day": "today"}), Meaning("hours", {"day": "saturday"}), Meaning("hours", {"day": "doomsday"}),
    Meaning("menu", {"kind": "tea"}), Meaning("menu", {"kind": "wine"}),
    Meaning("price", {"drink": "mocha", "size": "small"}), Meaning("price", {"drink": "beer"}),
    Meaning("order", {"drink": "beer"}), Meaning("order", {"drink": "espresso", "size": "large", "shots": "double shot"}),
    Meaning("change", {"size": "twenty ounce"}), Meaning("change", {"drink": "green tea"}),
    Meaning("change", {"milk": "no milk", "sugar": "some sweetener"}), Meaning("remove", {"drink": "latte"}),
    Meaning("book", {"people": "9", "day": "today", "time": "12:00"}), Meaning("book", {"day": "doomsday"}),
    Meaning("detail", {"people": "3", "time": "15:00"}), Meaning("detail", {"day": "friday"}),
    Meaning("detail", {"time": "19:00"}), Meaning("detail", {"people": "many"}),
)  # fmt: skip


def meant(visit: Visit, meaning: Meaning):
    visit.used = []
    return asyncio.run(visit.desk.answer(meaning, visit.use))


def checked(reply) -> str:
    """The words of a reply that leaves the caller with something to say, or ends the call."""
    assert reply.over != bool(reply.asks)
    for sentence in (*reply.says, *reply.asks):
        assert SAYABLE.fullmatch(sentence) and sentence[0].isupper() and sentence[-1] in ".?!", sentence
    return " ".join((*reply.says, *reply.asks))


def test_every_question_is_reached() -> None:
    assert REACHED_BY.keys() == set(Question)
    for question, meanings in REACHED_BY.items():
        visit = Visit()
        for meaning in meanings:
            meant(visit, meaning)
        assert visit.desk.question is question


@pytest.mark.parametrize("question", Question, ids=lambda question: question.name)
@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: " ".join((meaning.intent, *meaning.slots.values())))
def test_every_meaning_is_answered_whatever_was_asked(question: Question, meaning: Meaning) -> None:
    visit = Visit()
    for before in REACHED_BY[question]:
        meant(visit, before)
    checked(meant(visit, meaning))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(MEANINGS),
            st.sampled_from(["0", "1", "2", "4", "12", "*", "9"]).map(lambda keys: Said(keys=keys)),
            st.just(Said(going_on=True)),
            st.just(Said(leaving=True)),
        )
    )
)
def test_no_walk_through_the_desk_fails_falls_silent_or_loses_an_order(walk) -> None:
    visit = Visit()
    ordered: dict[int, object] = {}
    for turn in walk:
        if isinstance(turn, Said):
            words = " ".join(visit.hears(turn))
        else:
            reply = meant(visit, turn)
            words = checked(reply)
            if reply.over and "order" in visit.call.data and visit.call.data["order"].get("lines"):
                assert "I did not place the order" in words
        assert SAYABLE.fullmatch(words)
        now = dict(visit.call.data.get("order", {}).get("lines", {}))
        if lost := ordered.keys() - now.keys():
            told = {"remove_from_order": "I took off", "cancel_order": "cancelled", "place_order": "order number"}
            assert any(tool in visit.used and said in words for tool, said in told.items()), (lost, words)
        ordered = dict(now)


# ------------------------------------------------------------------------------------------------ tools of the user's


def test_what_a_tool_says_is_spoken_as_it_is() -> None:
    @tool
    async def opening_hours(day: str = "") -> dict[str, str]:
        """When."""
        return {"open": "from seven", "till": "five"}

    @tool
    async def price(item: str, size: str = "") -> str:
        """How much."""
        return f"the {item} is free today"

    @tool
    async def ask_for_person(reason: str) -> str:
        """Who."""
        return "Maria will call you in ten minutes."

    visit = Visit([opening_hours, price, ask_for_person])
    assert visit.says("when are you open").startswith("Open from seven, till five. ")
    assert visit.says("how much is a latte").startswith("The latte is free today. ")
    assert visit.says("key 0").startswith("Maria will call you in ten minutes. ")


@pytest.mark.parametrize(("told", "said"), [
    ({"coffee": {"latte": "3.50"}}, "Coffee latte 3.50."),
    ({"coffee": {"latte": 3.5}}, "Coffee latte 3.5."),
    ({"coffee": {"latte": True}}, "Coffee latte yes."),
    ({"coffee": {"latte": 350}, "tea": ["mint", "green"]}, "Coffee latte 350, tea mint, green."),
    ({"coffee": {"latte": 350}, "note": ["no cakes"]}, "Coffee latte 350, note no cakes."),
    ({"coffee": {}}, "Coffee."),
    ({"note": "Ask at the bar."}, "Note Ask at the bar."),
])  # fmt: skip
def test_a_menu_in_another_shape_does_not_cost_the_call(told: object, said: str) -> None:
    @tool
    async def menu(kind: str = "") -> object:
        """What there is."""
        return told

    assert Visit([menu]).says("what's your menu").startswith(said)


@pytest.mark.parametrize(
    "second", [{"days": "sunday"}, {"days": "sunday", "opens": 9, "closes": 16}, "never on sunday"]
)
def test_opening_hours_in_another_shape_do_not_cost_the_call(second: object) -> None:
    @tool
    async def opening_hours(day: str = "") -> object:
        """When."""
        return [{"days": "monday", "opens": "09:00", "closes": "17:00"}, second]

    assert Visit([opening_hours]).says("when are you open").startswith("Days monday, opens 09:00, closes 17:00, ")


def test_what_a_tool_refuses_is_said_and_the_open_question_stays() -> None:
    @tool
    async def place_order() -> str:
        """Sends it off."""
        raise ToolError("the bar is closed today")

    visit = Visit([place_order])
    visit.says("a latte")
    visit.says("goodbye")
    assert visit.says("yes") == "The bar is closed today. Shall I place it?"
    assert visit.desk.question is Question.PLACE
    assert not visit.call.hung_up


@pytest.mark.parametrize("name", cafe.agent.toolbox.by_name)
def test_a_tool_that_breaks_costs_a_sentence_and_no_name_of_it_is_said(name: str) -> None:
    async def broken(**_arguments):
        raise ToolError(f"{name} failed.")

    visit = Visit()
    broken_use = visit.use

    async def use(used: str, **arguments):
        return await (broken() if used == name else broken_use(used, **arguments))

    visit.use = use
    for text in (
        "when are you open", "where are you", "what's your menu", "how much is a latte", "a latte", "make it a large",
        "yes", "a mocha", "cancel that", "what's my order", "cancel my order", "a latte", "that's all",
        "a table for two tomorrow at noon", "yes", "can i talk to a person", "never mind", "goodbye", "no",
    ):  # fmt: skip
        said = visit.says(text)
        assert SAYABLE.fullmatch(said) and "failed" not in said, f"{text} → {said}"


def test_an_agent_that_may_not_hang_up_says_goodbye_and_waits() -> None:
    visit = Visit()

    async def use(name: str, **_arguments):
        raise ToolError(f"There is no tool {name}.")

    visit.use = use
    assert visit.says("goodbye") == "Thank you for calling. Goodbye!"


# ------------------------------------------------------------------------------------------------ one desk for another


def memory_of(desk) -> dict:
    return json.loads(json.dumps(desk.memory()))


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        (["a large latte"], "yes", "Anything else?"),
        (["a large latte"], "no", "What should I change?"),
        (["a table for four people"], "tomorrow", "At what time?"),
        (["a large latte", "no"], "make it a small", "small latte"),
    ],
)
def test_another_desk_goes_on_where_one_was(before, then, expected) -> None:
    visit = Visit()
    for words in before:
        visit.hears(Said(words))
    memory = memory_of(visit.desk)
    asked = visit.desk.question
    visit.desk = Desk()
    visit.desk.recall(memory, heard=True)
    assert visit.desk.question is asked
    assert expected in " ".join(visit.hears(Said(then)))


def test_an_answer_that_nobody_heard_is_said_again_whole() -> None:
    visit = Visit()
    visit.hears(Said("a large latte"))
    visit.hears(Said("yes"))
    answer = visit.hears(Said("what did i order"))
    memory = memory_of(visit.desk)
    for heard, expected in ((False, answer), (True, answer[-1:])):
        visit.desk = Desk()
        visit.desk.recall(memory, heard=heard)
        assert visit.hears(Said(going_on=True)) == expected


@pytest.mark.parametrize(
    "memory", [{}, {"open": 3}, {"open": {"says": [], "asks": [], "question": "GONE", "over": False}}]
)
def test_a_memory_of_another_version_is_none(memory) -> None:
    desk = Desk()
    desk.recall(memory, heard=True)
    assert desk.question is Desk().question
