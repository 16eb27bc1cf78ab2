"""The store: one database, SQLite or PostgreSQL, made ready and asked. Everything that waits for it is outside work."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
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
T = TypeVar("T")


class Store:
    """One database. `open` brings its tables up to date; `reading` and `writing` are transactions.

    They raise StoreAway if the database cannot be reached, or was lost meanwhile; a later try may go well. What is
    wrong with a statement or a row stays an error of SQLAlchemy's.
    """

    def __init__(self, url: str) -> None:
        """Raises ConfigError for a URL that names no database."""
        self.address = address(url)
        self.engine = _sqlite(self.address) if isinstance(self.address, Sqlite) else _postgres(self.address)
        self._direct = _sqlite_direct(self.address) if isinstance(self.address, Sqlite) else None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @property
    def remote(self) -> bool:
        """It is a server elsewhere, which may fall silent."""
        return self._direct is None

    async def open(self) -> None:
        """Makes the tables, or brings them up to date. Safe when several processes do so at once.

        Raises StoreAway, or ConfigError if the file cannot be used.
        """
        from offhook.store.migrate import migrate  # which needs Alembic; a process does so once

        if isinstance(self.address, Sqlite):
            _make_file(self.address.path)
        try:
            await self.write(migrate, seconds=None)
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

    async def write(self, work: Callable[[Connection], T], seconds: float | None = TRANSACTION_S) -> T:
        """What `work` gives, which is done in a transaction that writes, and must not use the loop.

        The cheap way for several statements at once: with SQLite all of it is one trip to a thread, where `writing` takes
        three for each statement. `work` is given up after so many seconds, where that can be done.
        """
        if self._direct is None:
            async with self._transaction({WRITES: True}, seconds) as connection:
                return await connection.run_sync(work)
        with outside(), _away():
            return await asyncio.get_running_loop().run_in_executor(None, _directly, self._direct, work)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one moment of the database and changes nothing."""
        async with self._transaction({}, TRANSACTION_S) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _transaction(self, options: dict[str, Any], seconds: float | None) -> AsyncIterator[AsyncConnection]:
        with outside(), _away():
            async with asyncio.timeout(seconds), self.engine.connect() as connection:
                await connection.execution_options(**options)
                async with connection.begin():
                    yield connection

    async def close(self) -> None:
        """Gives the connections back. Idempotent."""
        with outside():
            await self.engine.dispose()
        if self._direct is not None:
            self._direct.dispose()


@contextlib.contextmanager
def _away() -> Iterator[None]:
    """Tells a database that is away from one that refuses what it is asked."""
    try:
        yield
    except (OperationalError, InterfaceError, OSError, TimeoutError, PoolTimeout) as error:
        raise StoreAway(_why(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_lost(error):
            raise StoreAway(_why(error)) from error
        raise


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


OPTIONS: dict[str, Any] = {
    "json_serializer": _serialize,
    "json_deserializer": orjson.loads,
    "hide_parameters": True,  # what was said must not get into a log by way of an error
}


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
    url = URL.create("sqlite+aiosqlite", database=str(where.path))
    engine = create_async_engine(url, connect_args={"timeout": BUSY_MS / 1000.0}, **OPTIONS)
    _tune(engine.sync_engine)
    return engine


def _sqlite_direct(where: Sqlite) -> Engine:
    """Without aiosqlite, for use in whatever thread comes along; one at a time, as SQLite has one writer."""
    url = URL.create("sqlite", database=str(where.path))
    patience = {"timeout": BUSY_MS / 1000.0, "check_same_thread": False}
    engine = create_engine(
        url, connect_args=patience, poolclass=QueuePool, pool_size=1, max_overflow=0,
        pool_timeout=BUSY_MS / 1000.0, **OPTIONS,
    )  # fmt: skip
    _tune(engine)
    return engine


def _directly(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        return work(connection)


def _tune(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _record: object) -> None:
        # The driver's own idea of when a transaction begins is too late for a read and too weak for a write.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        # A transaction that reads first and writes then would be refused if another process wrote in between.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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
        "postgresql+asyncpg://", async_creator=connect, pool_size=5, max_overflow=5, pool_timeout=CONNECT_S,
        pool_recycle=1800, pool_pre_ping=True, **OPTIONS,
    )  # fmt: skip
