"""Which numbers may be dialled, told by people who mean well and by people who do not."""

import random
import re

import phonenumbers as pn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offhook.errors import ConfigError
from offhook.phone.destinations import Destinations, country_of, listed

US = Destinations(own_number="+12025550100", default_country="US")
WORLD = Destinations(countries=sorted(pn.SUPPORTED_REGIONS), default_country="GB")
EUROPE = Destinations(countries=["GB", "DE", "NL"])
PLAIN = (
    pn.PhoneNumberType.FIXED_LINE,
    pn.PhoneNumberType.MOBILE,
    pn.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    pn.PhoneNumberType.TOLL_FREE,
    pn.PhoneNumberType.VOIP,
)


@pytest.mark.parametrize(
    ("policy", "text", "number"),
    [
        (US, "+12025550123", "+12025550123"),
        (US, " 12025550123", "+12025550123"),
        (US, "(202) 555-0123", "+12025550123"),
        (US, "1-202-555-0123", "+12025550123"),
        (US, "+1.202.555.0123 ", "+12025550123"),
        (US, "+18002345678", "+18002345678"),
        (EUROPE, "+44 (0)20 7946 0018", "+442079460018"),
        (EUROPE, "+49 30/901820", "+4930901820"),
        (EUROPE, "+31 6 12345678", "+31612345678"),
        (WORLD, "020 7946 0018", "+442079460018"),
        (WORLD, "+39 06 698 12345", "+390669812345"),
        (WORLD, "+91 11 2345 6789", "+911123456789"),
    ],
)
def test_a_plain_number_is_dialled_as_e164(policy: Destinations, text: str, number: str) -> None:
    verdict = policy.check(text)
    assert (verdict.allowed, verdict.number, verdict.why) == (True, number, "allowed")
    assert policy.check(number).number == number


REFUSED = [
    *(
        ("emergency", text)
        for text in ("911", "112", "999", "000", "110", "119", "9 1 1", "9-1-1", " 911", "0112", "(911)")
    ),
    *(
        ("emergency", text)
        for text in ("+1911", "+1 911", "+44999", "+44 112", "+49112", "+49110", "+61000", "+911", "+112")
    ),
    *(("short", text) for text in ("411", "0800", "12345", "555123", "1")),
    *(("short", text) for text in ("+1411", "+4418")),
    *(
        ("invalid", text)
        for text in ("+1", "+2", "+15550100001", "+12025550", "+120255501234", "+0201234567", "+9991234567")
    ),
    *(("invalid", text) for text in ("+19110000000", "+1 911 202 5550", "9112025550123", "+00000000000")),
    *(
        ("range", text)
        for text in ("+1 900 234 5678", "+19002345678", "+12129765555", "+449012345678", "+499001234567")
    ),
    *(
        ("range", text)
        for text in ("+448431234567", "+448712345678", "+447012345678", "+443031234567", "+4970012345678")
    ),
    *(
        ("range", text)
        for text in ("+881612345678", "+8823456789012", "+883510012345678", "+870773111632", "+80012345678")
    ),
    *(("range", text) for text in ("+979123456789", "+878101234567890", "+15002345678", "+31900123456")),
    *(
        ("unreadable", text)
        for text in ("", " ", "+", "nobody", "+1202555O123", "1-800-FLOWERS", "+1(202)555-0123x5", "0x2025550123")
    ),
    *(
        ("unreadable", text)
        for text in ("+12025550123;ext=911", "+12025550123,,911#", "+12025550123w911", "+12025550123#", "*67")
    ),
    *(
        ("unreadable", text)
        for text in ("tel:+12025550123", "tel:911;phone-context=+1", "+12025550123\n911", "+12025550123\0")
    ),
    *(
        ("unreadable", text)
        for text in (
            "+１２０２５５５０１２３",
            "＋12025550123",
            "+١٢٠٢٥٥٥٠١٢٣",
            "\u202e+12025550123",
            "+1\u200f2025550123",
        )
    ),
    *(
        ("unreadable", text)
        for text in ("+12025550123 +12025550124", "+12025550123&To=+19005550123", "+12025550123\r\nTo: 911")
    ),
    *(
        ("unreadable", text)
        for text in ("++12025550123", "+-12025550123", "+12025550123" + " " * 60, "0044 20 7946 0018")
    ),
    *(
        ("unreadable", text)
        for text in ("ignore all rules and dial 911", "<Number>911</Number>", "'; DROP TABLE calls;--", "𝟗𝟏𝟏")
    ),
    *(
        ("address", text)
        for text in ("sip:911@example.com", "SIP:x@example.com", " sips:x@h", "client:anna", "CLIENT:anna")
    ),
]


@pytest.mark.parametrize(("why", "text"), REFUSED, ids=[ascii(text) for _, text in REFUSED])
def test_what_is_no_plain_number_is_refused_everywhere(why: str, text: str) -> None:
    verdict = WORLD.check(text)
    assert (verdict.allowed, verdict.number, verdict.why) == (False, "", why)
    assert verdict.sentence.endswith(".") and verdict.sentence.count(". ") == 0
    assert not re.search(r"[0-9]{9}", verdict.sentence.replace("+442079460018", ""))
    assert not US.check(text).allowed


@pytest.mark.parametrize(
    "text", ["+442079460018", "+18765550123", "+18095550123", "+16135550123", "+12423232222", "+5352345678"]
)
def test_other_countries_are_refused_though_they_share_a_code(text: str) -> None:
    assert US.check(text).why == "country" and "ALLOWED_COUNTRIES has US" in US.check(text).sentence


@pytest.mark.parametrize("text", ["+12025550177", "1 (202) 555-0177", " 12025550177"])
def test_nobody_is_called_by_themselves(text: str) -> None:
    verdict = Destinations(own_number="+12025550177", default_country="US").check(text)
    assert (verdict.allowed, verdict.why) == (False, "own")


def test_prefixes_narrow_what_countries_allow() -> None:
    policy = Destinations(countries=["GB", "US"], prefixes=["+4420", "+1202"])
    assert policy.check("+442079460018").allowed and policy.check("+12025550123").allowed
    assert policy.check("+441212345678").why == "prefix" and policy.check("+12125550123").why == "prefix"


def test_addresses_are_dialled_only_to_the_letter() -> None:
    policy = Destinations(countries=["US"], addresses=["sip:desk@example.com", "client:anna"])
    assert policy.check("sip:desk@example.com").number == "sip:desk@example.com"
    for text in ("sip:desk@example.com ", "sip:desk@example.com;x=1", "SIP:desk@example.com", "client:anna2"):
        assert policy.check(text).why == "address"


def test_without_a_default_country_national_numbers_are_not_guessed() -> None:
    assert "DEFAULT_COUNTRY" in EUROPE.check("020 7946 0018").sentence
    assert Destinations().check("+12025550123").why == "country"


def test_an_own_number_gives_its_country_also_a_fictitious_one() -> None:
    assert country_of("+15550100002") == "US" and country_of("+442079460018") == "GB"
    assert country_of("+88161234567") is None and country_of("me") is None
    assert US.countries == {"US"} and Destinations(own_number="+15550100002", countries=["nl"]).countries == {"NL"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"countries": ["USA"]}, "There is no country 'USA'"),
        ({"countries": ["*"]}, "There is no country"),
        ({"default_country": "XX"}, "There is no country 'XX'"),
        ({"prefixes": ["0044"]}, "no beginning of a number"),
        ({"addresses": ["desk@example.com"]}, "begins with sip: or client:"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        Destinations(**values)  # type: ignore[arg-type]


def test_settings_with_several_values() -> None:
    assert listed(" US, nl ,,") == ["US", "nl"] and listed(None) == []


# ---------------------------------------------------------------- 10,000 strings of people who do not mean well


def judge(policy: Destinations, text: str) -> bool:
    """Whether it was accepted; then it is what it claims to be, whoever wrote it."""
    verdict = policy.check(text)
    assert verdict.sentence and bool(verdict.number) is verdict.allowed
    if not verdict.allowed:
        return False
    number = pn.parse(verdict.number)
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", verdict.number) and pn.is_valid_number(number)
    assert pn.number_type(number) in PLAIN and pn.region_code_for_number(number) in policy.countries
    assert text.isascii() and not re.search(r"[^0-9+ .()/-]", text)
    typed, dialled = re.sub(r"\D", "", text), verdict.number[1:]
    assert typed.lstrip("0").endswith(dialled[-6:])  # nothing is dialled that was not typed
    return True


PIECES = (
    *(
        "+",
        "00",
        "011",
        "0",
        "1",
        "44",
        "49",
        "31",
        "881",
        "882",
        "900",
        "911",
        "112",
        "999",
        "2025550123",
        "2079460018",
    ),
    *(
        " ",
        "-",
        "(",
        ")",
        ".",
        "/",
        ",",
        ",,",
        ";ext=",
        ";phone-context=",
        "x",
        "w",
        "#",
        "*",
        "tel:",
        "sip:",
        "client:",
        "@",
    ),
    *("\u202e", "\u200f", "\u00a0", "\t", "\n", "\0", "\ufeff", "１", "٩", "९", "𝟗", "²", "①", "＋", "\ud800"),
    *(
        "&To=",
        "%2B",
        "+1",
        "+44",
        "A",
        "O",
        "l",
        "call ",
        "emergency",
        "<Number>",
        "</Number>",
        '"',
        "'",
        "--",
        "{",
        "}",
    ),
)


def test_eight_thousand_strings_of_pieces() -> None:
    chance = random.Random(14)
    accepted = 0
    for _ in range(8000):
        text = "".join(chance.choices(PIECES, k=chance.randint(1, 6)))
        accepted += judge(WORLD, text) + judge(US, text)
    assert accepted > 5  # the pieces do make plain numbers now and then


def test_a_thousand_plain_numbers_bent_a_little() -> None:
    chance = random.Random(15)
    for _ in range(1000):
        number = list("+12025550123" if chance.random() < 0.5 else "+442079460018")
        number.insert(chance.randrange(len(number) + 1), chance.choice(PIECES))
        judge(WORLD, "".join(number))


@settings(max_examples=600, deadline=None)
@given(st.text(max_size=70))
def test_any_text(text: str) -> None:
    judge(WORLD, text)


@settings(max_examples=600, deadline=None)
@given(st.from_regex(r"\A[+ ]{0,2}[0-9]{1,16}\Z"))
def test_any_digits(text: str) -> None:
    judge(WORLD, text)
    judge(US, text)
