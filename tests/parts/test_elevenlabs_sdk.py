"""ElevenLabs' own SDK understands the stand-in, and asks it for what our part asks."""

import asyncio
import base64

import httpx
import pytest

from offhook.parts import elevenlabs as ours
from offhook.parts.keys import Keys
from offhook.sim.http_memory import AppTransport
from tests.parts.elevenlabs_service import Service
from tests.parts.provider import all_of

pytest.importorskip("elevenlabs", reason="ElevenLabs' SDK is not installed")
from elevenlabs import AsyncElevenLabs


def test_the_sdk_hears_the_stand_in_and_asks_as_we_do():
    service = Service()

    async def whole():
        part = ours.tts("", Keys(elevenlabs_api_key="k"))
        part.server.transport = AppTransport(service)
        heard = await all_of(part.voice(None, "en-US").say("Hello there."))
        async with httpx.AsyncClient(transport=AppTransport(service)) as client:
            sdk = AsyncElevenLabs(api_key="k", base_url="https://api.elevenlabs.io", httpx_client=client)
            stream = sdk.text_to_speech.stream_with_timestamps(
                ours.VOICE, text="Hello there.", model_id=ours.TTS, output_format="ulaw_8000", language_code="en"
            )
            told = [each async for each in stream]
        audio = b"".join(base64.b64decode(each.audio_base_64) for each in told)
        assert audio == b"".join(each.audio for each in heard)
        assert "".join(c for each in told for c in each.alignment.characters) == "Hello there."
        assert told[0].alignment.character_end_times_seconds[-1] == pytest.approx(0.35)
        (path, query, headers, body), (path2, query2, headers2, body2) = service.asked
        assert (path, query, body) == (path2, query2, body2)
        assert headers["xi-api-key"] == headers2["xi-api-key"]

    asyncio.run(whole())
