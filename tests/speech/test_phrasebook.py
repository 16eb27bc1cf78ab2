"""What callers mean."""

from offhook.speech.phrasebook import Meaning, understand


def test_a_tail_that_wishes_something_outweighs_the_no_before_it() -> None:
    assert understand("no make it a large") == Meaning("change", {"size": "large"})
    assert understand("no thanks") == Meaning("no", {})
