"""The parts of uvicorn that the viewers' socket leans on; that a peer who reads nothing is cut off is in test_live.py."""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from offhook.server.socket import ViewerSocket, socket_class
from offhook.sim.clock import run


class Transport:
    def __init__(self):
        self.aborted = False

    def abort(self):
        self.aborted = True


def made(seconds):
    """A socket without a connection: only its patience is looked at."""
    socket = object.__new__(socket_class(seconds))
    socket.loop, socket.transport, socket.writable = asyncio.get_running_loop(), Transport(), asyncio.Event()
    return socket


def test_what_it_leans_on_is_there():
    for name in ("pause_writing", "resume_writing", "connection_lost"):
        assert callable(getattr(WebSocketsSansIOProtocol, name))
        assert name in vars(ViewerSocket)


def test_a_peer_that_reads_again_in_time_is_kept():
    async def main():
        socket = made(20.0)
        for _ in range(10):
            socket.pause_writing()
            socket.pause_writing()
            await asyncio.sleep(19)
            socket.resume_writing()
            await asyncio.sleep(30)
        assert not socket.transport.aborted

    run(main())


def test_one_that_does_not_is_cut_off():
    async def main():
        socket = made(20.0)
        socket.pause_writing()
        await asyncio.sleep(20.1)
        assert socket.transport.aborted

    run(main())
