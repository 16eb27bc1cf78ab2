"""The API of what is kept of calls: lists, one call, exports, removal. For the operator."""

import base64
import binascii
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, Field

from offhook.call import Call
from offhook.recording.recordings import StillOn
from offhook.server import export, shown
from offhook.server.auth import Access
from offhook.store.calls import ENDED, Calls, Kept, Place, Wanted
from offhook.store.removal import remove
from offhook.store.store import Store

log = logging.getLogger(__name__)

NO_SUCH_CALL = "There is no such call."
LIVE = "The call is still on: hang up first."
WRITTEN = "The recording of the call is still being written: try again in a moment."
UNREACHED = "The recording of the call cannot be reached: try again later."
PROBLEMS: dict[int | str, dict[str, Any]] = {401: {"model": shown.Problem}, 503: {"model": shown.Problem}}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": shown.Problem}}
CSV = "text/csv; charset=utf-8"


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_utc)]


class Filters(BaseModel):
    """Which calls are wanted."""

    q: Annotated[str | None, Field(max_length=200, description="Words of one turn, each from its beginning.")] = None
    live: Annotated[bool | None, Field(description="true: calls that are on; false: calls that have ended.")] = None
    state: Literal["connecting", "ringing", "connected", "parked", "transferring", "ending", "ended"] | None = None
    result: Literal["completed", "failed", "unanswered", "busy", "canceled"] | None = None
    number: Annotated[
        str | None, Field(max_length=100, description="Of either side: its beginning if it begins with +, else a part.")
    ] = None
    direction: Annotated[str | None, Field(max_length=40)] = None
    agent: Annotated[str | None, Field(max_length=200)] = None
    backend: Annotated[str | None, Field(max_length=200)] = None
    since: Annotated[Moment | None, Field(description="Begun at or after.")] = None
    until: Annotated[Moment | None, Field(description="Begun before.")] = None
    min_seconds: Annotated[float | None, Field(ge=0, le=1e6, allow_inf_nan=False, description="At least so long.")] = (
        None
    )

    def wanted(self) -> Wanted:
        """As the store is asked."""
        told = self.model_dump(exclude={"q", "limit", "after", "total"})
        number = (self.number or "").strip() or None
        if number is not None and self.number is not None and self.number.startswith(" "):
            number = f"+{number}"  # an unescaped + in a query is a space
        return Wanted(words=self.q, **told | {"number": number})


class Asked(Filters):
    """Which calls, and which page of them."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str | None, Field(max_length=200, description="`next` of the page before.")] = None
    total: Annotated[bool, Field(description="Count all pages too.")] = False


class CallsApi:
    """The routes."""

    def __init__(
        self,
        access: Access,
        store: Store,
        find: Callable[[str], Call | None],
        remove_recording: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`find`: the live call of this process by its id; `remove_recording` takes a call's id and is content
        with a call that has none."""
        self._access, self._store, self._calls = access, store, Calls(store)
        self._find, self._remove_recording = find, remove_recording

    def router(self) -> APIRouter:
        """All of them, for operators only."""
        router = APIRouter(dependencies=[Depends(self._access.operator)], responses=PROBLEMS, tags=["calls"])
        add: Callable[..., None] = router.add_api_route
        add("/api/calls", self._list, response_model=shown.CallPage, summary="Calls, the newest first")
        add("/api/calls.csv", self._list_csv, response_class=Response, summary="The same as CSV, without pages")
        add("/api/calls/{call_id}", self._one, response_model=shown.CallDetail, responses=NOT_FOUND,
            summary="One call, with its turns, tools, usage and streams")  # fmt: skip
        add("/api/calls/{call_id}/export", self._export, response_model=shown.CallExport, responses=NOT_FOUND,
            summary="One call with its events as JSON, or its turns as CSV")  # fmt: skip
        add("/api/calls/{call_id}", self._delete, methods=["DELETE"], status_code=HTTPStatus.NO_CONTENT,
            responses=NOT_FOUND | {409: {"model": shown.Problem}, 502: {"model": shown.Problem}}, response_class=Response,
            summary="Removes a call that has ended, with all that is kept of it and its recording")  # fmt: skip
        return router

    async def _list(self, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
        wanted = asked.wanted()
        page = await self._calls.page(wanted, asked.limit, place(asked.after) if asked.after else None)
        return {
            "calls": [shown.summary(call, page.matches.get(call["id"])) for call in page.calls],
            "next": cursor(page.next) if page.next else None,
            "total": await self._calls.count(wanted) if asked.total else None,
        }

    async def _list_csv(self, filters: Annotated[Filters, Query()]) -> Response:
        pages = export.calls(self._calls, filters.wanted())
        first = await anext(pages)  # a store that is away is told before the answer has begun
        return StreamingResponse(_behind(first, pages), media_type=CSV, headers=_file("calls.csv"))

    async def _kept(self, call_id: str) -> Kept:
        kept = await self._calls.find(call_id)
        if kept is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        return kept

    async def _one(self, call_id: str) -> dict[str, Any]:
        return shown.detail(await self._kept(call_id))

    async def _export(self, call_id: str, format: Literal["json", "csv"] = "json") -> Any:
        kept = await self._kept(call_id)
        if format == "csv":
            return Response(export.transcript(kept), media_type=CSV, headers=_file(f"call-{kept.call['id']}.csv"))
        events = [shown.event(call_id, event) async for batch in self._calls.events(call_id) for event in batch]
        whole = shown.CallExport.model_validate(shown.detail(kept) | {"events": events})
        name = _file(f"call-{kept.call['id']}.json")
        return Response(whole.model_dump_json(), media_type="application/json", headers=name)

    async def _delete(self, call_id: str) -> Response:
        if self._find(call_id) is not None or (await self._kept(call_id)).call["state"] != ENDED:
            raise HTTPException(HTTPStatus.CONFLICT, LIVE)
        if self._remove_recording is not None:
            try:
                await self._remove_recording(call_id)  # first: nothing points to it once the call is gone
            except StillOn:
                raise HTTPException(HTTPStatus.CONFLICT, WRITTEN) from None
            except OSError as error:
                log.warning("a recording cannot be removed: %s", error, extra={"call_id": call_id})
                raise HTTPException(HTTPStatus.BAD_GATEWAY, UNREACHED) from None
        await remove(self._store, [call_id])
        return Response(status_code=HTTPStatus.NO_CONTENT)


def agents_api(access: Access, listed: Callable[[], Sequence[shown.AgentShown]]) -> APIRouter:
    """`/api/agents`: who answers here."""
    router = APIRouter(dependencies=[Depends(access.operator)], responses={401: {"model": shown.Problem}})

    @router.get("/api/agents", summary="The agents that answer here, with their tools")
    async def agents() -> list[shown.AgentShown]:
        return list(listed())

    return router


def cursor(place: Place) -> str:
    """Where a page ends, as the next one is asked for."""
    return base64.urlsafe_b64encode(f"{place.started_at.isoformat()} {place.id}".encode()).decode().rstrip("=")


def place(cursor: str) -> Place:
    """What a cursor means; HTTPException 422 for one that was not made here."""
    try:
        moment, _, call_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        return Place(_utc(datetime.fromisoformat(moment)), call_id)
    except (binascii.Error, ValueError):
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY, "`after` is no place in the list: give the `next` of the page before."
        ) from None


async def _behind(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for page in rest:
        yield page


def _file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
