"""Which numbers may be dialled, by whatever road a wish to dial comes: one policy, one answer. Pure.

What is accepted is a plain, possible number of an allowed country, as E.164. What costs by surprise (premium rate, shared cost,
satellite), what is not a person's telephone (personal and universal numbers, pagers), emergency and short numbers are refused
whatever the settings say, and so is every text that has more in it than a number. Source of the ranges: libphonenumber.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import phonenumbers as pn

from offhook.errors import ConfigError

Why = Literal["allowed", "unreadable", "emergency", "short", "invalid", "range", "country", "prefix", "address", "own"]

LONGEST_TEXT = 64
LONGEST_SHORT = 6
"""So few digits are no whole number anywhere that a country code goes before."""
NOT_A_COUNTRY = pn.REGION_CODE_FOR_NON_GEO_ENTITY
_WRITTEN = re.compile(r"\+?[0-9(][0-9 .()/-]*")
"""How people write numbers; nothing else gets as far as the library, which forgives much."""
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ADDRESS = re.compile(r"(sips?|client):", re.IGNORECASE)
_PLAIN_TYPES = (
    pn.PhoneNumberType.FIXED_LINE,
    pn.PhoneNumberType.MOBILE,
    pn.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    pn.PhoneNumberType.TOLL_FREE,
    pn.PhoneNumberType.VOIP,
)
_TYPE_NAMES = {
    pn.PhoneNumberType.PREMIUM_RATE: "premium-rate numbers",
    pn.PhoneNumberType.SHARED_COST: "shared-cost numbers",
    pn.PhoneNumberType.PERSONAL_NUMBER: "personal numbers that follow a person at any price",
    pn.PhoneNumberType.PAGER: "pagers",
    pn.PhoneNumberType.UAN: "company-wide access numbers",
    pn.PhoneNumberType.VOICEMAIL: "voicemail access numbers",
}
_NORTH_AMERICAN_PREMIUM = re.compile(r"\+1(900[0-9]{7}|[0-9]{3}976[0-9]{4})")
"""976 exchanges charge in every area code, though the library has them as plain."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `number` is what to dial: E.164, or a listed address; empty if refused. The sentence names no number."""

    allowed: bool
    why: Why
    sentence: str
    number: str = ""
    country: str = ""
    """ISO 3166, of an allowed number."""


def _no(why: Why, sentence: str) -> Verdict:
    return Verdict(False, why, sentence)


_EMERGENCY = _no(
    "emergency", "Emergency numbers are never dialled: whoever needs help must call them from a telephone."
)
_SHORT = _no("short", "Short numbers are not dialled: give the whole number with + and country code.")
_UNREADABLE = _no("unreadable", "That is no telephone number: write + and digits, such as +442079460018.")
_INVALID = _no("invalid", "There is no such number: write +, the country code and the whole number.")


class Destinations:
    """The policy of one configuration.

    `countries`: ISO codes; empty: that of `own_number`. `prefixes`: beginnings of E.164 numbers, of which one must fit; empty:
    all of the countries. `addresses`: `sip:` and `client:` addresses that may be dialled, to the letter. `default_country`:
    whose national numbers are understood; None: only international ones are. Raises ConfigError.
    """

    def __init__(
        self,
        *,
        own_number: str | None = None,
        countries: Collection[str] = (),
        prefixes: Collection[str] = (),
        addresses: Collection[str] = (),
        default_country: str | None = None,
    ) -> None:
        self._own_number = own_number
        own = country_of(own_number) if own_number else None
        self.countries = frozenset(each.upper() for each in countries) or frozenset({own} if own else ())
        for each in [*self.countries, *([default_country.upper()] if default_country else [])]:
            if each not in pn.SUPPORTED_REGIONS:
                raise ConfigError(f"There is no country {each!r}: write two letters, such as US or NL.")
        for each in prefixes:
            if not re.fullmatch(r"\+[1-9][0-9]{0,14}", each):
                raise ConfigError(f"{each!r} is no beginning of a number: write + and digits, such as +4420.")
        for each in addresses:
            if not _ADDRESS.match(each):
                raise ConfigError(f"{each!r} is no address: it begins with sip: or client:.")
        self.prefixes = tuple(sorted(prefixes))
        self.addresses = frozenset(addresses)
        self.default_country = default_country.upper() if default_country else None

    def check(self, text: str) -> Verdict:
        """Whether that may be dialled. A leading space is a + that a URL lost."""
        if text in self.addresses:
            return Verdict(True, "allowed", "That address is listed.", text)
        if _ADDRESS.match(text.strip()):
            return _no("address", "SIP and client addresses are dialled only if ALLOWED_ADDRESSES lists them.")
        written = _written(text)
        if written is None:
            return _UNREADABLE
        digits = re.sub(r"\D", "", written)
        if not written.startswith("+"):
            if len(digits) <= LONGEST_SHORT:
                return _EMERGENCY if _is_emergency(digits) else _SHORT
            if self.default_country is None:
                return _no("unreadable", "Give the number with + and country code: no DEFAULT_COUNTRY is set.")
        return self._check_number(written)

    def _check_number(self, written: str) -> Verdict:
        try:
            number = pn.parse(written, self.default_country, keep_raw_input=True)
        except pn.NumberParseException:
            digits = re.sub(r"\D", "", written)
            return _EMERGENCY if _is_emergency(digits) else _INVALID
        national = pn.national_significant_number(number)
        regions = pn.region_codes_for_country_code(number.country_code or 0)
        if _is_emergency(national, regions) or _is_emergency(re.sub(r"\D", "", written)):
            return _EMERGENCY
        if number.country_code_source == pn.CountryCodeSource.FROM_NUMBER_WITH_IDD:
            return _no("unreadable", "Write + in place of the digits that are dialled for another country.")
        if NOT_A_COUNTRY in regions:
            return _no("range", "Satellite and international networks (+800, +87x, +88x, +979) are never dialled.")
        if len(national) <= 3:
            return _SHORT
        dialled = pn.format_number(number, pn.PhoneNumberFormat.E164)
        if not pn.is_valid_number(number) or not _E164.fullmatch(dialled):
            return _INVALID
        return self._check_plan(number, dialled)

    def _check_plan(self, number: pn.PhoneNumber, dialled: str) -> Verdict:
        kind, country = pn.number_type(number), pn.region_code_for_number(number)
        if kind not in _PLAIN_TYPES or _NORTH_AMERICAN_PREMIUM.fullmatch(dialled):
            premium = _TYPE_NAMES.get(kind, "premium-rate numbers" if kind in _PLAIN_TYPES else "special numbers")
            return _no("range", f"{premium[0].upper()}{premium[1:]} are never dialled.")
        if dialled == self._own_number:
            return _no("own", "That is the number that calls are made from: it would call itself.")
        if country not in self.countries:
            allowed = ", ".join(sorted(self.countries)) or "none"
            return _no("country", f"Numbers of {country} are not dialled: ALLOWED_COUNTRIES has {allowed}.")
        if self.prefixes and not dialled.startswith(self.prefixes):
            return _no("prefix", "The number begins with none of ALLOWED_PREFIXES.")
        return Verdict(True, "allowed", f"A number of {country}, which may be dialled.", dialled, str(country))


def country_of(number: str) -> str | None:
    """The country of an own number, also of a fictitious one; None if it has none. ISO 3166."""
    try:
        parsed = pn.parse(number)
    except pn.NumberParseException:
        return None
    region = pn.region_code_for_number(parsed) or pn.region_code_for_country_code(parsed.country_code or 0)
    return None if region in (NOT_A_COUNTRY, pn.UNKNOWN_REGION) else str(region)


def listed(text: str | None) -> Sequence[str]:
    """A setting with several values, separated by commas."""
    return [each.strip() for each in (text or "").split(",") if each.strip()]


def _written(text: str) -> str | None:
    """A number as people write it, or None for anything else."""
    if len(text) > LONGEST_TEXT:
        return None
    body = text.strip(" ")
    if text.startswith(" ") and not body.startswith("+"):
        body = "+" + body
    return body if _WRITTEN.fullmatch(body) else None


def _is_emergency(digits: str, regions: Iterable[str] = pn.SUPPORTED_SHORT_REGIONS) -> bool:
    """Whether that is an emergency number in one of these regions."""
    if len(digits) > LONGEST_SHORT:
        return False
    return any(pn.is_emergency_number(each, region) for each in (digits, digits.lstrip("0")) for region in regions)
