"""Parts of a cascade that are objects in this process and not names of services: they hear, think and speak as the stand-in
provider does, and keep its log. The recogniser has words before the turn is over and tells them at once, the model's text comes
in pieces of any length, the voice knows when each word is said."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any

import orjson

from offhook.agent.agent import Agent
from offhook.agent.options import Cascade
from offhook.audio.format import MULAW_8K
from offhook.parts.openai_chat import request
from offhook.sim.model_drive import Ear, Engines
from offhook.sim.model_http import Asked, HttpModel, _thought
from offhook.speech.base import Message, Recognised, Sound, Tokens, ToolSpec, ToolUse, Wishes


class Objects:
    """The three of them; for the calls of one world."""

    format = MULAW_8K
    levelled = True
    pause_ms = 200
    tools = True

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self.provider: HttpModel
        """Whose speed, answers and log are those of the call that is being made."""

    def of(self, agent: Agent, provider: HttpModel) -> Agent:
        """The agent, made of them."""
        self.provider = provider
        return replace(agent, cascade=Cascade(self, self, self))

    async def start(self) -> None: ...
    async def close(self) -> None: ...

    def recogniser(self, language: str) -> "Hearer":
        """One for a new caller."""
        return Hearer(self._engines.ear())

    def voice(self, name: str | None, language: str) -> "Objects":
        """The only one."""
        return self

    def _log(self, what: str, body: dict[str, Any]) -> Asked:
        asked = Asked(what, body, asyncio.get_running_loop().time() * 1000.0)
        self.provider.log.append(asked)
        return asked

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = (), wishes: Wishes = Wishes()
    ) -> AsyncGenerator[str | ToolUse | Tokens, None]:  # fmt: skip
        """Ten letters at a time, wherever they end."""
        setup, body = self.provider.setup, orjson.loads(orjson.dumps(request("object", messages, tools, wishes)))
        answer, asked = self.provider._planned(body) or _thought(body), self._log("completions", body)
        await asyncio.sleep(setup.first_token_ms / 1000.0)
        for at in range(0, len(answer.text), 10):
            asked.said += answer.text[at : at + 10]
            yield answer.text[at : at + 10]
            await asyncio.sleep(setup.token_ms / 500.0)
        for at, use in enumerate(answer.tools):
            yield ToolUse(f"use{len(self.provider.log)}-{at}", use.name, use.arguments)
        asked.whole = True
        yield Tokens("object", text_in=100, text_out=10)

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """All at once."""
        self._log("speech", {"input": text})
        utterance = await self._engines.speak(text, 1.0)
        yield Sound(utterance.audio, utterance.words)


class Hearer:
    """One caller's recogniser."""

    complete = False

    def __init__(self, ear: Ear) -> None:
        self._ear, self._audio = ear, bytearray()
        self._busy = asyncio.Lock()

    def begin(self) -> None:
        self._audio.clear()

    def feed(self, audio: bytes) -> None:
        self._audio += audio

    def pause(self) -> "asyncio.Future[Recognised]":
        return self.end()

    def end(self) -> "asyncio.Future[Recognised]":
        return asyncio.ensure_future(self._hear(bytes(self._audio)))

    def cancel(self) -> None: ...

    async def _hear(self, pcm16: bytes) -> Recognised:
        async with self._busy:
            return Recognised(await self._ear.hear(pcm16))

    def close(self) -> None:
        self._ear.close()
