"""Tools of real MCP servers, each a process: beside us, and by HTTP; and what it costs when one is gone."""

import asyncio
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from offhook import Agent, ConfigError, ToolError, mcp_server, tool
from offhook.agent.roster import Roster
from tests.agent.test_tools import Line
from tests.polling import wait_for

if not importlib.util.find_spec("mcp"):
    pytest.skip("MCP is not installed: pip install 'offhook[mcp]'", allow_module_level=True)

SHOP = str(Path(__file__).parent / "mcp_shop.py")
PATH = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def program(**options):
    return mcp_server([sys.executable, SHOP], env=PATH, **options)


async def ready(server):
    """Its tools by name, however long the machine takes."""
    await server.start()
    await asyncio.to_thread(wait_for, lambda: server.tools, 15.0)
    return {each.name: each for each in server.tools}


async def process_of(tools):
    return json.loads(await tools["who_is"].run("{}", Line()))["pid"]


def talk(scenario, server):
    async def whole():
        try:
            return await scenario(await ready(server))
        finally:
            await server.close()

    return asyncio.run(whole())


@contextmanager
def by_http(port):
    """A server that can be reached there, until the block ends."""
    running = subprocess.Popen([sys.executable, SHOP, str(port)], env=os.environ | PATH, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(port), 15.0)
        yield running
    finally:
        running.kill()
        running.wait()


def listens(port):
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_tools_are_listed_and_run():
    async def scenario(tools):
        assert list(tools) == ["price", "refuse", "who_is", "hang", "die"]
        price = tools["price"]
        assert price.description == "What a drink costs.\n\nThe size is in cups."
        assert price.schema["required"] == ["drink"] and price.schema["properties"]["size"]["default"] == 1
        assert await price.run('{"drink": "tea", "size": 2}', Line()) == "tea 8 dollars"
        for arguments, told in (("{}", "drink"), ("[]", "should be an object"), ("{", "Invalid JSON")):
            with pytest.raises(ToolError, match=told):
                await price.run(arguments, Line())
        with pytest.raises(ToolError, match="refuse"):
            await tools["refuse"].run("{}", Line())
        assert await process_of(tools) != os.getpid()

    talk(scenario, program())


def test_only_some_under_other_names():
    async def scenario(tools):
        assert [(each.name, each.timeout, each.finish) for each in tools.values()] == [("shop_price", 7, True)]
        assert await tools["shop_price"].run('{"drink": "tea"}', Line()) == "tea 4 dollars"

    talk(scenario, program(only=["price"], prefix="shop_", timeout=7, finish=True))


def test_a_server_that_dies_costs_that_use_and_is_started_again(caplog):
    async def scenario(tools):
        was = await process_of(tools)
        with pytest.raises(ToolError, match=r"^die failed\.$"):
            await tools["die"].run("{}", Line())
        assert await process_of(tools) != was  # waits for the new one
        assert "is lost" in caplog.text

    talk(scenario, program())


def test_one_that_dies_unused_is_started_before_it_is_used():
    server = program()

    async def scenario(tools):
        was = await process_of(tools)
        os.kill(was, signal.SIGKILL)
        await asyncio.to_thread(wait_for, lambda: server._client is None)
        assert await process_of(tools) != was

    talk(scenario, server)


def test_a_tool_that_hangs_is_given_up_and_the_others_go_on(tmp_path):
    async def scenario(tools):
        tools["hang"].timeout = 0.5
        with pytest.raises(ToolError, match=r"^hang took too long\.$"):
            await tools["hang"].run(json.dumps({"note": str(tmp_path / "note")}), Line())
        assert await tools["price"].run('{"drink": "tea"}', Line()) == "tea 4 dollars"

    talk(scenario, program())


def test_a_use_that_is_cancelled_ends_at_once(tmp_path):
    async def scenario(tools):
        note = tmp_path / "note"
        using = asyncio.create_task(tools["hang"].run(json.dumps({"note": str(note)}), Line()))
        await asyncio.to_thread(wait_for, note.exists)
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using

    talk(scenario, program())


def test_the_program_ends_with_us():
    pids = []

    async def scenario(tools):
        pids.append(await process_of(tools))

    talk(scenario, program())
    wait_for(lambda: not Path(f"/proc/{pids[0]}").exists())


def test_a_closed_one_is_opened_again_by_who_uses_it():
    async def scenario():
        server = program()
        tools = await ready(server)
        await server.close()
        await server.close()
        assert await tools["price"].run('{"drink": "tea"}', Line()) == "tea 4 dollars"
        await server.close()

    asyncio.run(scenario())


def test_by_http_and_a_restart(caplog):
    port = free_port()

    async def scenario():
        server = mcp_server(url=f"http://127.0.0.1:{port}/mcp?key=hidden", headers={"X-Key": "hidden"})
        with by_http(port):
            tools = await ready(server)
            was = await process_of(tools)
        with pytest.raises(ToolError):
            await tools["price"].run('{"drink": "tea"}', Line())
        with by_http(port):
            await asyncio.to_thread(wait_for, lambda: server._client is not None, 10.0)
            assert await process_of(tools) != was
        await server.close()

    asyncio.run(scenario())
    assert "hidden" not in "".join(each.getMessage() for each in caplog.records if each.name.startswith("offhook"))


def test_one_that_is_not_there_holds_nothing_up_and_comes_later():
    port = free_port()

    async def scenario():
        server = mcp_server(url=f"http://127.0.0.1:{port}/mcp")

        @tool
        def own() -> str:
            return "ours"

        agent = Agent(model="echo", tools=[own, server])
        roster = Roster(agent)
        await roster.start()
        assert list(agent.toolbox.by_name) == ["own", "hang_up"]
        with by_http(port):
            await asyncio.to_thread(wait_for, lambda: server.tools, 10.0)
            assert "price" in agent.toolbox.by_name
            assert await agent.toolbox.run("price", '{"drink": "tea"}', Line()) == "tea 4 dollars"
            await roster.close()

    asyncio.run(scenario())


def test_a_name_that_is_taken_stays_with_the_first():
    async def scenario():
        @tool
        def price() -> str:
            return "free"

        server = program()
        await ready(server)
        agent = Agent(tools=[server, price])
        assert await agent.toolbox.run("price", "{}", Line()) == "free"
        await server.close()

    asyncio.run(scenario())


def test_what_will_never_work_is_told_at_the_start():
    async def scenario():
        server = mcp_server(["/no/such/program", "--key=hidden"])
        for _ in range(2):
            with pytest.raises(ConfigError, match=r"^The MCP server program cannot be started: No such file"):
                await server.start()

    asyncio.run(scenario())
    for arguments, sentence in (
        ({}, "either"),
        ({"command": ["x"], "url": "http://x"}, "either"),
        ({"command": "x y"}, "list"),
        ({"command": []}, "list"),
        ({"command": ["x"], "headers": {"a": "b"}}, "headers"),
        ({"url": "x"}, "begins"),
        ({"url": "http://x", "env": {"a": "b"}}, "env"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            mcp_server(**arguments)
