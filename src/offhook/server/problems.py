"""Errors of the API: one sentence under `detail`, whatever went wrong."""

import logging
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from offhook.errors import StoreAway

log = logging.getLogger(__name__)


def tell_problems(app: FastAPI) -> None:
    """Has the app answer so."""

    @app.exception_handler(RequestValidationError)
    async def refused(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, sentence(error))

    @app.exception_handler(StoreAway)
    async def away(_request: Request, error: StoreAway) -> JSONResponse:
        log.warning("a request could not be answered: the database is away (%s)", error)
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "The database cannot be reached: try again later.")


def sentence(error: RequestValidationError) -> str:
    """What is wrong with the first thing that is."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    if not where:
        return "The body should be a JSON object, with Content-Type: application/json."
    what = str(first["msg"]).removeprefix("Value error, ")
    if what.startswith("Input "):
        return f"`{where}` {what.removeprefix('Input ')}."
    begins_a_name = what[1:2].isupper()
    return f"`{where}` is refused: {what if begins_a_name else what[:1].lower() + what[1:]}."


def _answer(status: HTTPStatus, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status)
