"""`/api/doctor`: the doctor's findings, for the operator. Looked at in a thread, one look at a time."""

import asyncio
from collections.abc import Callable, Sequence

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from offhook.server import shown
from offhook.server.auth import Access
from offhook.server.finding import Finding, State

Look = Callable[[bool], Sequence[Finding]]
"""Looks at everything; true: also at what leaves this machine. Blocking."""


class FindingShown(BaseModel):
    """How it stands with one thing."""

    name: str = Field(description="What was looked at: a setting, or a part.")
    state: State = Field(description="ok; note: works, worth knowing; missing; wrong: configured, does not work.")
    sentence: str = Field(description="How it stands, and what mends it.")


class Findings(BaseModel):
    """What the doctor found."""

    ok: bool = Field(description="Whether nothing that is configured is wrong.")
    online: bool = Field(description="Whether Twilio, PUBLIC_URL and the models were asked.")
    findings: list[FindingShown]


def doctor_api(access: Access, look: Look) -> APIRouter:
    """The route."""
    router = APIRouter(dependencies=[Depends(access.operator)], responses={401: {"model": shown.Problem}})
    looking = asyncio.Lock()

    @router.get("/api/doctor", summary="What is configured, reachable and missing")
    async def doctor(online: bool = False) -> Findings:
        """As `offhook doctor` finds it. `online` also asks Twilio, PUBLIC_URL and the models, which costs less than a cent."""
        async with looking:
            found = await asyncio.to_thread(look, online)
        told = [FindingShown(name=each.name, state=each.state, sentence=each.sentence) for each in found]
        return Findings(ok=not any(each.state is State.WRONG for each in found), online=online, findings=told)

    return router
