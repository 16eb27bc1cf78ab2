from offhook.parts.keys import Keys


def test_keys_are_never_shown():
    shown = repr(Keys("a-key", "http://x", "b-key", "c-key"))
    assert "-key" not in shown and "http://x" in shown
