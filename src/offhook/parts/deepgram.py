"""Deepgram's streaming recognition (`/v1/listen`)."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from offhook.errors import ConfigError
from offhook.parts.keys import Keys
from offhook.parts.socket import Connect, Socket, over_network
from offhook.parts.streaming import StreamRecogniser, Stretch, Timeline

URL = "wss://api.deepgram.com/v1/listen"
STT = "nova-3"
"""The usual model."""
REGIONS = frozenset({
    "da-DK", "de-CH", "en-AU", "en-GB", "en-IN", "en-NZ", "en-US", "es-419", "fr-CA", "ko-KR", "nl-BE", "pt-BR", "pt-PT", "sv-SE",
    "th-TH", "zh-CN", "zh-HK", "zh-TW",
})  # fmt: skip
"""The languages of regions that it tells apart; a request for another region's is refused, one for its language is not."""
MULTI = "multi"
"""The language of callers who may speak several."""
KEEP_ALIVE_S = 4.0
"""The server ends a socket on which nothing is said for ten seconds."""
FINAL_S = 0.8
"""A server that had nothing left to finish may not say so."""


def stt(model: str, keys: Keys) -> "Deepgram":
    """Recognition. Raises ConfigError without a key."""
    if not keys.deepgram_api_key:
        raise ConfigError("Deepgram's recognition needs a key: set DEEPGRAM_API_KEY.")
    return Deepgram(model or STT, keys.deepgram_api_key)


class Deepgram:
    """One model (a `Recognition`)."""

    tells_language = True

    def __init__(self, model: str, key: str, *, url: str = URL, connect: Connect = over_network) -> None:
        self._model, self._url, self._connect, self._key = model, url, connect, key

    async def start(self) -> None:
        """Nothing to start."""

    def recogniser(self, language: str, also: Sequence[str] = ()) -> StreamRecogniser:
        """One for a new caller; it connects when they first speak. Of several languages the server finds out which it is."""
        tag = language.replace("_", "-")
        spoken = MULTI if also else tag if tag in REGIONS else tag.partition("-")[0].lower()
        query = {
            "model": self._model, "language": spoken, "encoding": "linear16", "sample_rate": 8000, "channels": 1,
            "interim_results": "true", "punctuate": "true", "smart_format": "true", "endpointing": "false",
        }  # fmt: skip
        url, headers = f"{self._url}?{urlencode(query)}", {"Authorization": f"Token {self._key}"}
        return StreamRecogniser(lambda: DeepgramWire(self._connect, url, headers), self._key)

    async def close(self) -> None:
        """Sockets end with their callers."""


class DeepgramWire:
    """One connection (a `Wire`)."""

    name = "Deepgram"
    finish_s = FINAL_S
    certain = False
    idle = ('{"type":"KeepAlive"}', KEEP_ALIVE_S)

    def __init__(self, connect: Connect, url: str, headers: dict[str, str]) -> None:
        self._connect, self._url, self._headers = connect, url, headers
        self._sent = Timeline()

    async def connect(self) -> Socket:
        """Its key is a header."""
        return await self._connect(self._url, self._headers)

    def begin(self, stretch: Stretch) -> None:
        """Nothing is said of it."""
        self._sent.begin(stretch)

    def audio(self, pcm16: bytes) -> Iterable[bytes]:
        """As it is."""
        self._sent.sent(pcm16)
        yield pcm16

    def finish(self) -> Iterable[str]:
        """The socket stays."""
        yield '{"type":"Finalize"}'

    def goodbye(self) -> Iterable[str]:
        """Ends what is paid for."""
        yield '{"type":"CloseStream"}'

    def take(self, told: str | bytes) -> Iterable[str]:
        """Results; an error comes as the reason of a close."""
        result: dict[str, Any] = orjson.loads(told)
        if result.get("type") == "Results":
            self._results(result)
        return ()

    def _results(self, result: dict[str, Any]) -> None:
        end_s = result["start"] + result["duration"] if "start" in result else None
        stretch = self._sent.at(None if end_s is None else end_s * 1000.0)
        best = result["channel"]["alternatives"][0]
        if result.get("is_final"):
            language = next(map(str, best.get("languages") or ()), "")
            stretch.settle(best["transcript"], float(best.get("confidence", 0.0)), language)
            if result.get("from_finalize"):
                stretch.finished.set()
        else:
            stretch.partial(best["transcript"])
