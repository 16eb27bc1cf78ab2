"""The console at `/` and what it asks of the server first, for the operator: the session, the status, what this server is."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from offhook.server.auth import Access
from offhook.server.console import console
from offhook.server.head import Head, Proxies
from offhook.switchboard import Switchboard


class Telephone(BaseModel):
    """A simulated telephone that may be called."""

    number: str
    what: str = Field(description="What becomes of whoever calls it.")


class About(BaseModel):
    """What a page is told of the server it belongs to."""

    demo: bool = Field(description="Whether this is the demo: no keys, no account, this machine only.")
    try_it: str | None = Field(description="What to ask the demo's agent.")
    call: str = Field(description="The command that makes a simulated call to this server.")
    command: str = Field(description="How the user's shell calls offhook.")
    telephones: list[Telephone] = Field(description="The demo's: it calls no others.")


def page(
    access: Access,
    switchboard: Switchboard,
    proxies: Proxies,
    *,
    try_it: str | None,
    command: str,
    limit: int | None,
    telephones: Mapping[str, str],
) -> APIRouter:
    """The console, `/api/session`, `/api/status` and `/api/about`. `try_it`: what to ask the agent when one calls the
    demo; None outside the demo. `command`: how the user's shell calls offhook. `telephones`: numbers that the demo may call,
    and what becomes of that."""
    router = APIRouter()

    known = [Telephone(number=number, what=what) for number, what in telephones.items()]
    Operator = Annotated[Head, Depends(access.operator)]

    def given(request: Request) -> dict[str, str]:
        # Who has shown the token with the document's request needs to show it no more.
        head = Head.of(request.scope)
        return cookie(access.session_cookie(head)) if access.is_operator(head) else {}

    router.include_router(console(given))

    @router.get("/api/about", summary="What this server is, and how to call it without a telephone")
    async def about(head: Operator) -> About:
        origin = access.origin or proxies.origin(head)
        line = f'{command} sim call --url {origin}/incoming-call --say "{try_it or "hello"}"'
        return About(demo=try_it is not None, try_it=try_it, call=line, command=command, telephones=known)

    @router.post("/api/session", status_code=HTTPStatus.NO_CONTENT)
    async def open_session(head: Operator) -> Response:
        """A cookie for a browser that has shown the operator's token: its sockets and pages need no header then."""
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=cookie(access.session_cookie(head)))

    @router.delete("/api/session", status_code=HTTPStatus.NO_CONTENT)
    async def end_session(head: Operator) -> Response:
        """Takes the cookie back from this browser."""
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=cookie(access.no_session_cookie(head)))

    @router.get("/api/status")
    async def status(_head: Operator) -> dict[str, int | bool | None]:
        """The calls of this process."""
        return {"calls": switchboard.live, "limit": limit, "draining": switchboard.draining}

    return router


def cookie(header: str | None) -> dict[str, str]:
    """The headers that set a cookie, if there is one to set."""
    return {"set-cookie": header} if header else {}
