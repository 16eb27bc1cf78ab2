from offhook.core.keypad import HIDDEN, MOST, Keypad


def test_an_entry_ends_with_hash_or_with_the_last_key_that_is_wanted():
    keypad = Keypad()
    assert [keypad.press(key) for key in "12#"] == [False, False, True]
    assert keypad.take() == "12"
    keypad.wanted = 2
    assert [keypad.press(key) for key in "*0"] == [False, True]
    assert keypad.take() == "*0"
    assert keypad.take() == ""


def test_an_entry_is_not_endless():
    keypad = Keypad()
    assert [keypad.press("1") for _ in range(MOST)] == [False] * (MOST - 1) + [True]
    keypad.wanted = 1
    assert keypad.press("2"), "an entry that is longer already than what is wanted"


def test_a_secret_entry_is_told_hidden_and_the_next_is_none():
    keypad = Keypad()
    keypad.want(4, secret=True)
    assert [keypad.press(key) for key in "1234"] == [False, False, False, True]
    assert keypad.shown("4") == HIDDEN
    assert keypad.take() == HIDDEN * 4
    assert keypad.entered == "1234"
    assert not keypad.secret
    keypad.press("5")
    assert keypad.take() == keypad.entered == "5"
