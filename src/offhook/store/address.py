"""DATABASE_URL in its usual forms: which database, and how its driver wants to be told."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from offhook.errors import ConfigError

FORMS = "DATABASE_URL must be like postgresql://user:password@host/name or sqlite:////folder/file.db"
NOT_OURS = frozenset({"channel_binding"})
"""What libpq takes and the driver would hand to the server as a setting of its own."""


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A file."""

    path: Path


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server, as libpq would be told."""

    dsn: str = field(repr=False)
    host: str = ""


def address(url: str) -> Sqlite | Postgres:
    """What a URL names. Raises ConfigError, without repeating the URL, which has a password in it."""
    scheme, separator, rest = url.strip().partition("://")
    kind, _, driver = scheme.partition("+")
    if not separator:
        raise ConfigError(f"{FORMS}.")
    if kind == "sqlite" and driver in ("", "aiosqlite"):
        return _sqlite(rest)
    if kind in ("postgres", "postgresql") and driver in ("", "asyncpg", "psycopg", "psycopg2"):
        return _postgres(rest)
    raise ConfigError(f"{FORMS}; SQLite and PostgreSQL are the databases there are.")


def _sqlite(rest: str) -> Sqlite:
    path, _, query = rest.partition("?")
    if not path.startswith("/") or query:
        raise ConfigError(
            f"{FORMS}: three slashes and a path, or four and a path from the root, and nothing behind it."
        )
    path = unquote(path[1:])
    if path in ("", ":memory:"):
        raise ConfigError("DATABASE_URL names no file: what is kept must outlive the process.")
    return Sqlite(Path(path).expanduser())


def _postgres(rest: str) -> Postgres:
    try:
        parts = urlsplit(f"postgresql://{rest}")
        host = parts.hostname or ""
        _ = None if "," in parts.netloc else parts.port  # raises for one that is no number
    except ValueError:
        raise ConfigError(f"{FORMS}; a password with special characters is written %-encoded.") from None
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in NOT_OURS]
    return Postgres(urlunsplit(parts._replace(query=urlencode(query))), host)
