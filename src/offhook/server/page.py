"""The page at `/` and the small API behind it, for the operator."""

import html
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from offhook.server.auth import Access
from offhook.server.head import Head, Proxies
from offhook.switchboard import Switchboard

# Nothing of the page comes from elsewhere, and nobody may frame it.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cache-control": "no-store",
}


def page(
    access: Access, switchboard: Switchboard, proxies: Proxies, *, try_it: str | None, command: str, limit: int | None
) -> APIRouter:
    """`/` and `/api/status`. `try_it`: what to ask the agent when one calls the demo; None outside the demo.
    `command`: how the user's shell calls offhook."""
    router = APIRouter()
    document = (files("offhook.server") / "static" / "index.html").read_text()

    Operator = Annotated[Head, Depends(access.operator)]

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index(head: Operator) -> HTMLResponse:
        origin = access.origin or proxies.origin(head)
        line = f'{command} sim call --url {origin}/incoming-call --say "{try_it or "hello"}"'
        text = document.replace("{{call}}", html.escape(line)).replace("{{mode}}", "demo" if try_it else "server")
        return HTMLResponse(text, headers=HEADERS | cookie(access.session_cookie(head)))

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
