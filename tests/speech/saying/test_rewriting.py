"""A text that is rewritten in steps, and where each step's words come from."""

import re

from hypothesis import given
from hypothesis import strategies as st

from offhook.speech.saying.rewriting import Rewriting


def test_positions_go_there_and_back():
    text = Rewriting("pay $5 now")
    text.each(re.compile(r"\$5"), lambda _: "five dollars")
    assert text.text == "pay five dollars now"
    assert [text.written(at) for at in (0, 3, 4, 8, 15, 16, 17)] == [0, 3, 4, 4, 4, 6, 7]
    assert [text.said(at) for at in (0, 4, 5, 6, 10)] == [0, 4, 16, 16, 20]


def test_a_second_step_knows_the_first():
    text = Rewriting("a **b** c")
    text.each(re.compile(r"\*\*"), lambda _: "")
    text.each(re.compile(r"b c"), lambda _: "dd")
    assert text.text == "a dd"
    assert [text.written(at) for at in range(5)] == [0, 1, 2, 4, 9]


def test_what_is_left_alone_stays_exact():
    text = Rewriting("abc")
    text.each(re.compile("b"), lambda _: None)
    text.each(re.compile("abc"), lambda m: m[0])
    assert [text.written(at) for at in range(4)] == [0, 1, 2, 3]


@given(
    st.text("ab ", max_size=20),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "ab", " +", "aa"]), st.sampled_from(["", "x", "a", "bb "])), max_size=4
    ),
)
def test_positions_never_go_back_and_all_said_is_all_written(original, steps):
    text = Rewriting(original)
    for pattern, new in steps:
        text.each(re.compile(pattern), lambda _, new=new: new)
    back = [text.written(at) for at in range(len(text.text) + 1)]
    assert back == sorted(back)
    assert not text.text or back[-1] == len(original)
