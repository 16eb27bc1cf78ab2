"""A stand-in for a provider of parts over HTTP: `/audio/transcriptions`, `/chat/completions` and `/audio/speech` as OpenAI has
them, as an ASGI app. It hears, thinks and speaks with the engines of the stand-in model; what it was asked is in its log.
"""

import asyncio
import email.policy
import io
import re
import wave
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from itertools import count
from typing import Any

import orjson

from offhook.audio.resample import resample
from offhook.sim.model_audio import to_wire
from offhook.sim.model_drive import Ear, Engines
from offhook.sim.model_mind import Situation, name_in, think
from offhook.sim.model_orders import Answer
from offhook.sim.model_wire import Sound

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PCM16_24K = Sound("pcm16", 24000)
_CHUNK_BYTES = 4800


@dataclass(slots=True)
class HttpSetup:
    """How fast the provider is, and what is to go wrong. `fails` counts down."""

    api_key: str | None = None
    hearing_ms: float = 150.0
    """From a stretch of speech to its words."""
    first_token_ms: float = 150.0
    token_ms: float = 15.0
    first_sound_ms: float = 100.0
    pace: float = 20.0
    """How many times faster than it sounds speech comes."""
    answers: tuple[Answer, ...] = ()
    """What the first answers are; then it thinks for itself."""
    fails: dict[str, list[int]] = field(default_factory=dict)
    """By the last word of a path: the statuses of the next refusals; 0 breaks the answer off in its middle."""


@dataclass(slots=True)
class Asked:
    """One request."""

    what: str
    body: dict[str, Any]
    at_ms: float
    said: str = ""
    """What was recognised, or said, of it as far as it came."""
    whole: bool = False
    """The answer was sent to its end."""


class HttpModel:
    """One provider."""

    def __init__(self, setup: HttpSetup, engines: Engines) -> None:
        self.setup, self.log = setup, list[Asked]()
        self._engines = engines
        self._answers = list(setup.answers)
        self._given: dict[int, Answer] = {}
        self._ids = count(1)
        self._ear: Ear | None = None
        self._listening = asyncio.Lock()

    def asked(self, what: str) -> list[Asked]:
        """The requests for "transcriptions", "completions" or "speech", in order."""
        return [each for each in self.log if each.what == what]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        what = str(scope["path"]).rsplit("/", 1)[-1]
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        body = await _body(receive)
        fails = self.setup.fails.get(what)
        status = fails.pop(0) if fails else None
        if self.setup.api_key and headers.get("authorization") != f"Bearer {self.setup.api_key}":
            return await _refuse(send, 401, "Incorrect API key provided.")
        if status:
            return await _refuse(send, status, "The stand-in was told to fail.")
        answer = {"transcriptions": self._hear, "completions": self._write, "speech": self._speak}.get(what)
        if answer is None:
            return await _refuse(send, 404, f"There is no {scope['path']} here.")
        parsed = _form(headers["content-type"], body) if what == "transcriptions" else orjson.loads(body)
        asked = Asked(what, parsed, asyncio.get_running_loop().time() * 1000.0)
        self.log.append(asked)
        work = asyncio.ensure_future(answer(asked, send, status == 0))
        gone = asyncio.ensure_future(_gone(receive))
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not work.done():
            work.cancel()
            return None
        work.result()
        asked.whole = status != 0
        return None

    # ------------------------------------------------------------------------------------------ hearing

    async def _hear(self, asked: Asked, send: Send, _breaks: bool) -> None:
        await asyncio.sleep(self.setup.hearing_ms / 1000.0)
        with wave.open(io.BytesIO(asked.body["file"])) as file:
            asked.body["file"] = f"{file.getnframes()} frames of {file.getframerate()}"
            pcm16 = resample(file.readframes(file.getnframes()), file.getframerate(), 8000)
        async with self._listening:  # to one after the other
            self._ear = self._ear or self._engines.ear()
            asked.said = await self._ear.hear(pcm16)
        seconds = len(pcm16) / 16000
        body: dict[str, Any] = {"text": asked.said, "usage": {"type": "duration", "seconds": round(seconds)}}
        if asked.body["response_format"] == "verbose_json":
            body |= {"language": "english", "duration": seconds, "segments": [_segment(asked.said, seconds)]}
        await _head(send, 200, "application/json")
        await send({"type": "http.response.body", "body": orjson.dumps(body)})

    # ------------------------------------------------------------------------------------------ writing

    async def _write(self, asked: Asked, send: Send, breaks: bool) -> None:
        answer = self._planned(asked.body) or _thought(asked.body)
        await asyncio.sleep(self.setup.first_token_ms / 1000.0)
        await _head(send, 200, "text/event-stream")
        base = {
            "id": f"chatcmpl-{next(self._ids)}", "object": "chat.completion.chunk", "created": 1, "model": asked.body["model"],
        }  # fmt: skip

        async def chunk(delta: dict[str, Any], finish: str | None = None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
            await _event(send, base | {"choices": [choice]})

        await chunk({"role": "assistant", "content": ""})
        words = re.findall(r"\S+\s*", answer.text)
        for at, word in enumerate(words):
            if breaks and at >= len(words) // 2:
                return
            await chunk({"content": word})
            asked.said += word
            await asyncio.sleep(self.setup.token_ms / 1000.0)
        for at, use in enumerate(answer.tools):
            called = {"index": at, "id": f"call_{next(self._ids)}", "type": "function"}
            await chunk({"tool_calls": [called | {"function": {"name": use.name, "arguments": ""}}]})
            await chunk({"tool_calls": [{"index": at, "function": {"arguments": use.arguments}}]})
        await chunk({}, "tool_calls" if answer.tools else "stop")
        told = sum(len(str(each.get("content") or "")) for each in asked.body["messages"]) // 4
        usage = {"prompt_tokens": told, "completion_tokens": len(words), "total_tokens": told + len(words)}
        if asked.body.get("stream_options", {}).get("include_usage"):
            await _event(send, base | {"choices": [], "usage": usage})
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    def _planned(self, body: dict[str, Any]) -> Answer | None:
        """The next of the first answers; the same again at the same place of the talk, for whoever threw it away."""
        at = len(body["messages"])
        if at not in self._given and self._answers and "tools" in body:  # not for whoever wants a talk in short
            self._given[at] = self._answers.pop(0)
        return self._given.get(at)

    # ------------------------------------------------------------------------------------------ speaking

    async def _speak(self, asked: Asked, send: Send, breaks: bool) -> None:
        utterance = await self._engines.speak(asked.body["input"], asked.body.get("speed", 1.0))
        await asyncio.sleep(self.setup.first_sound_ms / 1000.0)
        await _head(send, 200, "audio/pcm")
        pcm16 = to_wire(utterance.audio, _PCM16_24K)
        for at in range(0, len(pcm16), _CHUNK_BYTES):
            if breaks and at >= len(pcm16) // 2:
                return
            await send({"type": "http.response.body", "body": pcm16[at : at + _CHUNK_BYTES], "more_body": True})
            asked.said = asked.body["input"]
            await asyncio.sleep(_CHUNK_BYTES / 48000 / self.setup.pace)
        await send({"type": "http.response.body", "body": b""})


def _thought(body: dict[str, Any]) -> Answer:
    """What the stand-in for a model says to such messages."""
    messages: Sequence[dict[str, Any]] = body["messages"]
    last = messages[-1]
    results: list[str] = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.insert(0, message["content"])
    used = [use["function"]["name"] for each in messages for use in each.get("tool_calls") or ()]
    tools = [{"type": "function", **each["function"]} for each in body.get("tools") or ()]
    return think(
        Situation(
            instructions=messages[0]["content"],
            override=last["content"] if last["role"] == "system" else "",
            said=last["content"] if last["role"] == "user" else None,
            results=results,
            tools=tools,
            tool_choice="auto",
            after_goodbye=bool(results) and used[-1:] == ["hang_up"],
            name=name_in(str(each["content"] or "") for each in messages if each["role"] == "user"),
        )
    )


def _segment(text: str, seconds: float) -> dict[str, Any]:
    return {
        "id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": text, "tokens": [], "temperature": 0.0,
        "avg_logprob": -0.3, "compression_ratio": 1.0, "no_speech_prob": 0.01 if text else 0.9,
    }  # fmt: skip


# ------------------------------------------------------------ ASGI


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _head(send: Send, status: int, kind: str) -> None:
    headers = [(b"content-type", kind.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _event(send: Send, body: dict[str, Any]) -> None:
    await send({"type": "http.response.body", "body": b"data: " + orjson.dumps(body) + b"\n\n", "more_body": True})


async def _refuse(send: Send, status: int, message: str) -> None:
    await _head(send, status, "application/json")
    error = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    await send({"type": "http.response.body", "body": orjson.dumps(error)})


def _form(kind: str, body: bytes) -> dict[str, Any]:
    """The fields of a multipart form; files as bytes."""
    whole = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    found: dict[str, Any] = {}
    for part in whole.iter_parts():
        content = bytes(part.get_payload(decode=True))
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = content if part.get_filename() else content.decode()
    return found
