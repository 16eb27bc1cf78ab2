"""Liveness and readiness. Not ready means: send no new calls here; those that are here go on."""

import asyncio
import secrets

from fastapi import APIRouter, Response

from offhook.journal.journal import Journal
from offhook.switchboard import Switchboard


def health(switchboard: Switchboard, ready: asyncio.Event, journal: Journal | None = None) -> APIRouter:
    """`/healthz`: the process answers, by a name that it gave itself. `/readyz`: 503 while starting, draining or full,
    else 200, also while the database is away (`degraded` says so): calls go on without it."""
    router = APIRouter()
    instance = secrets.token_hex(8)  # by which `offhook doctor` knows whether PUBLIC_URL leads here

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "instance": instance}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        if switchboard.draining:
            status = "draining"
        elif not ready.is_set():
            status = "starting"
        else:
            status = "full" if switchboard.full else "ready"
        if status != "ready":
            response.status_code = 503
        degraded = {"degraded": "the database is away"} if journal is not None and journal.degraded else {}
        return {"status": status} | degraded

    return router
