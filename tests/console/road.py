"""A road between a browser and a server that can be cut: bytes both ways, one port in front of another."""

import asyncio
import threading


class Road:
    """Listens on `port` until closed."""

    def __init__(self, to_port):
        self._to_port = to_port
        self._loop = asyncio.new_event_loop()
        self._up = True
        self._writers = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._in_loop(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def _in_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _carry(self, reader, writer):
        if not self._up:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        both = {writer, far_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self._writers -= both

    async def _pass(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def cut(self):
        """Every connection breaks, and none comes about."""

        async def cut():
            self._up = False
            for writer in list(self._writers):
                writer.transport.abort()

        self._in_loop(cut())

    def mend(self):
        """Connections come about again."""
        self._up = True

    def close(self):
        self.cut()

        async def close():
            self._server.close()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self._in_loop(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
