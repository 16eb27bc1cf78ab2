"""The store: one database, SQLite or PostgreSQL, made ready and asked. Everything that waits for it is outside work."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from offhook.errors import ConfigError, StoreAway
from offhook.outside import outside
from offhook.store.address import Postgres, Sqlite, address

log = logging.getLogger(__name__)

BUSY_MS = 2_000  # another process writes to the file
CONNECT_S = 5.0
TRANSACTION_S = 15.0
WRITES = "offhook_writes"


class Store:
    """One database. `open` brings its tables up to date; `reading` and `writing` are transactions.

    They raise StoreAway if the database cannot be reached, or was lost meanwhile; a later try may go well. What is
    wrong with a statement or a row stays an error of SQLAlchemy's.
    """

    def __init__(self, url: str) -> None:
        """Raises ConfigError for a URL that names no database."""
        self.address = address(url)
        self.engine = _sqlite(self.address) if isinstance(self.address, Sqlite) else _postgres(self.address)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    async def open(self) -> None:
        """Makes the tables, or brings them up to date. Safe when several processes do so at once.

        Raises StoreAway, or ConfigError if the file cannot be used.
        """
        from offhook.store.migrate import migrate  # which needs Alembic; a process does so once

        if isinstance(self.address, Sqlite):
            _make_file(self.address.path)
        try:
            async with self._transaction({WRITES: True}, None) as connection:
                await connection.run_sync(migrate)
        except DatabaseError as error:
            if not isinstance(self.address, Sqlite):
                raise
            raise ConfigError(
                f"The database {self.address.path} cannot be used ({_why(error)}); move it away, or set DATABASE_URL."
            ) from error

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes; committed at the end of the block."""
        async with self._transaction({WRITES: True}, TRANSACTION_S) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one moment of the database and changes nothing."""
        async with self._transaction({}, TRANSACTION_S) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _transaction(self, options: dict[str, Any], seconds: float | None) -> AsyncIterator[AsyncConnection]:
        with outside():
            try:
                async with asyncio.timeout(seconds), self.engine.connect() as connection:
                    await connection.execution_options(**options)
                    async with connection.begin():
                        yield connection
            except (OperationalError, InterfaceError) as error:
                raise StoreAway(_why(error)) from error
            except DBAPIError as error:
                if error.connection_invalidated or _is_lost(error):
                    raise StoreAway(_why(error)) from error
                raise
            except (OSError, TimeoutError, PoolTimeout) as error:
                raise StoreAway(_why(error)) from error

    async def close(self) -> None:
        """Gives the connections back. Idempotent."""
        with outside():
            await self.engine.dispose()


def _why(error: BaseException) -> str:
    """One line without the statement, whose values are what was said."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else 'no answer'}"


def _is_lost(error: DBAPIError) -> bool:
    """Classes of PostgreSQL's errors that say nothing of the statement: no connection, no room, a shutdown, a deadlock."""
    state = str(getattr(error.orig, "sqlstate", "") or "")
    return state[:2] in ("08", "25", "40", "53", "57", "58")


def _serialize(value: Any) -> str:
    return orjson.dumps(value).decode()


# ---------------------------------------------------------------------------------------------- SQLite


def _make_file(path: Path) -> None:
    """Callers' words are in it: nobody else may read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ConfigError(
            f"The database {path} cannot be used ({error.strerror}); set DATABASE_URL or OFFHOOK_DATA to a place you may "
            "write to."
        ) from error


def _sqlite(where: Sqlite) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(where.path)), json_serializer=_serialize, json_deserializer=orjson.loads,
        hide_parameters=True,  # what was said must not get into a log by way of an error
        connect_args={"timeout": BUSY_MS / 1000.0},
    )  # fmt: skip

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: DBAPIConnection, _record: object) -> None:
        # The driver's own idea of when a transaction begins is too late for a read and too weak for a write.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Any) -> None:
        # A transaction that reads first and writes then would be refused if another process wrote in between.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


# ---------------------------------------------------------------------------------------------- PostgreSQL


def _postgres(where: Postgres) -> AsyncEngine:
    import asyncpg  # type: ignore[import-untyped]

    async def connect(*_args: Any, **_options: Any) -> Any:
        # The driver reads the URL as libpq does: sslmode, several hosts, sockets, password files.
        try:
            return await asyncpg.connect(where.dsn, timeout=CONNECT_S)
        except asyncpg.PostgresError as error:  # no such database, a wrong password, it is starting
            raise StoreAway(_why(error)) from error

    return create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, json_serializer=_serialize, json_deserializer=orjson.loads,
        hide_parameters=True,  # what was said must not get into a log by way of an error
        pool_size=5, max_overflow=5, pool_timeout=CONNECT_S, pool_recycle=1800, pool_pre_ping=True,
    )  # fmt: skip
