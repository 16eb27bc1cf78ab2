from offhook.agent.realtime.unheard import Unheard


def unheard() -> Unheard:
    return Unheard(recent=100, before=20, most=400)


def said(store: Unheard, data: bytes) -> None:
    for at in range(0, len(data), 10):
        store.keep(data[at : at + 10])


def again(store: Unheard) -> tuple[bytes, bool]:
    told = bytearray()
    ended = store.say_again(lambda frame: told.extend(frame))
    return bytes(told), ended


def test_of_a_silent_caller_no_more_is_kept_than_a_dead_connection_may_have_taken():
    store = unheard()
    said(store, b"a" * 300 + b"b" * 100)
    assert store.size == 100
    assert again(store) == (b"b" * 100, False)


def test_a_turn_that_is_under_way_is_kept_whole_with_what_came_before_it_was_noticed():
    store = unheard()
    said(store, b"a" * 60 + b"b" * 20)
    store.turn_began()
    said(store, b"c" * 200)
    told, ended = again(store)
    assert told.endswith(b"b" * 20 + b"c" * 200) and not ended
    assert again(store) == (told, False), "it stays, should the next session be lost too"


def test_a_turn_is_kept_until_its_words_are_known_or_something_comes_of_it():
    for settle in (lambda store: store.written("t1"), Unheard.answered):
        store = unheard()
        store.turn_began()
        said(store, b"a" * 200)
        store.turn_ended("t1")
        said(store, b"b" * 150)
        assert again(store) == (b"a" * 200 + b"b" * 150, True)
        store = unheard()
        store.turn_began()
        said(store, b"a" * 200)
        store.turn_ended("t1")
        said(store, b"b" * 20)
        settle(store)
        assert again(store) == (b"b" * 20, False), "what was answered is not said again"


def test_a_turn_of_which_nothing_is_left_is_none():
    store = unheard()
    store.turn_ended("t1")
    assert again(store) == (b"", False)


def test_however_long_a_turn_is_what_is_kept_is_bounded():
    store = unheard()
    store.turn_began()
    said(store, b"a" * 5000)
    assert store.size == 400
