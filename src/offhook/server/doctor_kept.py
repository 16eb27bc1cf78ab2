"""What the doctor looks at of what is kept: the database of calls, and where recordings go."""

import asyncio

import sqlalchemy as sa

from offhook.errors import ConfigError, StoreAway
from offhook.recording.bucket import Bucket
from offhook.server.finding import Finding, note, ok, wrong
from offhook.server.simulator_account import data_folder
from offhook.settings import Settings, without_secrets
from offhook.store.address import Postgres, Sqlite
from offhook.store.store import Store

ONLINE = "run offhook doctor --online to try it"
PATIENCE_S = 10.0


def database(settings: Settings, *, online: bool) -> Finding:
    """Whether calls can be kept. A server elsewhere is asked only if `online`; a file is not made."""
    name = "DATABASE_URL"
    if settings.database_url is None:
        folder = without_secrets(str(data_folder(settings.offhook_data)))
        return note(name, f"Not set: calls are kept in {folder}/calls.db, which is enough for one machine.")
    try:
        store = Store(settings.database_url.get_secret_value())
    except ConfigError as error:
        return wrong(name, str(error))
    where = _where(store)
    if store.remote and not online:
        return ok(name, f"Set, {where}; {ONLINE}.")
    if isinstance(store.address, Sqlite) and not store.address.path.exists():
        return ok(name, f"Set, {where}, which will be made at the start.")
    try:
        asyncio.run(_ask(store))
    except (StoreAway, sa.exc.DatabaseError) as error:
        cause = str(error).splitlines()[0]
        return wrong(
            name,
            f"{where} cannot be used ({cause}): start it, or mend DATABASE_URL. Calls are answered meanwhile, and kept once it is back.",
        )
    return ok(name, f"{where} answers.")


def _where(store: Store) -> str:
    if isinstance(store.address, Postgres):
        return f"PostgreSQL at {without_secrets(store.address.host) or 'its default address'}"
    return without_secrets(str(store.address.path))


async def _ask(store: Store) -> None:
    try:
        async with store.reading() as connection:
            await connection.execute(sa.text("SELECT count(*) FROM sqlite_master" if not store.remote else "SELECT 1"))
    finally:
        await store.close()


def recordings(settings: Settings, *, online: bool) -> Finding:
    """Where recordings go, and whether that can be reached; a bucket is asked only if `online`."""
    name = "RECORDINGS_URL"
    if settings.recordings_url is None:
        folder = without_secrets(str(data_folder(settings.offhook_data)))
        return note(name, f"Not set: what is recorded stays in {folder}/recordings.")
    try:
        bucket = Bucket(settings.recordings_url)
    except ConfigError as error:
        return wrong(name, str(error))
    where = without_secrets(settings.recordings_url)
    if not online:
        return ok(name, f"Set, {where}; {ONLINE}.")
    try:
        asyncio.run(asyncio.wait_for(bucket.size("offhook-doctor"), PATIENCE_S))
    except TimeoutError:
        return wrong(name, f"{where} does not answer: is it the right place, and may this machine reach it?")
    except OSError as error:
        return wrong(
            name,
            f"{where} cannot be read ({error}): mend RECORDINGS_URL or the credentials. Recordings wait here until then.",
        )
    return ok(name, f"{where} answers.")
