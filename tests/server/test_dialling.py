"""From settings to what a call to somebody needs."""

import asyncio
import re

import httpx
import pytest

from offhook.errors import CarrierError, ConfigError, ToolError
from offhook.server.dialling import allowance, destinations, dialable, twilio_rest
from offhook.settings import Settings


def settings(**told: object) -> Settings:
    return Settings(_env_file=None, **told)  # type: ignore[call-arg, arg-type]


def test_the_country_of_the_own_number_may_be_called() -> None:
    policy = destinations(settings(twilio_phone_number="+442079460018"))
    assert policy.countries == {"GB"} and policy.check("+447400123456").allowed
    assert not policy.check("07400 123456").allowed


def test_every_setting_reaches_the_policy() -> None:
    policy = destinations(
        settings(
            allowed_countries="us, gb",
            allowed_prefixes="+1202, +44",
            allowed_addresses="client:anna",
            default_country="US",
        )
    )
    assert policy.check("(202) 555-0123").number == "+12025550123" and policy.check("client:anna").allowed
    assert not policy.check("+12125550123").allowed
    with pytest.raises(ConfigError, match="no country"):
        destinations(settings(allowed_countries="Holland"))


def test_every_setting_reaches_the_allowance() -> None:
    limits = allowance(settings(calls_per_minute=1, max_cost_per_day=2.0))
    assert limits.admit("a", 0, 1.0).allowed and not limits.admit("a", 1, 0.0).allowed
    assert not limits.admit("b", 2, 1.5).allowed


def test_the_rest_interface_is_where_the_settings_say() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(401, json={})

    async def main() -> None:
        told = settings(twilio_api_base_url="http://127.0.0.1:9030")
        rest = twilio_rest(told, "AC1", "t", transport=httpx.MockTransport(answer))
        with pytest.raises(CarrierError):
            await rest.numbers()
        await rest.close()

    asyncio.run(main())
    assert re.match("http://127.0.0.1:9030/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json", asked[0])


def test_a_caller_is_put_through_where_the_policy_allows_it_and_told_why_not() -> None:
    number = dialable(destinations(settings(allowed_countries="US", allowed_addresses="sip:desk@example.com")))
    assert number("+1 (202) 555-0101") == "+12025550101"
    assert number("sip:desk@example.com") == "sip:desk@example.com"
    for refused in ("+19005550100", "911", "+442079460018", "sip:other@example.com"):
        with pytest.raises(ToolError):
            number(refused)
