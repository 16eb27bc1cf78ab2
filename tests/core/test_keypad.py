from offhook.core.deadlines import Deadlines
from offhook.core.keypad import BETWEEN_MS, HIDDEN, MOST, SECRET_MS, Keypad, Tones


class Keys:
    """A keypad, and the entries that came of it."""

    def __init__(self):
        self.entries, self.deadlines = [], Deadlines()
        self.keypad = Keypad(self.deadlines, lambda entered, _now: self.entries.append(entered))

    def press(self, keys, now=0.0):
        for key in keys:
            self.keypad.press(key, now)
        return self.entries


def test_an_entry_ends_with_hash_or_with_the_last_key_that_is_wanted():
    keys = Keys()
    assert keys.press("12") == [] and keys.keypad.pressed == "12"
    assert keys.press("#") == ["12"] and keys.keypad.pressed == ""
    keys.keypad.wanted = 2
    assert keys.press("*0#") == ["12", "*0", ""]
    assert keys.deadlines.next() is None


def test_an_entry_is_over_when_no_further_key_comes():
    keys = Keys()
    keys.press("1")
    keys.press("2", 1000.0)
    assert keys.deadlines.next() == 1000.0 + BETWEEN_MS
    for action in keys.deadlines.due(1000.0 + BETWEEN_MS):
        action(1000.0 + BETWEEN_MS)
    assert keys.entries == ["12"]


def test_an_entry_is_not_endless():
    keys = Keys()
    assert keys.press("1" * (MOST - 1)) == []
    assert keys.press("1") == ["1" * MOST]
    keys.press("1")
    keys.keypad.wanted = 1
    assert keys.press("2")[-1] == "12", "an entry that is longer already than what is wanted"


def test_tones_cover_what_lies_around_keys_that_follow_each_other():
    tones = Tones()
    assert not tones.cover(0, 0), "no key was pressed"
    for at in (1000, 1300, 2200):
        tones.pressed(at)
    assert tones.cover(700, 900) and tones.cover(1400, 2500) and tones.cover(700, 2500)
    assert not tones.cover(699, 900) and not tones.cover(1000, 2501)
    tones.pressed(9000)
    assert not tones.cover(1000, 1100) and tones.cover(8700, 9300)


def test_a_secret_entry_is_told_hidden_and_the_next_is_none():
    keys = Keys()
    keys.keypad.want(4, True, 0.0)
    assert keys.keypad.shown("4") == HIDDEN
    assert keys.press("1234") == [HIDDEN * 4]
    assert keys.keypad.entered == "1234" and not keys.keypad.secret
    assert keys.press("5#")[-1] == keys.keypad.entered == "5"


def test_a_secret_that_does_not_begin_is_not_awaited_for_ever():
    keys = Keys()
    keys.keypad.want(4, True, 0.0)
    (over,) = keys.deadlines.due(SECRET_MS)
    over(SECRET_MS)
    assert not keys.keypad.secret
