"""Numbers in words. The expected ones are from grammars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.speech.saying.numerals import MOST, cardinal, ordinal


@pytest.mark.parametrize(
    "n, language, words",
    [
        (0, "en", "zero"), (13, "en", "thirteen"), (40, "en", "forty"), (101, "en", "one hundred one"),
        (21_021, "en", "twenty-one thousand twenty-one"), (10**6, "en", "one million"),
        (1, "de", "eins"), (16, "de", "sechzehn"), (21, "de", "einundzwanzig"), (101, "de", "einhunderteins"),
        (1101, "de", "eintausendeinhunderteins"), (201_000, "de", "zweihunderteintausend"),
        (1_000_001, "de", "eine Million eins"), (2 * 10**9, "de", "zwei Milliarden"),
        (21, "fr", "vingt et un"), (71, "fr", "soixante et onze"), (80, "fr", "quatre-vingts"),
        (81, "fr", "quatre-vingt-un"), (99, "fr", "quatre-vingt-dix-neuf"), (200, "fr", "deux cents"),
        (201, "fr", "deux cent un"), (1000, "fr", "mille"), (80_000, "fr", "quatre-vingt mille"),
        (200_000_000, "fr", "deux cents millions"),
        (16, "es", "dieciséis"), (22, "es", "veintidós"), (31, "es", "treinta y uno"), (100, "es", "cien"),
        (101, "es", "ciento uno"), (500, "es", "quinientos"), (1000, "es", "mil"), (21_000, "es", "veintiún mil"),
        (10**9, "es", "mil millones"), (10**6, "es", "un millón"),
    ],
)  # fmt: skip
def test_cardinals(n, language, words):
    assert cardinal(n, language) == words


def test_what_is_counted_changes_the_number():
    assert cardinal(101, "en", british=True) == "one hundred and one"
    assert cardinal(1_000_001, "en", british=True) == "one million and one"
    assert [cardinal(1, "de", gender) for gender in ("m", "n", "f")] == ["ein", "ein", "eine"]
    assert cardinal(21, "de", "f") == "einundzwanzig"
    assert [cardinal(21, "fr", gender) for gender in ("m", "f")] == ["vingt et un", "vingt et une"]
    assert [cardinal(21, "es", gender) for gender in ("m", "f")] == ["veintiún", "veintiuna"]
    assert [cardinal(531, "es", gender) for gender in ("m", "f")] == [
        "quinientos treinta y un",
        "quinientas treinta y una",
    ]
    assert cardinal(200_200, "es", "f") == "doscientas mil doscientas"


@pytest.mark.parametrize(
    "n, language, ending, words",
    [
        (1, "en", "", "first"), (12, "en", "", "twelfth"), (20, "en", "", "twentieth"), (23, "en", "", "twenty-third"),
        (100, "en", "", "one hundredth"), (1, "de", "e", "erste"), (3, "de", "en", "dritten"), (7, "de", "er", "siebter"),
        (8, "de", "es", "achtes"), (19, "de", "e", "neunzehnte"), (20, "de", "e", "zwanzigste"),
        (101, "de", "e", "einhunderterste"), (111, "de", "e", "einhundertelfte"),
        (1, "fr", "f", "première"), (5, "fr", "", "cinquième"), (9, "fr", "", "neuvième"), (21, "fr", "", "vingt et unième"),
        (80, "fr", "", "quatre-vingtième"), (4, "fr", "", "quatrième"),
        (1, "es", "", "primero"), (2, "es", "f", "segunda"), (13, "es", "f", "decimotercera"), (21, "es", "f", "vigésima primera"),
    ],
)  # fmt: skip
def test_ordinals(n, language, ending, words):
    assert ordinal(n, language, ending) == words


def test_what_has_no_words_is_refused():
    for n, language in ((-1, "en"), (MOST, "de"), (1, "ja")):
        with pytest.raises(ValueError):
            cardinal(n, language)
    for n, language in ((0, "en"), (100, "es"), (1, "")):
        with pytest.raises(ValueError):
            ordinal(n, language)


@given(st.integers(0, MOST - 1), st.integers(0, MOST - 1), st.sampled_from(["en", "de", "fr", "es"]))
def test_no_two_numbers_have_the_same_words(one, other, language):
    assert one == other or cardinal(one, language) != cardinal(other, language)
