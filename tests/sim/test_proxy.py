"""The proxy before a plain server, in simulated time over sockets that cross at once; and a break over TCP."""

import asyncio
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from offhook.sim.clock import run
from offhook.sim.proxy import MOST_WAITING, Proxy
from offhook.sim.trouble import GARBAGE, Trouble, close_frame

HEAD = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
FRAME = b"\x81\x7e\x03\xe8" + b"x" * 1000


class Client:
    """Keeps what came, with its time."""

    def __init__(self, reader, writer):
        self.got, self.times, self.over_at = bytearray(), [], None
        self._reader, self.writer = reader, writer
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self):
        loop = asyncio.get_running_loop()
        try:
            while data := await self._reader.read(65536):
                self.got += data
                self.times.append(loop.time())
        except ConnectionError:
            pass
        self.over_at = loop.time()

    def say(self, data):
        self.writer.write(data)


class Bench:
    """`made` are the server's ends: readers and writers."""

    def __init__(self, proxy, path):
        self.proxy, self._path, self.made, self.clients = proxy, path, [], []

    async def client(self):
        client = Client(*await asyncio.open_unix_connection(self._path))
        self.clients.append(client)
        await asyncio.sleep(0.001)
        return client


@asynccontextmanager
async def bench(*plans):
    with tempfile.TemporaryDirectory() as folder:
        front, back = str(Path(folder) / "front"), str(Path(folder) / "back")
        loop = asyncio.get_running_loop()
        proxy = Proxy(lambda factory: loop.create_unix_connection(factory, back), plans)
        made = Bench(proxy, front)
        server = await asyncio.start_unix_server(lambda reader, writer: made.made.append((reader, writer)), back)
        async with server, proxy.listen_unix(front):
            yield made
            for writer in [client.writer for client in made.clients] + [writer for _, writer in made.made]:
                writer.transport.abort()
        await asyncio.sleep(1.0)
        assert all(connection.over for connection in proxy.connections)


def against(*plans):
    """Runs a scenario behind a proxy with these plans."""

    def decorate(scenario):
        def test():
            async def whole():
                async with bench(*plans) as made:
                    await scenario(made)

            run(whole())

        test.__name__ = scenario.__name__
        return test

    return decorate


@against()
async def test_without_a_plan_bytes_cross_both_ways_at_once(bench):
    client = await bench.client()
    reader, writer = bench.made[0]
    client.say(b"hello")
    assert await reader.read(100) == b"hello"
    writer.write(b"there")
    await asyncio.sleep(0.001)
    assert client.got == b"there"
    writer.close()
    await asyncio.sleep(0.001)
    assert client.over_at == pytest.approx(0.003, abs=0.002)


@against()
async def test_a_client_that_leaves_takes_the_servers_connection_along(bench):
    client = await bench.client()
    client.say(b"bye")
    client.writer.close()
    assert await bench.made[0][0].read() == b"bye"


@against(Trouble(reset=True, after_ms=2000.0), Trouble(end=True, after_bytes=4))
async def test_connections_break_when_their_plans_say_and_later_ones_do_not(bench):
    timed, counted, later = [await bench.client() for _ in range(3)]
    for _, writer in bench.made:
        writer.write(b"four")
    await asyncio.sleep(1.0)
    assert counted.over_at is not None and counted.got == b"four"
    assert timed.over_at is None
    await asyncio.sleep(2.0)
    assert timed.over_at == pytest.approx(2.0, abs=0.01) and later.over_at is None


@against(Trouble(status=429, retry_after="3"), Trouble(reset=True), Trouble(mute=True))
async def test_refused_dropped_and_unanswered_handshakes_never_reach_the_server(bench):
    refused, dropped, unanswered = [await bench.client() for _ in range(3)]
    for client in (refused, unanswered):
        client.say(b"GET /v1/realtime HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(60.0)
    assert refused.got.startswith(b"HTTP/1.1 429 ") and b"Retry-After: 3\r\n" in refused.got
    assert refused.over_at is not None and dropped.over_at is not None and dropped.got == b""
    assert unanswered.got == b"" and unanswered.over_at is None
    assert bench.made == []


@against(Trouble(stall=True, stall_ms=3000.0, ways="down", after_ms=1000.0), Trouble(stall=True))
async def test_a_stall_keeps_what_was_sent_for_its_end_and_one_for_ever_tells_nobody(bench):
    brief, eternal = [await bench.client() for _ in range(2)]
    await asyncio.sleep(1.5)
    for client, (_, writer) in zip((brief, eternal), bench.made, strict=True):
        writer.write(b"down")
        client.say(b"up")
    assert await bench.made[0][0].read(10) == b"up", "the other way goes on"
    await asyncio.sleep(1.0)
    assert brief.got == b""
    await asyncio.sleep(60.0)
    assert brief.got == b"down" and brief.times == [pytest.approx(4.0, abs=0.01)]
    assert eternal.got == b"" and eternal.over_at is None
    bench.made[1][1].close()
    await asyncio.sleep(1.0)
    assert eternal.over_at is None, "not even the end crosses"


@against(Trouble(bytes_per_s=1000.0))
async def test_a_throttled_connection_takes_its_time(bench):
    client = await bench.client()
    bench.made[0][1].write(b"x" * 5000)
    await asyncio.sleep(2.0)
    assert 1900 <= len(client.got) <= 2100
    await asyncio.sleep(3.5)
    assert len(client.got) == 5000


@against(Trouble(handshake_ms=2000.0))
async def test_a_slow_handshake_is_answered_late(bench):
    client = await bench.client()
    bench.made[0][1].write(HEAD)
    await asyncio.sleep(3.0)
    assert client.got == HEAD and client.times == [pytest.approx(2.0, abs=0.01)]


@against()
async def test_a_close_is_put_where_a_frame_ends_and_nothing_follows_it(bench):
    client = await bench.client()
    (connection,) = bench.proxy.connections
    writer = bench.made[0][1]
    writer.write(HEAD + FRAME + FRAME[:500])
    await asyncio.sleep(0.1)
    connection.strike(Trouble(close=1012))
    await asyncio.sleep(0.1)
    assert client.got == HEAD + FRAME + FRAME[:500], "in the middle of one it waits"
    writer.write(FRAME[500:] + FRAME)
    await asyncio.sleep(0.1)
    assert client.got == HEAD + FRAME + FRAME + close_frame(1012)


@against(Trouble(garbage=True, after_ms=500.0))
async def test_garbage_comes_in_between(bench):
    client = await bench.client()
    await asyncio.sleep(1.0)
    assert client.got == GARBAGE and client.over_at is None


@against()
async def test_who_sends_into_a_stall_feels_it_at_last(bench):
    client = await bench.client()
    bench.proxy.connections[0].strike(Trouble(stall=True, ways="down"))
    writer = bench.made[0][1]
    for _ in range(200):
        writer.write(b"x" * 65536)
        await asyncio.sleep(0.01)
    assert writer.transport.get_write_buffer_size() > MOST_WAITING
    assert client.got == b""


def test_over_tcp_a_break_is_a_reset():
    async def scenario():
        loop = asyncio.get_running_loop()
        async with await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0) as server:
            upstream = server.sockets[0].getsockname()[1]
            proxy = Proxy(lambda factory: loop.create_connection(factory, "127.0.0.1", upstream), [Trouble(reset=True)])
            async with proxy.listen("127.0.0.1", 0) as listening:
                port = listening.sockets[0].getsockname()[1]
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                with pytest.raises(ConnectionResetError):
                    await reader.read(1)
                writer.close()

    asyncio.run(scenario())
