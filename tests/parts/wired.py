"""Sockets in memory, to stand-ins that talk over a real one just the same."""

import asyncio

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

DELAY_S = 0.1
"""For a connection to be made."""


class End:
    """One end of a connection; who sends or receives after it was closed gets what the library raises."""

    def __init__(self):
        self.inbox, self.peer, self.closed = asyncio.Queue(), None, None

    async def send(self, message):
        if self.closed is not None:
            raise ConnectionClosedError(self.closed, None)
        self.peer.inbox.put_nowait(message)

    async def recv(self):
        message = await self.inbox.get()
        if message is None:
            raise ConnectionClosedError(self.closed, None)
        return message

    async def close(self, code=1000, reason=""):
        for end in (self, self.peer):
            if end.closed is None:
                end.closed = Close(code, reason)
                end.inbox.put_nowait(None)


class Wired:
    """Connects to a stand-in in simulated time. `refuses` is a list of what the next connections get: a status, or an
    exception."""

    def __init__(self, talk, refuses=()):
        self._talk, self.refuses = talk, list(refuses)
        self.urls, self.headers, self.ends, self.talking = [], [], [], []

    async def connect(self, url, headers):
        self.urls.append(url)
        self.headers.append(dict(headers))
        await asyncio.sleep(DELAY_S)
        if self.refuses:
            refused = self.refuses.pop(0)
            if isinstance(refused, int):
                raise InvalidStatus(Response(refused, "No", Headers(), b"said with secret-key"))
            raise refused
        ours, theirs = End(), End()
        ours.peer, theirs.peer = theirs, ours
        self.ends.append(theirs)
        self.talking.append(asyncio.ensure_future(self._talking(theirs)))
        return ours

    async def _talking(self, end):
        try:
            await self._talk(end)
        except ConnectionClosedError:
            pass

    async def drop(self, code=1011, reason="gone"):
        """The newest connection is lost."""
        await self.ends[-1].close(code, reason)
