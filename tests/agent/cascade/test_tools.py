"""Tools that take long, in a call with an agent of parts: a word to wait, and what becomes of them when the caller hangs up."""

import asyncio
import importlib.util
from contextlib import asynccontextmanager

import pytest

from offhook import Agent, tool, webhook
from offhook.core import events as e
from offhook.speech.base import ToolUse
from tests.agent.cascade.parts import Script, Tones, Visit, Words, visit
from tests.agent.remote.test_webhook import BOOK, Shop, served


@pytest.mark.parametrize(("finish", "ends"), [(False, ["cancelled"]), (True, ["done"])])
def test_who_hangs_up_cancels_a_tool_unless_it_is_to_finish(finish, ends):
    came = []

    @tool(finish=finish)
    async def book() -> str:
        """Books."""
        try:
            await asyncio.sleep(5)
            came.append("done")
            return "booked"
        except asyncio.CancelledError:
            came.append("cancelled")
            raise

    async def scenario(it):
        await it.speaks()
        await it.hears(3500)
        assert came == [] and it.turns()[-1] == "One moment, please.", "they are told to wait"
        it.call.report(e.CarrierEnded("completed"))
        await asyncio.sleep(6)
        assert came == ends

    visit(scenario, [ToolUse("1", "book", "{}")], "Booked.", texts=["A table for two."], tools=[book])


@asynccontextmanager
async def on_the_real_clock(tools, use):
    """A call whose caller has asked for something that takes long, and was told to wait."""
    agent = Agent("You are a test.", model="cascade", greeting="", tools=tools)
    it = Visit(Script([use], "That is done."), Tones(), Words("A table for two."), agent)
    it.call.start()
    await asyncio.sleep(0)
    it.call.join(it.leg)
    await it.hears(300)
    await it.speaks()
    await it.hears(4000)
    assert it.turns() == ["One moment, please."], "a word to wait"
    yield it
    if not it.call.ended:
        it.call.report(e.CarrierEnded("completed"))
    await it.call.closed()


@pytest.mark.soak
@pytest.mark.timeout(60)
@pytest.mark.parametrize("leaves", [False, True])
def test_a_webhook_that_takes_long(leaves):
    gone = asyncio.Event()

    async def slowly(receive, send, shop):
        left = asyncio.ensure_future(receive())
        done, _ = await asyncio.wait((left,), timeout=6)
        left.cancel()
        if done:
            return gone.set()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"booked"})

    async def whole():
        async with served(Shop(slowly)) as port:
            book = webhook(
                "book", f"http://127.0.0.1:{port}/", parameters=BOOK, description="Books.", allow_private=True
            )
            async with on_the_real_clock([book], ToolUse("1", "book", '{"people": 2}')) as it:
                if leaves:
                    it.call.report(e.CarrierEnded("completed"))
                    await asyncio.wait_for(gone.wait(), 2)
                else:
                    await it.hears(6000)
                    assert it.turns()[-1] == "That is done." and it.model.told[1][-1].text == "booked"
            await book.close()

    asyncio.run(whole())


@pytest.mark.soak
@pytest.mark.timeout(60)
@pytest.mark.skipif(not importlib.util.find_spec("mcp"), reason="MCP is not installed: pip install 'offhook[mcp]'")
def test_an_mcp_tool_that_takes_for_ever_ends_with_the_call(tmp_path):
    from tests.agent.remote.test_mcp_server import program, ready

    async def whole():
        shop, note = program(only=["hang"], timeout=30), tmp_path / "note"
        await ready(shop)
        use = ToolUse("1", "hang", f'{{"note": "{note}"}}')
        async with on_the_real_clock([shop], use) as it:
            assert note.read_text() == "began"
            it.call.report(e.CarrierEnded("completed"))
            await asyncio.wait_for(it.call.closed(), 2)
        await shop.close()

    asyncio.run(whole())
