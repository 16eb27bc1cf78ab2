"""`POST /api/call` and `POST /make-call`: the operator has a call made."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from offhook.core.opening import Detection
from offhook.server.auth import Access
from offhook.server.head import Head, Proxies
from offhook.server.outgoing import Outgoing, Reply, Wish
from offhook.server.shown import Problem

LONGEST_VALUES = 8_000
"""Characters of all variables of a call."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")]
Value = Annotated[str, StringConstraints(max_length=2_000)]
Key = Annotated[
    str | None,
    Header(
        min_length=1, max_length=200, description="The same wish with the same key is one call, however often it comes."
    ),
]
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem}, 403: {"model": Problem, "description": "A number that may not be dialled."},
    422: {"model": Problem, "description": "No number, or a wish that makes no sense; Twilio's word on a number."},
    429: {"model": Problem, "description": "Too many calls a minute, or the day's money is spent; see Retry-After."},
    502: {"model": Problem, "description": "Twilio refuses or is in trouble; `code` is its own."},
    503: {"model": Problem, "description": "No credentials, no room, draining, or no database."},
    504: {"model": Problem, "description": "Twilio did not answer: a telephone may ring. Do not dial again."},
}  # fmt: skip


class CallWanted(BaseModel):
    """A call that is to be made."""

    model_config = ConfigDict(extra="forbid")

    phone_number: Annotated[
        str, Field(min_length=1, max_length=200, description="As + and digits. A leading space is a + that a URL lost.")
    ]
    agent: Annotated[str | None, Field(max_length=200, description="By name; else the one whose call it is.")] = None
    backend: Annotated[str | None, Field(max_length=200, description="Instead of the agent's own model.")] = None
    variables: Annotated[
        dict[Name, Value], Field(max_length=50, description="For the agent: `{name}` in its texts, and for its tools.")
    ] = {}
    amd: Annotated[
        Detection | None, Field(description="Detection of answering machines; else as the agent has it.")
    ] = None

    @field_validator("variables")
    @classmethod
    def _bounded(cls, variables: dict[str, str]) -> dict[str, str]:
        if sum(map(len, variables.values())) > LONGEST_VALUES:
            raise ValueError(f"All variables together may have {LONGEST_VALUES} characters")
        return variables

    def wish(self) -> Wish:
        """As the calls are asked for."""
        return Wish(self.phone_number, self.agent, self.backend, self.variables, self.amd)


class CallPlaced(BaseModel):
    """A call that the carrier has taken."""

    call_id: str
    twilio_sid: str
    call_sid: str = Field(description="The same.")
    status: str = Field(description="Twilio's: queued, ringing, in-progress, completed.")


def call_api(access: Access, outgoing: Outgoing, proxies: Proxies, *, local_carrier: bool = False) -> APIRouter:
    """The routes. `local_carrier`: the carrier is on this machine and reaches us where our user does."""
    Operator = Annotated[Head, Depends(access.operator)]
    router = APIRouter(responses=REFUSED, tags=["calls"])

    def origin(head: Head) -> str | None:
        return access.origin or (proxies.origin(head) if local_carrier else None)

    @router.post("/api/call", response_model=CallPlaced, summary="Calls somebody")
    async def call(head: Operator, wanted: CallWanted, idempotency_key: Key = None) -> JSONResponse:
        return _answer(await outgoing.call(wanted.wish(), idempotency_key or "", origin=origin(head)))

    @router.post("/make-call", response_model=CallPlaced, summary="The same, with the number in the address")
    async def make_call(
        head: Operator, to_number: Annotated[str, Query(min_length=1, max_length=200)], idempotency_key: Key = None
    ) -> JSONResponse:
        return _answer(await outgoing.call(Wish(to_number), idempotency_key or "", origin=origin(head)))

    return router


def _answer(reply: Reply) -> JSONResponse:
    headers = {} if reply.retry_after_s is None else {"retry-after": str(reply.retry_after_s)}
    return JSONResponse(dict(reply.body), int(reply.status), headers)
