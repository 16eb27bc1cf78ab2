"""`GET /api/calls/{id}/recording`: a recording, whole or a range of it, for the operator."""

import logging
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from offhook.recording.recordings import Recordings
from offhook.server.auth import Access
from offhook.server.shown import Problem

log = logging.getLogger(__name__)

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
MISSING = "There is no recording of this call."


def recordings(access: Access, kept: Recordings) -> APIRouter:
    """The route; HEAD answers as GET without the audio."""
    problems: dict[int | str, dict[str, Any]] = {code: {"model": Problem} for code in (401, 404, 416, 502)}
    router = APIRouter(dependencies=[Depends(access.operator)], responses=problems, tags=["calls"])

    @router.head("/api/calls/{call_id}/recording", include_in_schema=False)
    @router.get("/api/calls/{call_id}/recording", response_class=Response, summary="The recording, or a range of it")
    async def recording(call_id: str, request: Request) -> Response:
        """Stereo WAV: left the caller, right what the caller heard. A range of bytes is answered as such."""
        try:
            size = await kept.size(call_id)
        except OSError as error:
            log.warning("a recording cannot be reached: %s", error, extra={"call_id": call_id})
            raise HTTPException(HTTPStatus.BAD_GATEWAY, "The recording cannot be reached; try again.") from None
        if size is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, MISSING)
        headers = {
            "accept-ranges": "bytes",
            "cache-control": "private, no-cache",
            "content-disposition": f'inline; filename="{call_id}.wav"',
            "x-content-type-options": "nosniff",
        }
        wanted = byte_range(request.headers.get("range", ""), size)
        start, end = wanted or (0, size)
        if wanted is not None:
            if start >= end:
                raise HTTPException(
                    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                    "The recording is shorter than that.",
                    {"content-range": f"bytes */{size}"},
                )
            headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
        headers["content-length"] = str(end - start)
        status = HTTPStatus.OK if wanted is None else HTTPStatus.PARTIAL_CONTENT
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type="audio/wav")
        audio = kept.open_range(call_id, start, end)
        try:
            first = await anext(audio, b"")
        except OSError as error:  # before a byte is sent it can still be told
            log.warning("a recording cannot be read: %s", error, extra={"call_id": call_id})
            raise HTTPException(HTTPStatus.BAD_GATEWAY, "The recording cannot be read; try again.") from None
        return StreamingResponse(_all(first, audio), status_code=status, headers=headers, media_type="audio/wav")

    return router


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def byte_range(asked: str, size: int) -> tuple[int, int] | None:
    """From and up to which byte a Range header asks (RFC 9110, 14.2); from = to if there is nothing there. None for
    none, for several, and for what is no range: those are answered with the whole."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found[0] == "bytes=-":
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    if found[2] and int(found[2]) < start:
        return None
    return (start, end) if start < size else (size, size)
