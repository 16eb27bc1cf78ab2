"""A bucket of the kind S3 has, served by moto."""

import asyncio

import pytest

from offhook.core import events as e
from offhook.errors import ConfigError
from offhook.recording.bucket import Bucket
from offhook.recording.recordings import Kept, Recordings

pytest.importorskip("obstore", reason="the extra `cloud` is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto is not installed")


@pytest.fixture(scope="module")
def endpoint():
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint, monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT": endpoint, "AWS_ALLOW_HTTP": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    import httpx

    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()
    httpx.put(f"{endpoint}/calls").raise_for_status()
    return Bucket("s3://calls/of/today/")


def test_a_file_is_stored_read_listed_and_removed(bucket, tmp_path):
    (tmp_path / "a.wav").write_bytes(bytes(range(256)) * 4000)

    async def scenario():
        assert await bucket.size("a.wav") is None
        await bucket.put("a.wav", tmp_path / "a.wav")
        assert await bucket.size("a.wav") == 1_024_000
        assert await bucket.names() == [("a.wav", 1_024_000)]
        assert b"".join([piece async for piece in bucket.read("a.wav", 250, 260)]) == bytes(
            [*range(250, 256), *range(4)]
        )
        assert len(b"".join([piece async for piece in bucket.read("a.wav", 0, 1_024_000)])) == 1_024_000
        await bucket.delete("a.wav")
        await bucket.delete("a.wav")
        assert await bucket.size("a.wav") is None

    asyncio.run(scenario())
    assert bucket.url("a.wav") == "s3://calls/of/today/a.wav"


def test_what_the_place_refuses_is_an_oserror(bucket, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"x")
    elsewhere = Bucket("s3://nowhere")

    async def scenario():
        for refused in (elsewhere.put("a.wav", tmp_path / "a.wav"), elsewhere.names()):
            with pytest.raises(OSError):
                await refused
        with pytest.raises(OSError):
            async for _ in bucket.read("missing.wav", 0, 10):
                pass

    asyncio.run(scenario())


def test_a_recording_of_an_earlier_process_is_taken_to_the_bucket_and_read_from_there(bucket, tmp_path):
    (tmp_path / "call1.wav").write_bytes(bytes(100_000))
    told = []

    async def scenario():
        moved = asyncio.Event()

        def tell(call_id, event):
            told.append((call_id, event))
            moved.set()

        recordings = Recordings(tmp_path, bucket, tell)
        await recordings.start()
        await moved.wait()
        assert list(tmp_path.iterdir()) == []
        assert await recordings.size("call1") == 100_000
        assert await recordings.kept() == [Kept("call1", 100_000)]
        assert len(b"".join([piece async for piece in recordings.open_range("call1", 10, 110)])) == 100
        assert await recordings.delete("call1")
        assert await recordings.size("call1") is None
        await recordings.close()

    asyncio.run(scenario())
    assert told == [("call1", e.Recorded("s3://calls/of/today/call1.wav"))]


def test_a_url_that_is_no_bucket_is_refused_in_a_sentence(bucket):
    with pytest.raises(ConfigError, match="RECORDINGS_URL"):
        Bucket("nonsense://x")


def test_every_kind_of_bucket_is_known(bucket, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    for url in ("s3://calls", "az://container/folder", "gs://calls/folder"):
        assert Bucket(url).url("a.wav") == f"{url}/a.wav"


def test_an_account_that_is_not_told_is_asked_for(bucket, monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(ConfigError, match="RECORDINGS_URL az://… cannot be used: .*Account must be specified"):
        Bucket("az://container")
