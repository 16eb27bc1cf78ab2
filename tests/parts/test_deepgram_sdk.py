"""What the stand-in says is what Deepgram's own SDK reads, and what our part asks for what the SDK can ask."""

import asyncio
import inspect
import warnings
from urllib.parse import parse_qs, urlsplit

import pytest

from offhook.parts import deepgram as ours
from offhook.parts.keys import Keys
from tests.parts.test_deepgram import SPEECH, hearing

pytest.importorskip("deepgram", reason="Deepgram's SDK is not installed")
from deepgram.listen.v1 import types

with warnings.catch_warnings():  # it uses names that websockets does not want used any more
    warnings.simplefilter("ignore", DeprecationWarning)
    from deepgram.listen.v1.client import AsyncV1Client


def test_the_sdk_reads_what_the_stand_in_says():
    async def scenario(it, ear):
        ear.begin()
        ear.feed(SPEECH)
        await asyncio.sleep(0.2)
        await ear.end()
        read = [types.ListenV1Results.model_validate(each) for each in it.told]
        assert [(each.channel.alternatives[0].transcript, each.is_final, each.from_finalize) for each in read] == [
            ("one", False, False), ("Hallo.", True, True),
        ]  # fmt: skip
        assert (read[1].start, read[1].duration) == (0.0, 0.1)

    hearing(scenario, "Hallo.")


def test_what_is_asked_for_is_what_the_sdk_can_ask():
    wire = ours.stt("", Keys(deepgram_api_key="k")).recogniser("de-AT")._wire()
    url = urlsplit(wire._url)
    assert (url.hostname, url.path) == ("api.deepgram.com", "/v1/listen")
    assert set(parse_qs(url.query)) <= set(inspect.signature(AsyncV1Client.connect).parameters)
    said = [*wire.finish(), *wire.goodbye(), wire.idle[0]]
    theirs = (types.ListenV1Finalize, types.ListenV1CloseStream, types.ListenV1KeepAlive)
    assert said == [kind(type=kind.__name__.removeprefix("ListenV1")).model_dump_json() for kind in theirs]
