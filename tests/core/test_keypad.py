from offhook.core.keypad import Keypad


def test_an_entry_ends_with_hash_or_with_the_last_key_that_is_wanted():
    keypad = Keypad()
    assert [keypad.press(key) for key in "12#"] == [False, False, True]
    assert keypad.take() == "12"
    keypad.wanted = 2
    assert [keypad.press(key) for key in "*0"] == [False, True]
    assert keypad.take() == "*0"
    assert keypad.take() == ""
