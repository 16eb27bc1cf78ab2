"""The API of live control: silence the agent, have it say something, put the caller through, hang up. For the operator."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field, StringConstraints

from offhook.call import MOST_TO_SAY
from offhook.orders import Order, Outcome
from offhook.server import routes
from offhook.server.auth import Access
from offhook.server.shown import Problem
from offhook.store.calls import ENDED, Calls
from offhook.switchboard import Switchboard

log = logging.getLogger(__name__)

NO_SUCH_CALL, OVER = "There is no such call.", "The call is over."
ELSEWHERE = "No process that can be reached holds this call: it is ending, or its server was lost."
PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (401, 404, 409, 503)}

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_TO_SAY)]


class Saying(BaseModel):
    """Words for the agent."""

    text: Words = Field(description="What the agent is to say, when nobody speaks.")


class Leaving(BaseModel):
    """How a call is to end."""

    goodbye: bool = Field(False, description="The agent is asked to say goodbye first; else the call ends at once.")


class PuttingThrough(BaseModel):
    """Where the caller is to be put through to."""

    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="The name of one of the agent's destinations. A number is none."
    )
    say: Words | None = Field(None, description="What the agent says before.")


class Interrupted(BaseModel):
    """The agent is silent."""

    call_id: str
    interrupted: bool = Field(description="false if it was not speaking, nor about to.")


class Said(BaseModel):
    """The words will be said."""

    call_id: str
    exact: bool = Field(description="Word by word; else a model was told to say them so, and most likely does.")


class HungUp(BaseModel):
    """The call ends."""

    call_id: str
    goodbye: bool


class PutThrough(BaseModel):
    """The caller is put through when the agent was heard. `/ws/events` tells what comes of it."""

    call_id: str
    to: str


class ControlApi:
    """The routes. A call may be named by its id or by the carrier's."""

    def __init__(self, access: Access, switchboard: Switchboard, calls: Calls | None) -> None:
        """`calls`: what is kept of calls, if anything is."""
        self._access, self._switchboard, self._calls = access, switchboard, calls

    def router(self) -> APIRouter:
        """All of them, for operators only."""
        router = APIRouter(dependencies=[Depends(self._access.operator)], responses=PROBLEMS, tags=["control"])
        for path, answer, model, summary in (
            (routes.INTERRUPT, self._interrupt, Interrupted, "Silences the agent, which then waits for the caller"),
            (routes.SAY, self._say, Said, "Has the agent say something"),
            (routes.HANG_UP, self._hang_up, HungUp, "Ends the call, with or without a goodbye"),
            (routes.TRANSFER, self._transfer, PutThrough, "Puts the caller through to a destination by its name"),
        ):
            self._add(router, path, answer, model, summary)
        return router

    def _add(
        self, router: APIRouter, path: str, answer: Callable[..., Awaitable[BaseModel]], model: type, summary: str
    ) -> None:
        for alias in (path, *routes.ALIASES.get(path, ())):
            router.add_api_route(alias, answer, methods=["POST"], response_model=model, summary=summary)

    async def _interrupt(self, call_id: str) -> Interrupted:
        outcome = await self._ordered(call_id, Order("interrupt"))
        return Interrupted(call_id=outcome.call_id, interrupted=outcome.changed)

    async def _say(self, call_id: str, wanted: Saying) -> Said:
        outcome = await self._ordered(call_id, Order("say", wanted.text))
        return Said(call_id=outcome.call_id, exact=outcome.exact)

    async def _hang_up(self, call_id: str, wanted: Leaving | None = None) -> HungUp:
        goodbye = wanted is not None and wanted.goodbye
        outcome = await self._ordered(call_id, Order("hang up", goodbye=goodbye))
        return HungUp(call_id=outcome.call_id, goodbye=goodbye)

    async def _transfer(self, call_id: str, wanted: PuttingThrough) -> PutThrough:
        outcome = await self._ordered(call_id, Order("transfer", wanted.to, first=wanted.say or ""))
        return PutThrough(call_id=outcome.call_id, to=outcome.text)

    async def _ordered(self, call_id: str, order: Order) -> Outcome:
        outcome = await self._switchboard.order(call_id, order)
        if outcome is None:
            raise await self._why_not(call_id)
        extra = {"call_id": outcome.call_id, "order": order.what}
        if outcome.refused:
            log.info("an order of the operator's cannot be carried out", extra=extra)
            raise HTTPException(HTTPStatus.CONFLICT, outcome.refused)
        log.info("an order of the operator's is carried out", extra=extra)
        return outcome

    async def _why_not(self, call_id: str) -> HTTPException:
        state = None
        if self._calls is not None:
            state = await self._calls.state(await self._calls.id_of(call_id) or call_id)
        if state is None:
            return HTTPException(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        return HTTPException(HTTPStatus.CONFLICT, OVER if state == ENDED else ELSEWHERE)
