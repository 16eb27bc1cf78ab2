"""The page at `/` and the small API behind it, for the operator."""

import html
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
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

    async def operator(request: Request) -> Head:
        head = Head.of(request.scope)
        if not access.is_operator(head):
            sentence = "Give the operator's token." if access.has_operator else "Set OFFHOOK_TOKEN to use this page."
            raise HTTPException(HTTPStatus.UNAUTHORIZED, sentence, {"www-authenticate": 'Basic realm="offhook"'})
        return head

    Operator = Annotated[Head, Depends(operator)]

    @router.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index(head: Operator) -> HTMLResponse:
        origin = access.origin or proxies.origin(head)
        line = f'{command} sim call --url {origin}/incoming-call --say "{try_it or "hello"}"'
        text = document.replace("{{call}}", html.escape(line)).replace("{{mode}}", "demo" if try_it else "server")
        return HTMLResponse(text, headers=HEADERS)

    @router.get("/api/status")
    async def status(_head: Operator) -> dict[str, int | bool | None]:
        """The calls of this process."""
        return {"calls": switchboard.live, "limit": limit, "draining": switchboard.draining}

    return router
