"""`GET /api/numbers`: the account's numbers, where their calls go, and which agent takes them here."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from offhook.errors import CarrierError
from offhook.server import routes, shown
from offhook.server.auth import Access
from offhook.server.carrier import Carrier

if TYPE_CHECKING:  # slow
    from offhook.phone.twilio.rest import OwnNumber

ALL_OTHERS = "*"


class NumberShown(BaseModel):
    """A number of the account."""

    number: str
    name: str = Field(description="What the account calls it.")
    goes_to: str | None = Field(description="Where its calls go; null: nowhere.")
    fallback: str | None = Field(description="Where they go if that fails.")
    here: bool | None = Field(description="Whether that is this server; null while its public origin is not known.")
    agent: str | None = Field(description="The agent that would take them here; null where code decides call by call.")


def numbers_api(access: Access, carrier: Carrier | None, agents: Callable[[], Sequence[shown.AgentShown]]) -> APIRouter:
    """`carrier`: None where there is no account; then there are no numbers."""
    router = APIRouter(
        dependencies=[Depends(access.operator)],
        responses={401: {"model": shown.Problem}, 502: {"model": shown.Problem}},
    )

    @router.get("/api/numbers", summary="The account's numbers, and where their calls go")
    async def numbers() -> list[NumberShown]:
        if carrier is None:
            return []
        try:
            owned = await carrier.rest.numbers()
        except CarrierError as error:
            raise HTTPException(HTTPStatus.BAD_GATEWAY, str(error)) from None
        return [_shown(each, access.origin, agents()) for each in owned]

    return router


def _shown(owned: "OwnNumber", origin: str | None, agents: Sequence[shown.AgentShown]) -> NumberShown:
    hidden = owned.trunk_sid or owned.application_sid
    goes_to = hidden or owned.voice_url or None
    ours = {origin + path for path in routes.paths(routes.INCOMING_CALL)} if origin is not None else set()
    takes = [each.name for wanted in (owned.number, ALL_OTHERS) for each in agents if wanted in each.numbers]
    return NumberShown(
        number=owned.number,
        name=owned.name,
        goes_to=goes_to,
        fallback=owned.fallback_url if owned.fallback_url and not hidden else None,
        here=None if origin is None and goes_to else goes_to in ours,
        agent=takes[0] if takes else None,
    )
