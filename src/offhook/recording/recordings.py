"""The recordings of a server: written to a folder, taken to a bucket after the call if there is one, read and deleted by
the call's id."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from offhook.core import events as e
from offhook.recording.bucket import Bucket
from offhook.recording.recorder import CallRecorder, Recorded
from offhook.recording.wav_file import HEAD, WavFile, join, mend

log = logging.getLogger(__name__)

KEPT, WRITTEN = ".wav", ".part"
"""A file that is whole, and one that is being written."""
PIECE = 1 << 16
UPLOADS = 2
"""At once."""
UNUSED_S = 60.0
"""So old a file without audio was broken off."""
END_S = 10.0
"""What a disk gets to take the last of it."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class StillOn(Exception):
    """The call is being recorded: what is asked can be done when it is over."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One recording."""

    call_id: str
    size: int
    """Bytes of the file."""


class Recordings:
    """Recordings by call id. `told` takes an event of a call: `Recorded` where its recording is, `RecordingLost`."""

    def __init__(
        self,
        folder: Path,
        bucket: Bucket | None = None,
        told: Callable[[str, e.Event], None] = lambda _id, _event: None,
    ) -> None:
        self._folder, self._bucket, self._told = folder, bucket, told
        self._thread = ThreadPoolExecutor(1, "recordings")
        self._live: dict[str, CallRecorder] = {}
        self._uploading: dict[str, asyncio.Task[None]] = {}
        self._uploads = asyncio.Semaphore(UPLOADS)
        self._idle = asyncio.Event()
        self._idle.set()

    # ------------------------------------------------------------------------------------------ life

    async def start(self) -> None:
        """Mends what a process that died has left, and takes to the bucket what waits for it."""
        try:
            mended, whole = await self._disk(self._look)
        except OSError as error:
            log.error("the folder of recordings cannot be read: %s", error)
            return
        for call_id in mended:
            log.warning("a recording that was broken off is whole again", extra={"call_id": call_id})
            self._tell_kept(call_id)
        if self._bucket is not None:
            for call_id in [*mended, *whole]:
                self._upload(call_id)

    def _look(self) -> tuple[list[str], list[str]]:
        if not self._folder.is_dir():
            return [], []
        whole = [path.stem for path in sorted(self._folder.glob("*" + KEPT))]
        return [path.stem for path in sorted(self._folder.glob("*" + WRITTEN)) if self._mend(path)], whole

    def _mend(self, path: Path) -> bool:
        try:
            if mend(path):
                self._put(path)
                return True
            found = path.stat()
            if found.st_size <= HEAD and time.time() - found.st_mtime > UNUSED_S:
                path.unlink()  # its call was killed before there was anything to keep
        except OSError as error:  # another process was faster, or nobody may write here
            log.warning("a recording was not mended: %s", error, extra={"call_id": path.stem})
        return False

    async def close(self) -> None:
        """Ends every recording, and leaves what is not uploaded for the next start. Idempotent."""
        for recorder in list(self._live.values()):
            recorder.close()
        try:
            async with asyncio.timeout(END_S):
                await self._idle.wait()
        except TimeoutError:
            log.error("%d recordings could not be ended: the disk does not answer", len(self._live))
        uploading = list(self._uploading.values())
        for task in uploading:
            task.cancel()
        await asyncio.gather(*uploading, return_exceptions=True)
        self._thread.shutdown(wait=False)

    def _disk(self, what: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self._thread, what, *args)

    # ------------------------------------------------------------------------------------------ writing

    def record(self, call: Recorded) -> CallRecorder:
        """Records a call from now on."""
        self._idle.clear()
        recorder = self._live[call.id] = CallRecorder(
            call, partial(self._make, call.id, call.format.rate), self._disk,
            failed=lambda why: self._told(call.id, e.RecordingLost(why)),
            ended=partial(self._ended, call.id),
        )  # fmt: skip
        return recorder

    def _make(self, call_id: str, rate: int) -> WavFile:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return WavFile(self._path(call_id, WRITTEN), rate)

    def _ended(self, call_id: str) -> None:
        self._disk(self._keep, call_id).add_done_callback(partial(self._is_kept, call_id))

    def _keep(self, call_id: str) -> bool:
        path = self._path(call_id, WRITTEN)
        if path.stat().st_size <= HEAD:
            path.unlink()
            return False
        self._put(path)
        return True

    @staticmethod
    def _put(path: Path) -> None:
        """A file that is whole takes its place; that of a call that outlived its process, behind what there is of it."""
        kept = path.with_suffix(KEPT)
        if kept.is_file():
            join(kept, path)
            path.unlink()
        else:
            path.rename(kept)

    def _is_kept(self, call_id: str, job: "asyncio.Future[bool]") -> None:
        del self._live[call_id]
        if not self._live:
            self._idle.set()
        if job.exception() is None and job.result():
            self._tell_kept(call_id)
            if self._bucket is not None:
                self._upload(call_id)

    def _tell_kept(self, call_id: str) -> None:
        self._told(call_id, e.Recorded(self._path(call_id, KEPT).absolute().as_uri()))

    # ------------------------------------------------------------------------------------------ uploading

    def _upload(self, call_id: str) -> None:
        task = asyncio.get_running_loop().create_task(self._take_away(call_id), name=f"recording of call {call_id}")
        self._uploading[call_id] = task
        task.add_done_callback(lambda _task: self._uploading.pop(call_id, None))

    async def _take_away(self, call_id: str) -> None:
        assert self._bucket is not None
        wait, path = FIRST_WAIT_S, self._path(call_id, KEPT)
        while True:
            try:
                async with self._uploads:
                    await self._bucket.put(path.name, path)
                break
            except OSError as error:
                if not path.exists():  # another process has taken it, or it was deleted
                    return
                log.warning("a recording waits for its bucket: %s", error, extra={"call_id": call_id})
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
        await self._disk(partial(path.unlink, missing_ok=True))
        self._told(call_id, e.Recorded(self._bucket.url(path.name)))

    # ------------------------------------------------------------------------------------------ reading

    def _path(self, call_id: str, suffix: str) -> Path:
        return self._folder / (call_id + suffix)

    def _local(self, call_id: str) -> Path | None:
        for suffix in (KEPT, WRITTEN):
            if (path := self._path(call_id, suffix)).is_file():
                return path
        return None

    async def size(self, call_id: str) -> int | None:
        """Bytes of a call's recording, so far if the call is on; None if there is none. Raises OSError."""
        if not _ID.fullmatch(call_id):
            return None
        if (path := self._local(call_id)) is not None:
            with contextlib.suppress(FileNotFoundError):  # taken away just now
                return path.stat().st_size
        return await self._bucket.size(call_id + KEPT) if self._bucket is not None else None

    async def open_range(self, call_id: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of a recording from `start` up to `end`. Raises OSError (FileNotFoundError if there is none)."""
        if not _ID.fullmatch(call_id):
            raise FileNotFoundError(call_id)
        if (path := self._local(call_id)) is not None:
            with contextlib.suppress(FileNotFoundError):
                file = await asyncio.to_thread(open, path, "rb")
                with file:
                    file.seek(start)
                    while start < end and (piece := await asyncio.to_thread(file.read, min(PIECE, end - start))):
                        start += len(piece)
                        yield piece
                return
        if self._bucket is None:
            raise FileNotFoundError(call_id)
        async for piece in self._bucket.read(call_id + KEPT, start, end):
            yield piece

    async def delete(self, call_id: str) -> bool:
        """Removes a recording wherever it is; False if there was none. Raises StillOn, OSError."""
        if call_id in self._live:
            raise StillOn(call_id)
        if await self.size(call_id) is None:
            return False
        if (task := self._uploading.get(call_id)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._disk(partial(self._path(call_id, KEPT).unlink, missing_ok=True))
        if self._bucket is not None:
            await self._bucket.delete(call_id + KEPT)
        return True

    async def remove(self, call_id: str) -> None:
        """As `delete`, for whom it is all the same whether there was one."""
        await self.delete(call_id)

    async def kept(self) -> list[Kept]:
        """Every recording that is whole, by call id. Raises OSError."""
        found = dict(await self._bucket.names()) if self._bucket is not None else {}
        found |= await asyncio.to_thread(self._sizes)
        return [Kept(Path(name).stem, size) for name, size in sorted(found.items()) if name.endswith(KEPT)]

    def _sizes(self) -> dict[str, int]:
        return {path.name: path.stat().st_size for path in self._folder.glob("*" + KEPT)}
