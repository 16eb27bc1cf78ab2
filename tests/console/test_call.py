"""Real calls over real sockets, watched in a real browser."""

import asyncio
import os
import re
import subprocess
import sys
import threading

import httpx
import pytest

from offhook.sim.carrier import CarrierCall
from offhook.sim.orders import Setup
from offhook.sim.phone import place_call
from offhook.sim.signature import Account
from tests.console.desk import ROOT
from tests.server.running import ACCOUNT, KEY, running


def test_a_simulated_telephone_call_is_seen_while_it_is_on(page, tmp_path):
    with running(demo=True, try_it="hello", folder=tmp_path) as server:
        page.goto(server.origin)
        page.get_by_text("No calls yet").wait_for()
        setup = Setup(f"{server.origin}/incoming-call", Account(ACCOUNT, KEY.secret), hang_up_after_ms=2500.0)
        calling = threading.Thread(target=lambda: asyncio.run(place_call(CarrierCall(setup))))
        calling.start()
        try:
            page.locator(".standing .live", has_text="live").wait_for()
            page.locator(".standing", has_text=re.compile("completed")).wait_for()
        finally:
            calling.join(10)
        (call,) = httpx.get(f"{server.origin}/api/calls").json()["calls"]
        assert call["result"] == "completed"
        page.locator(f'.entry[href="/calls/{call["id"]}"]').wait_for()
        page.goto("about:blank")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_the_demo_takes_an_order_and_the_page_shows_what_is_kept(page, tmp_path):
    env = os.environ | {"OFFHOOK_DATA": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    offhook = [sys.executable, "-m", "offhook"]
    demo = subprocess.Popen([*offhook, "demo", "--port", "0"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        origin = re.search(r"http://\S+", demo.stdout.readline())[0]
        page.goto(origin)
        page.get_by_text("No calls yet").wait_for()
        said = ["can i get a large latte with some soy milk", "read me the menu", "thats all"]
        call = [*offhook, "sim", "call", "--url", f"{origin}/incoming-call", "--barge-in-at", "2500"]
        with subprocess.Popen(
            [*call, *(part for each in said for part in ("--say", each))], cwd=ROOT, env=env
        ) as calling:
            page.locator(".row.caller", has_text="large latte").wait_for(timeout=60_000)
            page.locator(".row.tool", has_text="add_to_order").wait_for()
            page.locator(".row.agent del").wait_for(timeout=60_000)
            assert calling.wait(90) == 0
        page.locator(".standing", has_text="completed").wait_for(timeout=20_000)
        (kept,) = httpx.get(f"{origin}/api/calls").json()["calls"]
        turns = httpx.get(f"{origin}/api/calls/{kept['id']}").json()["turns"]
        shown = [" ".join(text.split()) for text in page.locator(".row.caller p, .row.agent p").all_inner_texts()]
        assert len(shown) == len(turns)
        for text, turn in zip(shown, turns, strict=True):
            assert text.startswith(" ".join(turn["text"].split())), (text, turn)
    finally:
        page.goto("about:blank")
        demo.terminate()
        demo.wait(20)
        demo.stdout.close()
