"""AssemblyAI's own SDK understands the stand-in, and what our part says is what the SDK would."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import pytest
from websockets.asyncio.server import serve

from offhook.parts import assemblyai as ours
from offhook.parts.keys import Keys
from tests.parts.assemblyai_service import Service

pytest.importorskip("assemblyai", reason="AssemblyAI's SDK is not installed")
from assemblyai.streaming import v3 as theirs
from assemblyai.streaming.v3 import _base, models


def test_the_sdk_hears_the_stand_in():
    service, events = Service("Hello there."), []

    async def whole():
        over = asyncio.Event()
        async with serve(service.talk, "127.0.0.1", 0) as server:
            host = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            client = theirs.AsyncRealTimeTranscriber(theirs.RealTimeTranscriberOptions(api_key="k", api_host=host))

            def take(_client, told):
                events.append(told)
                if isinstance(told, models.TurnEvent) and told.end_of_turn:
                    over.set()

            for event in theirs.RealTimeEvents:
                client.on(event, take)
            await client.connect(theirs.RealTimeParameters(sample_rate=8000))
            await client.stream(bytes(16000))
            await client.force_endpoint()
            async with asyncio.timeout(5):
                await over.wait()
            await client.disconnect(terminate=True)

    asyncio.run(whole())
    assert [type(each).__name__ for each in events] == ["BeginEvent", "TurnEvent", "TurnEvent", "TerminationEvent"]
    assert events[-2].transcript == "Hello there." and events[-2].words[0].text == "Hello"


@pytest.mark.parametrize("model", list(models.SpeechModel))
def test_what_is_asked_for_is_what_the_sdk_asks_for(model):
    opened = ours.stt(model.value, Keys(assemblyai_api_key="k")).recogniser("en-US")._wire()
    query = dict(parse_qsl(urlsplit(opened._url).query))
    if "language_codes" in query:
        query["language_codes"] = ["en"]
    asked = theirs.RealTimeParameters.model_validate(query)
    assert sorted(parse_qsl(urlsplit(opened._url).query)) == sorted(
        parse_qsl(urlsplit(_base._build_uri(ours.URL, asked)).query.replace("+", ""))
    )
    assert set(query) <= set(theirs.RealTimeParameters.model_fields) and asked.sample_rate == 8000
    headers = _base._build_headers(theirs.RealTimeTranscriberOptions(api_key="k"))
    assert opened._headers == {name: headers[name] for name in ("Authorization", "AssemblyAI-Version")}
    said = [*opened.finish(), *opened.goodbye()]
    assert said == [models.ForceEndpoint().model_dump_json(), models.TerminateSession().model_dump_json()]
