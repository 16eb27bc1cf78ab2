from offhook.core.keeping import Keeping, keeping_of


def test_a_leg_that_says_nothing_of_it_keeps_nothing():
    assert keeping_of(object()) == Keeping(record=False, redact=frozenset())


def test_a_leg_says_what_is_kept():
    class Leg:
        keeping = Keeping(record=True)

    assert keeping_of(Leg()) is Leg.keeping
