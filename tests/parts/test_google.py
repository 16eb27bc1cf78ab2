"""Google's recognition through its SDK, against a gRPC server made of the SDK's types: on the real clock, which decides
nothing."""

import asyncio
import json

import pytest

from offhook import ConfigError, LegFailed
from offhook.parts import google
from offhook.parts.keys import Keys
from offhook.speech.base import Recognised

pytest.importorskip("google.cloud.speech_v2", reason="Google's Speech SDK is not installed")
import grpc

from tests.parts.google_service import Service, client

SPEECH = bytes(16000)  # a second


def hearing(scenario, *words, **service):
    async def whole():
        it = Service(*words, **service)
        async with it.served() as open_client:
            part = google.Google("telephony", "projects/p/locations/global/recognizers/_", open_client)
            await part.start()
            await part.start()
            ear = part.recogniser("de-DE")
            try:
                await scenario(it, ear)
            finally:
                ear.close()
                await asyncio.sleep(0)
                await part.close()
                await part.close()

    asyncio.run(whole())


def test_each_stretch_is_a_stream_and_what_follows_a_pause_another():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH[:512])
        ear.feed(SPEECH * 2)
        assert await ear.pause() == Recognised("Guten", 0.75)
        ear.feed(SPEECH)
        assert await ear.end() == Recognised("Guten Tag.", 0.75)
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Ja."
        assert it.got == [32512, 16000, 16000]
        asked = it.configs[0]
        assert asked.recognizer == "projects/p/locations/global/recognizers/_"
        config = asked.streaming_config.config
        assert (config.model, list(config.language_codes)) == ("telephony", ["de-DE"])
        decoding = config.explicit_decoding_config
        assert (decoding.encoding.name, decoding.sample_rate_hertz, decoding.audio_channel_count) == (
            "LINEAR16",
            8000,
            1,
        )
        assert asked.streaming_config.streaming_features.interim_results

    hearing(scenario, "Guten", "Tag.", "Ja.")


def test_the_next_stretch_may_begin_before_the_words_of_one_are_there():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        one = ear.end()
        ear.begin()
        ear.feed(SPEECH)
        assert {(await one).text, (await ear.end()).text} == {"One.", "Two."}

    hearing(scenario, "One.", "Two.")


def test_nothing_understood_is_no_words():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH[:2000])
        assert await ear.end() == Recognised("")

    hearing(scenario, "")


@pytest.mark.parametrize(
    ("code", "tries"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, 1), (grpc.StatusCode.PERMISSION_DENIED, 1), (grpc.StatusCode.INVALID_ARGUMENT, 1),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 2), (grpc.StatusCode.INTERNAL, 2), (grpc.StatusCode.ABORTED, 2),
    ],
)  # fmt: skip
def test_a_failure_is_told_and_tried_again_where_that_may_help(code, tries):
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match=f"Google broke a recognition off: {code.name} The stand-in was told so."):
            await ear.end()
        assert len(it.got) == tries

    hearing(scenario, fails=[code, code])


def test_a_stream_that_is_lost_is_told_again_whole():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        assert (await ear.end()).text == "Hello."
        assert it.got == [16000, 16000]

    hearing(scenario, "Hello.", fails=[grpc.StatusCode.ABORTED])


def test_a_server_that_is_too_late_is_asked_once_more():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match="DEADLINE_EXCEEDED too late"):
            await ear.end()
        assert it.got == [16000, 16000]

    hearing(scenario, deaf=True)


def test_a_server_that_cannot_be_reached_is_told():
    async def whole():
        part = google.Google("telephony", "projects/p/locations/global/recognizers/_", lambda: client(9))
        await part.start()
        ear = part.recogniser("en-US")
        ear.begin()
        ear.feed(SPEECH)
        with pytest.raises(LegFailed, match="UNAVAILABLE") as failed:
            await ear.end()
        assert failed.value.retryable
        ear.close()
        await part.close()

    asyncio.run(whole())


def key_file(folder, **more):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "key.json"
    path.write_text(json.dumps({
        "type": "service_account", "client_email": "a@b.test", "token_uri": "https://oauth2.test/token",
        "private_key": key.decode(), **more,
    }))  # fmt: skip
    return str(path)


def test_a_file_of_credentials_says_who_pays(tmp_path):
    file = key_file(tmp_path, project_id="shop")
    part = google.stt("chirp_3@europe-west4", Keys(google_application_credentials=file))
    assert part._recognizer == "projects/shop/locations/europe-west4/recognizers/_"
    part = google.stt("", Keys(google_application_credentials=file, google_cloud_project="other"))
    assert (part._model, part._recognizer) == ("telephony", "projects/other/locations/global/recognizers/_")

    async def whole():
        located = google.stt("chirp_3@europe-west4", Keys(google_application_credentials=file))
        await located.start()
        assert located._client.api_endpoint == "europe-west4-speech.googleapis.com"
        await located.close()

    asyncio.run(whole())


def test_what_is_missing_is_told(tmp_path, monkeypatch):
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="set GOOGLE_APPLICATION_CREDENTIALS to their file"):
        google.stt("", Keys(google_application_credentials=str(tmp_path / "none.json")))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ConfigError, match="set GOOGLE_APPLICATION_CREDENTIALS to their file"):
        google.stt("", Keys(google_application_credentials=str(tmp_path / "bad.json")))
    with pytest.raises(ConfigError, match="set GOOGLE_CLOUD_PROJECT"):
        google.stt("", Keys(google_application_credentials=key_file(tmp_path)))
    with pytest.raises(ConfigError, match="must be one such as europe-west4"):
        google.stt("telephony@evil.test/", Keys())
