"""One caller's streams to Google's recognition.

The server knows no end of a stretch but that of a stream, so each stretch is a stream, and what follows a pause another one.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from offhook.errors import LegFailed
from offhook.parts.http import MOST_TOLD
from offhook.parts.streaming import Stretch

FINAL_S = 3.0
MOST = 15_360
"""Bytes of audio in a message; the server takes 25 kB."""
HOPELESS = frozenset({3, 5, 7, 11, 12, 16})
"""Codes of what another try does not change: the arguments, the model, the permission, the credentials."""


@dataclass(frozen=True, slots=True)
class Part:
    """Of one stream: audio for it (None: its end), or what the server says of it (None: that it ended)."""

    stream: int
    said: Any


class Streams:
    """One caller's streams, as one connection (a `Socket`): opened with their first audio, each ended by itself."""

    def __init__(self, client: Any, first: Any, more: Callable[[bytes], Any]) -> None:
        """`first`: what each stream begins with; `more` makes a request of audio."""
        self._client, self._first, self._more = client, first, more
        self._said: asyncio.Queue[Part | BaseException] = asyncio.Queue()
        self._audio: dict[int, asyncio.Queue[bytes | None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._newest = 0

    async def send(self, message: Part) -> None:
        """Audio, or the end of a stream; streams are counted. What comes for one that has ended by itself is lost."""
        if message.stream not in self._audio:
            if message.stream <= self._newest:
                return
            self._newest = message.stream
            self._audio[message.stream] = asyncio.Queue()
            task = asyncio.get_running_loop().create_task(self._run(message.stream), name="google")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        self._audio[message.stream].put_nowait(message.said)

    async def recv(self) -> Part:
        """What the server says next. Raises what a stream broke off with."""
        said = await self._said.get()
        if isinstance(said, BaseException):
            raise said
        return said

    async def close(self) -> None:
        """Ends all streams."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, stream: int) -> None:
        audio = self._audio[stream]

        async def requests() -> AsyncIterator[Any]:
            yield self._first
            while (pcm16 := await audio.get()) is not None:
                yield self._more(pcm16)

        try:
            async for response in await self._client.streaming_recognize(requests=requests()):
                self._said.put_nowait(Part(stream, response))
            self._said.put_nowait(Part(stream, None))
        except Exception as error:  # noqa: BLE001  (whatever gRPC may raise)
            self._said.put_nowait(_failure(error))
        finally:
            del self._audio[stream]


class GoogleWire:
    """One caller's streams (a `Wire`)."""

    name = "Google"
    finish_s = FINAL_S
    certain = True
    idle = None

    def __init__(self, client: Any, recognizer: str, model: str, language: str) -> None:
        self._client, self._recognizer, self._model, self._language = client, recognizer, model, language
        self._stretch: Stretch
        self._streams: dict[int, Stretch] = {}
        self._newest = 0
        self._open = False

    async def connect(self) -> Streams:
        """Nothing is connected before there is audio."""
        speech: Any = importlib.import_module("google.cloud.speech_v2")
        return Streams(
            self._client,
            _first(speech, self._recognizer, self._model, self._language),
            lambda pcm16: speech.StreamingRecognizeRequest(audio=pcm16),
        )

    def begin(self, stretch: Stretch) -> None:
        """Nothing is said of it."""
        self._stretch = stretch

    def audio(self, pcm16: bytes) -> Iterable[Part]:
        """Of the stream that is open, or a new one."""
        if not self._open:
            self._newest, self._open = self._newest + 1, True
            self._streams[self._newest] = self._stretch
        for at in range(0, len(pcm16), MOST):
            yield Part(self._newest, pcm16[at : at + MOST])

    def finish(self) -> Iterable[Part]:
        """Ends the stream."""
        if self._open:
            self._open = False
            yield Part(self._newest, None)
        elif self._stretch not in self._streams.values():
            self._stretch.finished.set()

    def goodbye(self) -> Iterable[Part]:
        """The end of the streams says it."""
        return ()

    def take(self, told: Part) -> Iterable[Part]:
        """Results, and ends of streams."""
        stretch = self._streams[told.stream]
        if told.said is None:
            del self._streams[told.stream]
            if self._open and told.stream == self._newest:
                self._open = False  # the server ended it by itself
            elif stretch not in self._streams.values():
                stretch.finished.set()
        else:
            _results(told.said.results, stretch)
        return ()


def _results(results: Iterable[Any], stretch: Stretch) -> None:
    """Settled words, and behind them those that may still change, in several stretches."""
    partial = []
    for result in results:
        if not result.alternatives:
            continue
        best = result.alternatives[0]
        if result.is_final:
            stretch.settle(best.transcript, best.confidence or None)
        else:
            partial.append(best.transcript.strip())
    if partial:
        stretch.partial(" ".join(partial))


def _first(speech: Any, recognizer: str, model: str, language: str) -> Any:
    return speech.StreamingRecognizeRequest(
        recognizer=recognizer,
        streaming_config=speech.StreamingRecognitionConfig(
            config=speech.RecognitionConfig(
                explicit_decoding_config=speech.ExplicitDecodingConfig(
                    encoding=speech.ExplicitDecodingConfig.AudioEncoding.LINEAR16,
                    sample_rate_hertz=8000, audio_channel_count=1,
                ),
                language_codes=[language], model=model,
                features=speech.RecognitionFeatures(enable_automatic_punctuation=True),
            ),
            streaming_features=speech.StreamingRecognitionFeatures(interim_results=True),
        ),
    )  # fmt: skip


def _failure(error: Exception) -> LegFailed:
    code = getattr(error, "grpc_status_code", None)  # of google.api_core's; UNAVAILABLE and the like
    if code is None:
        return LegFailed(f"Google cannot be reached ({type(error).__name__}).", retryable=True)
    said = str(getattr(error, "message", "") or error)
    return LegFailed(
        f"Google broke a recognition off: {code.name} {said}"[:MOST_TOLD], retryable=code.value[0] not in HOPELESS
    )
