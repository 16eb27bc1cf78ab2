"""DATABASE_URL in its usual forms, and the sentences for the others."""

from pathlib import Path

import pytest

from offhook.errors import ConfigError
from offhook.store.address import Postgres, Sqlite, address


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///calls.db", "calls.db"),
        ("sqlite:///data/calls.db", "data/calls.db"),
        ("sqlite:////var/lib/offhook/calls.db", "/var/lib/offhook/calls.db"),
        ("sqlite+aiosqlite:////a%20b/calls.db", "/a b/calls.db"),
    ],
)
def test_files(url, path):
    assert address(url) == Sqlite(Path(path))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_servers(scheme):
    found = address(f"{scheme}://me:s%40crt@db.example.com:6543/calls?sslmode=require&channel_binding=require")
    assert found == Postgres("postgresql://me:s%40crt@db.example.com:6543/calls?sslmode=require", "db.example.com")


def test_a_socket_and_several_hosts():
    assert address("postgresql:///calls?host=/run/postgresql").dsn.endswith("/calls?host=%2Frun%2Fpostgresql")
    assert "a:5432,b:5433" in address("postgresql://me@a:5432,b:5433/calls").dsn


@pytest.mark.parametrize(
    "url",
    [
        "", "calls.db", "mysql://host/calls", "sqlite://", "sqlite://calls.db", "sqlite:///", "sqlite:///:memory:",
        "sqlite:///calls.db?mode=ro", "postgresql://me:pass@host:port/calls", "postgresql+pg8000://host/calls",
    ],
)  # fmt: skip
def test_everything_else_is_one_sentence_without_the_url(url):
    with pytest.raises(ConfigError) as refused:
        address(url)
    assert "DATABASE_URL" in str(refused.value)
    assert "pass@" not in str(refused.value)


def test_a_password_is_not_shown():
    assert "secret" not in repr(address("postgres://me:secret@host/calls"))
