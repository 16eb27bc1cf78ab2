"""What calls and lists look like; whole answers are held against Twilio's schemas in test_exchange.py."""

import pytest

from offhook.sim.outbound import OutboundCall
from offhook.sim.rest_shapes import Number, call, date, number, page
from offhook.sim.signature import Account
from tests.sim import oai
from tests.sim.test_placing import place


def test_a_page_knows_its_neighbours() -> None:
    shown, around = page("calls", list(range(5)), "/Calls.json", {"To": "+1", "PageSize": "2", "Page": "1"})
    assert (shown, around["start"], around["end"], around["calls"]) == ([2, 3], 2, 3, [])
    assert around["next_page_uri"] == "/Calls.json?To=%2B1&PageSize=2&Page=2"
    assert around["previous_page_uri"] == "/Calls.json?To=%2B1&PageSize=2&Page=0"
    assert page("calls", [], "/Calls.json", {})[1]["next_page_uri"] is None


def test_dates_are_in_whole_seconds() -> None:
    assert date(1_795_165_249.9) == "Fri, 20 Nov 2026 09:00:49 +0000"


@pytest.mark.skipif(not oai.DOCUMENT.is_file(), reason=f"Twilio's OpenAPI document is not here ({oai.DOCUMENT})")
def test_calls_and_numbers_have_the_shape_of_twilios_document() -> None:
    made: OutboundCall = place()
    account = Account("AC" + "a" * 32, "t")
    made.setup.account, made.setup.call_sid = account, "CA" + "0" * 32
    assert oai.wrong("call", "GET", 200, call(made, "PN" + "0" * 32)) == []
    assert oai.wrong("number", "GET", 200, number(account, Number("+12025550100", "PN" + "0" * 32), 0)) == []
    assert oai.wrong("call", "GET", 200, {**call(made, None), "status": "initiated", "more": 1}) != []
