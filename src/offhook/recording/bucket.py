"""A place for recordings outside of this machine: S3, Azure Blob Storage or Google Cloud Storage, by one library.

Credentials are found where each cloud's own tools find them (AWS_ACCESS_KEY_ID, AZURE_STORAGE_ACCOUNT_KEY,
GOOGLE_APPLICATION_CREDENTIALS, the identity of the machine).
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from offhook.errors import ConfigError

SCHEMES = ("s3", "az", "gs")
PIECE = 1 << 18


class Bucket:
    """Files by name under one URL. Methods raise OSError if the place cannot be reached or refuses."""

    def __init__(self, url: str, **options: Any) -> None:
        """`options` are obstore's, beside the environment's. Raises ConfigError."""
        try:
            import obstore
            from obstore.exceptions import BaseError, NotFoundError
            from obstore.store import from_url
        except ImportError:
            raise ConfigError("RECORDINGS_URL needs an extra: pip install 'offhook[cloud]'.") from None
        self._obstore, self._error, self._missing = obstore, BaseError, (NotFoundError, FileNotFoundError)
        self._url = url.rstrip("/")
        try:
            self._store: Any = from_url(self._url, **options)
        except (BaseError, ValueError) as error:
            raise ConfigError(f"RECORDINGS_URL {urlsplit(url).scheme}://… cannot be used: {_line(error)}.") from None

    def url(self, name: str) -> str:
        """Where a file is."""
        return f"{self._url}/{name}"

    async def put(self, name: str, path: Path) -> None:
        """Stores a file under a name, in the place of one that has it."""
        try:
            await self._obstore.put_async(self._store, name, path)
        except self._error as error:
            raise OSError(_line(error)) from error

    async def size(self, name: str) -> int | None:
        """Bytes of a file; None if there is none."""
        try:
            return int((await self._obstore.head_async(self._store, name))["size"])
        except self._missing:
            return None
        except self._error as error:
            raise OSError(_line(error)) from error

    async def read(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of a file from `start` up to `end`, piece by piece."""
        try:
            found = await self._obstore.get_async(self._store, name, options={"range": (start, end)})
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)
        except self._error as error:
            raise OSError(_line(error)) from error

    async def delete(self, name: str) -> None:
        """Removes a file; one that is not there is removed already."""
        try:
            await self._obstore.delete_async(self._store, name)
        except self._missing:
            return
        except self._error as error:
            raise OSError(_line(error)) from error

    async def names(self) -> list[tuple[str, int]]:
        """Every file and its bytes."""
        try:
            return [
                (str(each["path"]), int(each["size"]))
                async for batch in self._obstore.list(self._store)
                for each in batch
            ]
        except self._error as error:
            raise OSError(_line(error)) from error


def _line(error: BaseException) -> str:
    """The first line of an error, without what follows of its inner life."""
    return str(error).strip().split("\n", 1)[0][:200].rstrip(".") or type(error).__name__
