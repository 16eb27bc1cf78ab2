from offhook.core.greeting import PROTECTED_MS, Greeting
from offhook.core.playout import Heard


def test_the_first_item_after_the_wish_is_the_greeting():
    greeting = Greeting()
    greeting.began("before", 0.0)
    assert greeting.item is None
    greeting.asked()
    greeting.began("hello", 100.0)
    greeting.began("later", 200.0)
    assert greeting.item == "hello"
    assert greeting.yields_at == 100.0 + PROTECTED_MS


def test_an_agent_that_greets_with_nothing_has_no_greeting():
    greeting = Greeting()
    greeting.asked()
    greeting.passed_over()
    greeting.began("answer", 0.0)
    assert greeting.item is None


def test_only_the_greeting_itself_can_be_missed():
    greeting = Greeting()
    greeting.asked()
    greeting.began("hello", 0.0)
    greeting.cut(Heard("other", 10.0, 1000.0, False))
    assert not greeting.again_for("hello")
    greeting.cut(Heard("hello", 499.0, 1000.0, False))
    assert greeting.again_for("hello")
    assert greeting.again_for("")
    assert not greeting.again_for("what do you have")


def test_a_greeting_that_was_never_due_was_not_missed():
    assert not Greeting().again_for("hello")


def test_half_of_it_is_enough_and_twice_is_the_most():
    greeting = Greeting()
    greeting.asked()
    greeting.began("hello", 0.0)
    greeting.cut(Heard("hello", 500.0, 1000.0, False))
    assert not greeting.again_for("hello")
    greeting.asked()
    greeting.began("hello2", 0.0)
    greeting.cut(Heard("hello2", 1.0, 1000.0, False))
    assert not greeting.again_for("hello")
