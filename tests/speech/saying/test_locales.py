"""Language tags, and that every table is whole."""

import pytest

from offhook.speech.saying.locales import DE_DE, EN_GB, EN_US, ES_ES, FR_FR, locale_of


def test_tags():
    assert (locale_of("en").month_first, locale_of("en-AU").month_first) == (True, False)
    assert locale_of("en_gb").british and locale_of("EN-gb").region == "GB"
    assert locale_of("zh-Hans-CN").known is False and locale_of("").known is False
    assert locale_of("es-419").decimal == "." and locale_of("es-AR").decimal == ","
    assert locale_of("de-CH").decimal == "." and locale_of("de-AT").region == "AT"
    assert locale_of("fr-CA") is locale_of("fr-ca")


@pytest.mark.parametrize(
    "locale", [EN_US, EN_GB, DE_DE, FR_FR, ES_ES], ids=lambda each: f"{each.language}-{each.region}"
)
def test_a_locale_has_words_for_everything(locale):
    assert len(locale.months) == 12 and len(set(locale.weekdays_short.values())) == 7
    assert set(locale.money) == set(EN_US.money)
    assert set(EN_US.fractions) <= set(locale.fractions)
    for name in (
        "point",
        "minus",
        "plus",
        "times",
        "equals",
        "to",
        "percent",
        "at",
        "dot",
        "slash",
        "ampersand",
        "number",
        "code_words",
    ):
        assert getattr(locale, name)
