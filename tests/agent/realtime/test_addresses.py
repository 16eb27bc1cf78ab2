import asyncio
import socket

import pytest

from offhook.agent.realtime import addresses as ours
from offhook.agent.realtime.addresses import Addresses
from offhook.sim.clock import run

HOST = "provider.test"


class Names:
    """A name server, and what is behind the addresses it gives."""

    def __init__(self, monkeypatch, addresses=("10.0.0.1",), answering=None):
        self.addresses, self.answering = addresses, answering or addresses
        self.asked, self.dialled = 0, []
        self.takes_s, self.fails = 0.1, False
        monkeypatch.setattr(ours, "_connected", self.connect)

    async def connect(self, address, seconds):
        self.dialled.append(address[1][0])
        if address[1][0] not in self.answering:
            await asyncio.sleep(seconds if seconds is not None else 60.0)
            raise OSError(110, "no answer")
        return address[1][0]

    async def look_up(self, host, port, **_kind):
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        if self.fails:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.addresses]

    def use(self):
        asyncio.get_running_loop().getaddrinfo = self.look_up
        return Addresses()


def test_a_name_is_looked_up_once_for_all_who_ask(monkeypatch):
    names = Names(monkeypatch)

    async def scenario():
        addresses = names.use()
        await asyncio.gather(*(addresses.socket(HOST, 443) for _ in range(300)))
        assert names.asked == 1
        await asyncio.sleep(31)
        await addresses.socket(HOST, 443)
        assert names.asked == 2

    run(scenario())


@pytest.mark.parametrize("gone", ["fails", "is silent"])
def test_when_the_name_server_is_gone_the_last_address_is_used(monkeypatch, gone):
    names = Names(monkeypatch)

    async def scenario():
        loop, addresses = asyncio.get_running_loop(), names.use()
        await addresses.socket(HOST, 443)
        await asyncio.sleep(60)
        names.fails, names.takes_s = (True, 0.1) if gone == "fails" else (False, 1000.0)
        began = loop.time()
        assert await addresses.socket(HOST, 443) == "10.0.0.1"
        assert loop.time() - began <= ours.PATIENCE_S

    run(scenario())


def test_a_name_that_was_never_known_is_an_error_and_asked_for_again(monkeypatch):
    names = Names(monkeypatch)
    names.fails = True

    async def scenario():
        addresses = names.use()
        with pytest.raises(socket.gaierror):
            await addresses.socket(HOST, 443)
        names.fails = False
        assert await addresses.socket(HOST, 443) == "10.0.0.1"

    run(scenario())


def test_an_address_that_does_not_answer_leaves_time_for_the_next(monkeypatch):
    names = Names(monkeypatch, ("10.0.0.1", "10.0.0.2"), ("10.0.0.2",))

    async def scenario():
        loop = asyncio.get_running_loop()
        assert await names.use().socket(HOST, 443) == "10.0.0.2"
        assert names.dialled == ["10.0.0.1", "10.0.0.2"] and loop.time() < 2.0

    run(scenario())


def test_who_gives_up_waiting_does_not_take_the_answer_from_others(monkeypatch):
    names = Names(monkeypatch)

    async def scenario():
        addresses = names.use()
        first = asyncio.ensure_future(addresses.socket(HOST, 443))
        second = asyncio.ensure_future(addresses.socket(HOST, 443))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == "10.0.0.1"
        assert names.asked == 1

    run(scenario())


def test_an_address_in_place_of_a_name_needs_no_name_server():
    async def scenario():
        async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            made = await Addresses().socket("127.0.0.1", port)
            assert made.getpeername() == ("127.0.0.1", port)
            made.close()
        with pytest.raises(ConnectionRefusedError):
            await Addresses().socket("127.0.0.1", port)

    asyncio.run(scenario())
