"""A long-lived worker process for what must not run on the event loop, shared by many streams.

Recognition holds the interpreter for tens of milliseconds and the synthesizer's library is under another licence; both
live in processes of their own, spoken to over stdin and stdout (messages.py). A worker that dies fails what it was asked
with LegFailed, and the next message starts it anew.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable
from contextlib import ExitStack

from offhook.errors import LegFailed
from offhook.outside import outside
from offhook.speech.engines.messages import DONE, HEAD_BYTES, pack, unpack_head

MOST_UNSENT = 4 * 1024 * 1024
"""Bytes a worker may be behind before it counts as stuck: several seconds of audio of a hundred callers."""
PATIENCE_S = 10.0
ANSWER_S = 3.0  # once a process has answered, it is quick or stuck
"""How long an answer may take before the worker counts as stuck."""


class Refusal(LegFailed):
    """The worker lives and says why it cannot do what was asked."""


class _Awaited:
    """Someone who waits for an answer. Counts as outside work until it is there."""

    def __init__(self, answered: Callable[[bytes | LegFailed], None]) -> None:
        self._answered = answered
        self._held = ExitStack()
        self._held.enter_context(outside())

    def settle(self, answer: bytes | LegFailed) -> None:
        self._held.close()
        self._answered(answer)


class Worker:
    """One process that runs `python -m module arguments…`, where the module calls `messages.serve`.

    Who keeps state in the worker compares `life` to learn that the state is gone.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        most_unsent: int = MOST_UNSENT,
        patience_s: float = PATIENCE_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        """`patience_s` for the first answer of a process, `answer_s` for those that follow."""
        self._command = (sys.executable, "-m", module, *arguments)
        self._most_unsent, self._patience_s, self._answer_s = most_unsent, patience_s, answer_s
        self._process: asyncio.subprocess.Process | None = None
        self._proved: asyncio.subprocess.Process | None = None  # the process that has answered
        self._unwanted = False  # the process that is starting was given up
        self._starting: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Task[None]] = set()
        self._early: list[bytes] = []
        self._awaited: dict[int, _Awaited] = {}
        self._serial = 0
        self._answers = 0
        self._closed = False
        self.life = 0
        """Counts the processes: which of them takes what is posted now, if one runs or starts."""

    @property
    def pid(self) -> int | None:
        """Process id while a process runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Starts the process, if none runs. Raises LegFailed if that is impossible."""
        self.revive()
        if self._starting is not None:
            await asyncio.shield(self._starting)
            if self._process is None:
                raise LegFailed("A speech worker could not be started.", retryable=True)

    def revive(self) -> None:
        """Begins to start the process, if none runs; what is posted meanwhile waits for it."""
        if self._closed or self._process is not None:
            return
        if self._starting is None:
            self.life += 1
            self._starting = asyncio.get_running_loop().create_task(self._start())
        elif self._unwanted:  # what was sent to it is gone: its successor counts as another
            self._unwanted = False
            self.life += 1

    def post(
        self, stream: int, kind: int, body: bytes = b"", answered: Callable[[bytes | LegFailed], None] | None = None
    ) -> None:
        """Sends a message without waiting. Media plane: never blocks.

        `answered` is called later, once, with the answer or the reason there will be none.
        """
        if self._closed:
            if answered:
                answered(LegFailed("The speech worker is closed."))
            return
        serial = 0
        if answered:
            self._serial = serial = self._serial % 0xFFFFFFFF + 1
            self._awaited[serial] = _Awaited(answered)
        self._send(pack(stream, serial, kind, body))

    async def request(self, stream: int, kind: int, body: bytes = b"") -> bytes:
        """Sends a message and waits for its answer. Raises Refusal if the worker says no, LegFailed if it dies or is stuck."""
        return await self.ask(stream, kind, body)

    def ask(self, stream: int, kind: int, body: bytes = b"") -> asyncio.Task[bytes]:
        """Sends a message now, before anything posted later; the task waits for the answer as `request` does."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def answered(answer: bytes | LegFailed) -> None:
            if future.done():
                return  # nobody waits any more
            if isinstance(answer, LegFailed):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self.post(stream, kind, body, answered)
        return asyncio.get_running_loop().create_task(self._await(future))

    async def _await(self, future: asyncio.Future[bytes]) -> bytes:
        quick = self._process is not None and self._proved is self._process
        before = self._answers
        try:
            async with asyncio.timeout(min(self._answer_s, self._patience_s) if quick else self._patience_s):
                return await future
        except TimeoutError:
            if self._answers == before:  # else it works on what others asked before: late, not stuck
                self._give_up("A speech worker does not answer.")
            raise LegFailed("A speech worker does not answer.", retryable=True) from None

    async def close(self) -> None:
        """Ends the process: at the end of its input, or after two seconds by force. Idempotent."""
        self._closed = True
        if self._starting is not None:
            await asyncio.wait((self._starting,))
        if (process := self._process) is not None:
            assert process.stdin is not None
            process.stdin.close()
        if self._reading:
            with outside():
                _, left = await asyncio.wait(self._reading, timeout=2)
                if left and process is not None:
                    process.kill()
                    await asyncio.wait(left)

    def _send(self, message: bytes) -> None:
        if self._process is None:
            self.revive()
            self._early.append(message)
            unsent = sum(map(len, self._early))
        else:
            assert self._process.stdin is not None
            self._process.stdin.write(message)
            unsent = self._process.stdin.transport.get_write_buffer_size()
        if unsent > self._most_unsent:
            self._give_up("A speech worker does not keep up.")

    async def _start(self) -> None:
        try:
            with outside():
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is for us; a worker ends with its input
                )
        except OSError as error:
            self._fail(f"A speech worker could not be started: {error}.")
            return
        finally:
            self._starting = None
        self._process = process
        if self._unwanted:
            self._unwanted = False
            self.life += 1
        reading = asyncio.get_running_loop().create_task(self._read(process))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)
        early, self._early = self._early, []
        assert process.stdin is not None
        process.stdin.writelines(early)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Takes answers until the process is gone."""
        assert process.stdin is not None and process.stdout is not None
        try:
            while True:
                length, _, serial, kind = unpack_head(await process.stdout.readexactly(HEAD_BYTES))
                body = await process.stdout.readexactly(length)
                self._proved = process
                self._answers += 1
                if awaited := self._awaited.pop(serial, None):
                    awaited.settle(body if kind == DONE else Refusal(body.decode(errors="replace")))
        except (asyncio.IncompleteReadError, OSError):
            pass
        except asyncio.CancelledError:  # the loop ends without `close`
            process.kill()
            raise
        finally:
            process.stdin.close()
            if self._process is process:  # else it was given up, and what is awaited now is its successor's
                self._process = None
                self._fail("A speech worker died.")
            with outside():
                await process.wait()
            with contextlib.suppress(OSError):
                await process.stdin.wait_closed()  # takes up the broken pipe, which nobody else asks for

    def _give_up(self, why: str) -> None:
        """The process is stuck: end it. Its death is then seen by the reader."""
        if self._process is not None:
            self._process.kill()
            self._process = None
        self._unwanted = self._starting is not None
        self._early.clear()
        self._fail(why)

    def _fail(self, why: str) -> None:
        awaited, self._awaited = self._awaited, {}
        for each in awaited.values():
            each.settle(LegFailed(why, retryable=True))
