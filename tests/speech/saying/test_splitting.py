"""Where an answer is cut into what is said piece by piece, and that it is cut alike however it arrives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.speech.saying.splitting import FIRST_CHARS, Splitter, split

CASES = [
    ("en-US", "Dr. Smith is in.| It costs $3.50.| Really?| Yes!"),
    ("en-US", "We open at 9 a.m. on Monday.| At 9 a.m.| We open.| At 9 a.m. Monday.| Ok."),
    ("en-US", 'He said "Yes."| Then (he left.)| "Really?"| Yes.'),
    ("en-US", '"Really?" he asked.| Fine.'),
    ("en-US", "He left... and came back.| Wait…| What?!| No… maybe."),
    ("en-US", "J. R. Smith is here.| The U.S. market.| In the U.S.| We do.| Call no. 5 now."),
    ("en-US", "See example.com.| Ask a.b@example.com now."),
    ("en-US", "Acme Inc. is big.| By Acme Inc.| The end."),
    ("en-US", "**Bold.**| Then *more.*| End."),
    ("en-US", "1. First thing.| Then.|\n2. Second thing\n|- Third\n|Done."),
    ("en-US", "# Menu\n|- One.| Two\n|\n```py\nprint(1). Foo\n\nx\n```\n|Done."),
    ("en-US", "Version 2.0.| It works.| The code is 5.| Fine."),
    ("de-DE", "Am 5. März um 9.| Danach z. B. Dr. Müller.| Der 1. Preis usw.| Und 3,50 €.| Im 3. Stock."),
    ("de-DE", "Mo. bis Fr. 9-17 Uhr.| Ca. 5 Min. bzw. mehr."),
    ("fr-FR", "Bonjour M. Dupont !| Comment allez-vous ?| « Bien. »| Oui."),
    ("es-ES", "¡Hola!| ¿Qué tal?| El Sr. García llega a las 9.| Luego no."),
    ("de-DE", "Wir sind in der Hauptstr. 5.| In der Hauptstr.| Dort ist Hr. Lee."),
    ("en-US", "It is at 5 p.m. EST.| Well… okay.| See p. 5.| Vitamin B. Then rest."),
    ("es-ES", "EE. UU. es grande.| Vive en la Avda. de la Paz, n.º 3.| Bien."),
    ("fr-FR", "M. et Mme Petit arrivent.| Le prix est de 3,50 €.| Merci !"),
    ("ja-JP", "こんにちは。|元気ですか？|はい！|「そうです。」|と言った。"),
    ("zh-CN", "你好！！|我们九点开门。|3.5元。"),
]


def pieces(marked):
    """The text of a case, and where it is to be cut."""
    return marked.replace("|", ""), marked.split("|")


@pytest.mark.parametrize("language, marked", CASES)
def test_sentences(language, marked):
    text, wanted = pieces(marked)
    assert split(text, language, first_chars=0) == wanted


@pytest.mark.parametrize(
    "text, first",
    [
        ("Sure, I can help you with that, but first I need more.", "Sure, I can help you with that,"),
        ("Certainly, we are open.", "Certainly,"),
        ("I can help you with this as soon as you tell me what it is about", "I can help you with this as soon as you tell"),
        ("We are open every single day until March 5 and then no more at all", "We are open every single day until March 5 and"),
        ("You have to pay a total of around about $5 million for all of these", "You have to pay a total of around about $5 million for"),
        ("The one who knows all about this is Missus Abigail Smith and nobody", "The one who knows all about this is Missus Abigail Smith"),
        ("You will find all about it [on our page, here](https://a.b) or below that", "You will find all about it [on our page, here](https://a.b)"),
        ("No.", "No."),
    ],
)  # fmt: skip
def test_the_first_piece_may_be_less_than_a_sentence(text, first):
    assert split(text, "en-US")[0] == first


def test_only_the_first_piece_is_so_short():
    text = "Yes. Well, " + "it is a long story, " * 5 + "and it ends here."
    assert len(split(text, "en-US")) == 2


def test_a_sentence_without_an_end_is_cut_all_the_same():
    assert max(map(len, split("and so on " * 200, "en-US"))) < 300


def test_a_piece_is_given_as_soon_as_it_is_certain():
    splitter = Splitter("en-US")
    assert splitter.feed("We are") == []
    assert splitter.feed(" closed.") == []  # ".com" may follow
    assert splitter.feed(" ") == ["We are closed."]
    assert splitter.feed("Ask Dr. ") == []
    assert splitter.feed("Lee! At 9 a.m. ") == [" Ask Dr. Lee!"]
    assert splitter.feed("We ") == [" At 9 a.m."]
    assert splitter.end() == [" We "]
    assert splitter.feed("Hello, caller") == [] and splitter.feed(" dear") == []
    assert splitter.end() == ["Hello, caller dear"]


def test_an_answer_after_another_is_a_first_one_again():
    splitter = Splitter("en-US")
    text = "Certainly, we are open."
    assert splitter.feed(text) + splitter.end() == splitter.feed(text) + splitter.end()


BITS = st.sampled_from(
    ["Dr. ", "a.m. ", "3.50", "…", "...", ". ", "! ", '"', "« ", " »", "\n", "```", "`", "- ", "1. ", "am 5. ", "März ", "und ", "We ", "word ",
     "longerword ", ", ", "。", "」", "(", ")", "**", "etc. ", "U.S. ", " ", "#", "~~~\n", "```\n"]
)  # fmt: skip
TEXT = st.one_of(st.text(max_size=60), st.lists(BITS, max_size=40).map("".join))


@given(
    TEXT,
    st.lists(st.integers(1, 9), max_size=60),
    st.sampled_from(["en-US", "de-DE", "fr-FR", "es-ES", "ja"]),
    st.sampled_from([0, FIRST_CHARS]),
)
def test_it_is_cut_alike_however_it_arrives(text, sizes, language, first_chars):
    whole = split(text, language, first_chars=first_chars)
    assert "".join(whole) == text and all(whole)
    splitter = Splitter(language, first_chars=first_chars)
    given_, at = [], 0
    for size in [*sizes, len(text)]:
        given_ += splitter.feed(text[at : at + size])
        at += size
    assert given_ + splitter.end() == whole


def test_a_slow_text_is_cut_where_it_stands_but_not_through_what_belongs_together():
    splitter = Splitter("en-US")
    assert splitter.feed("Well") == [] and splitter.hurry() == []
    assert splitter.feed(", it is on the ") == []
    assert splitter.hurry() == ["Well, it is on"]
    assert splitter.feed("5 ") == [] and splitter.hurry() == []
    assert splitter.feed("Dec") == [] and splitter.hurry() == []
    assert splitter.end() == [" the 5 Dec"]
    assert splitter.feed("```\nsome code is") == [] and splitter.hurry() == []
