from offhook.recording.mutes import Mutes


def test_a_stretch_of_one_side_is_silence_across_pieces():
    mutes = Mutes(b"_")
    mutes.add(3, 7, left=True, right=False)
    assert mutes.over(0, b"aaaaa", b"bbbbb") == (b"aaa__", b"bbbbb")
    assert mutes.over(5, b"aaaaa", b"bbbbb") == (b"__aaa", b"bbbbb")
    assert mutes.over(10, b"a", b"b") == (b"a", b"b")


def test_both_sides_are_silent_from_a_pause_to_its_end():
    mutes = Mutes(b"_")
    mutes.begin(2)
    mutes.begin(3)
    assert mutes.over(0, b"aaaa", b"bbbb") == (b"aa__", b"bb__")
    mutes.end(6)
    mutes.end(7)
    assert mutes.over(4, b"aaaa", b"bbbb") == (b"__aa", b"__bb")


def test_samples_of_two_bytes():
    mutes = Mutes(b"\0\0")
    mutes.add(1, 2, left=False, right=True)
    assert mutes.over(0, b"aabbcc", b"aabbcc") == (b"aabbcc", b"aa\0\0cc")


def test_what_is_over_is_forgotten():
    mutes = Mutes(b"_")
    for at in range(100):
        mutes.add(at, at + 1, left=True, right=True)
    mutes.over(0, b"a" * 200, b"b" * 200)
    assert mutes._mutes == []
