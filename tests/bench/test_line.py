from offhook.bench.carrier import Cut
from offhook.bench.line import frames_of, judge
from offhook.bench.measured import Interruption
from offhook.bench.model import item_name


def told(**items):
    return {item_name(5, int(name[1:])): ms for name, ms in items.items()}


def test_the_item_that_played_is_the_first_that_was_cut():
    cut = Cut(10.5, {3: 640.0, 4: 0.0})
    assert judge(5, told(i3=600, i4=0), cut, 2, 10.25) == Interruption(2, 640.0, 600, False, 250.0)


def test_an_item_that_waited_and_is_told_as_heard_is_wrong():
    found = judge(5, told(i4=700), Cut(1.0, {3: 640.0, 4: 0.0}), 2, 1.0)
    assert found.told_ms is None and found.others_told and not found.right


def test_nothing_cleared_and_nothing_to_clear_are_no_truncation():
    assert judge(5, told(i3=1), None, 1, 1.0) == Interruption(1, None, None, False, None)
    assert judge(5, told(i3=1), Cut(1.0, {}), 1, 1.0) == Interruption(1, None, None, False, 0.0)


def test_fifty_frames_a_second():
    assert frames_of(2.5) == 125
