"""The demo's telephones: that the book has those that the page names, and that they can be called."""

import asyncio

import httpx
import pytest

from offhook.cli.telephones import BOOK, TELEPHONES, telephones
from offhook.sim.book import parse
from offhook.sim.script import parse as parse_script

SID, TOKEN = "AC" + "c" * 32, "t0ken"


def test_the_page_names_the_telephones_of_the_book():
    book = parse(BOOK.read_text(), BOOK.name)
    assert TELEPHONES.keys() == book.entries.keys()
    for entry in book.entries.values():
        if entry.script:
            path = BOOK.parent / entry.script
            parse_script(path.read_text(), path.name)


def test_somebody_is_called_though_the_voices_are_still_being_made():
    async def call() -> None:
        async with telephones(SID, TOKEN) as lines:
            account = f"{lines.base_url}/2010-04-01/Accounts/{SID}"
            fields = {"To": "+12025550102", "From": lines.number, "Url": "http://127.0.0.1:9/x"}
            async with httpx.AsyncClient(auth=(SID, TOKEN), trust_env=False, timeout=15) as client:
                made = await client.post(f"{account}/Calls.json", data=fields)
                assert made.status_code == 201, made.text
                path = f"{account}/Calls/{made.json()['sid']}.json"
                while (await client.get(path)).json()["status"] != "busy":
                    await asyncio.sleep(0.02)
        with pytest.raises(httpx.ConnectError):
            httpx.get(lines.base_url, trust_env=False)

    asyncio.run(asyncio.wait_for(call(), 15))
