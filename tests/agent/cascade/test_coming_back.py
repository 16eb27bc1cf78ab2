"""What of a talk is answered, as the one who goes on with it finds it."""

import pytest

from offhook.agent.cascade.coming_back import Standing, plain, standing
from offhook.agent.conversation import Said


@pytest.mark.parametrize(
    ("last", "memory", "expected"),
    [
        (Said("assistant", "a1", "We open at nine."), {}, Standing("", "", False, None)),
        (Said("user", "t1", "When do you open?"), {}, Standing("when do you open", "", False, None)),
        (
            Said("user", "t1", "When do you open?"),
            {"answered": "hello when do you open", "responder": {"order": 1}},
            Standing("when do you open", "", True, {"order": 1}),
        ),
        (
            Said("user", "t1", "And on Sunday?"),
            {"answered": "when do you open"},
            Standing("and on sunday", "", False, None),
        ),
        (Said("user", "t1", "(keys 12)"), {"answered": ""}, Standing("keys 12", "12", False, None)),
        (Said("user", "t1", "(keys ••)"), {"answered": "keys"}, Standing("keys", "••", True, None)),
        (Said("user", "t1", "..."), {"answered": "", "responder": "?"}, Standing("", "", False, None)),
    ],
)
def test_where_a_talk_stands(last, memory, expected):
    assert standing(last, memory) == expected


def test_words_of_a_model_are_made_plain_for_a_grammar():
    assert plain("I'd like TWO teas, please!") == "i'd like two teas please"
