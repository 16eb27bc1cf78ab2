"""What the doctor says of the database and the bucket."""

import asyncio
import os
import socket

import pytest

from offhook.server import doctor_kept as kept
from offhook.server.finding import State
from offhook.settings import Settings
from offhook.store.store import Store


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in os.environ:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFHOOK_DATA", str(tmp_path / "data"))


def test_without_settings_all_stays_on_this_machine():
    settings = Settings.load()
    database, recordings = kept.database(settings, online=True), kept.recordings(settings, online=True)
    assert (database.state, recordings.state) == (State.NOTE, State.NOTE)
    assert "/data/calls.db" in database.sentence and "/data/recordings" in recordings.sentence


def test_a_file_is_opened_but_never_made(monkeypatch, tmp_path):
    file = tmp_path / "calls.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    found = kept.database(Settings.load(), online=False)
    assert found.state is State.OK and "will be made" in found.sentence and not file.exists()
    file.write_bytes(b"this is no database at all, whatever its name says" * 20)
    found = kept.database(Settings.load(), online=False)
    assert found.state is State.WRONG and "mend DATABASE_URL" in found.sentence


def test_a_file_that_is_there_answers(monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path / 'calls.db'}"

    async def make() -> None:
        store = Store(url)
        await store.open()
        await store.close()

    asyncio.run(make())
    monkeypatch.setenv("DATABASE_URL", url)
    found = kept.database(Settings.load(), online=False)
    assert found.state is State.OK and found.sentence.endswith("calls.db answers.")


def test_a_server_is_asked_only_when_that_is_allowed(monkeypatch, free_port):
    monkeypatch.setenv("DATABASE_URL", f"postgresql://ann:s3cret@127.0.0.1:{free_port}/calls")
    found = kept.database(Settings.load(), online=False)
    assert found.state is State.OK and "PostgreSQL at 127.0.0.1" in found.sentence and "--online" in found.sentence
    found = kept.database(Settings.load(), online=True)
    assert found.state is State.WRONG and "cannot be used" in found.sentence and "s3cret" not in found.sentence


def test_a_bucket_is_asked_only_when_that_is_allowed(monkeypatch, free_port):
    monkeypatch.setenv("RECORDINGS_URL", "s3://calls/here")
    for name, value in (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_ALLOW_HTTP", "true"),
                        ("AWS_MAX_RETRIES", "0"), ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port}")):  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(kept, "PATIENCE_S", 0.5)
    found = kept.recordings(Settings.load(), online=False)
    assert found.state is State.OK and "s3://calls/here" in found.sentence
    found = kept.recordings(Settings.load(), online=True)
    assert found.state is State.WRONG and "s3://calls/here" in found.sentence


@pytest.fixture
def free_port():
    """One that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
