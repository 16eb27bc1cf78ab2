"""A short session with a realtime model, to see whether it works: is it there, does it take an agent's settings, does it
hear a second of speech in the telephone's format, does it answer."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from offhook.agent.options import OwnTurns, Transcription
from offhook.agent.prices import used
from offhook.agent.realtime import messages as say
from offhook.agent.realtime import wire
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.session import Session
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.errors import LegFailed

PATIENCE_S = 10.0
"""For each word of the server's that is waited for."""
MARGIN = MULAW_8K.silence(300)
PIECE = 800
"""Bytes of one message: 100 ms of µ-law."""
ONE_WORD = {"instructions": "Say only the word yes."}


@dataclass(slots=True)
class Trial:
    """What came of it, in the order in which it was tried; what comes after a failure was not tried."""

    refused: str = ""
    """Why there was no session, in a sentence."""
    heard: str | None = None
    """What the server wrote down of the speech; None: nothing of the speech reached it. Empty: no words were made of it."""
    failed: str = ""
    """Why no answer came, in a sentence."""
    usd: float | None = 0.0
    """What the server counted, as far as the prices are known; None if they are not."""


async def attempt(shape: say.Shape, backend: Backend, speech: bytes) -> Trial:
    """Opens a session as the agent's calls would, then takes the turns away from the server and speaks to it.

    `speech` is µ-law 8 kHz; without any, only the session is tried.
    """
    found = Trial()
    session = Session(shape.dialect, backend.name)
    try:
        await session.open(backend.connect, say.session_update(shape, ""))
        if speech:
            await _Talk(session, shape, backend, found).run(speech)
    except LegFailed as failed:
        found.refused = str(failed)
    finally:
        await session.leave()
    return found


class _Talk:
    """What is said in the session."""

    def __init__(self, session: Session, shape: say.Shape, backend: Backend, found: Trial) -> None:
        self._session, self._shape, self._backend, self._found = session, shape, backend, found
        loop = asyncio.get_running_loop()
        self._committed: asyncio.Future[bool] = loop.create_future()
        self._written: asyncio.Future[str] = loop.create_future()
        self._answered: asyncio.Future[str] = loop.create_future()
        session.on_fact = self._on_fact

    async def run(self, speech: bytes) -> None:
        """Raises LegFailed if the session is lost."""
        options, hosted = self._shape.agent.realtime, self._shape.hosted
        quiet = replace(options, turns=OwnTurns(), transcription=options.transcription or Transcription())
        shape = replace(self._shape, agent=replace(self._shape.agent, realtime=quiet))
        self._session.send(say.session_update(shape, ""))
        audio = _in_format(MARGIN + speech + MARGIN, options.audio)
        for at in range(0, len(audio), PIECE):
            self._session.send_audio(audio[at : at + PIECE])
        self._session.send(say.commit())
        if not await self._wait(self._committed, False):
            return
        self._found.heard = ""
        if not hosted:  # whose words are not ours to choose
            text = {"output_modalities" if shape.dialect.nested else "modalities": ["text"]}
            self._session.send(say.create(ONE_WORD | text, "trial"))
            self._found.failed = await self._wait(self._answered, f"{self._backend.name} does not answer.")
        self._found.heard = await self._wait(self._written, "")

    async def _wait(self, word: "asyncio.Future[Any]", otherwise: Any) -> Any:
        await asyncio.wait((word, self._session.lost), timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        if self._session.lost.done():
            raise self._session.lost.result()
        return word.result() if word.done() else otherwise

    def _on_fact(self, fact: wire.Fact) -> None:
        match fact:
            case wire.Committed():
                _tell(self._committed, True)
            case wire.Transcribed(_, text, usage):
                self._count(self._shape.transcriber, usage)
                _tell(self._written, text)
            case wire.ResponseDone(_, status, _, code, usage):
                self._count(self._backend.model, usage)
                why = f"{self._backend.name} fails to answer: {code or status}." if status == "failed" else ""
                _tell(self._answered, why)
            case wire.Problem(code, event_id=event_id, warning=False):
                if event_id == "trial":
                    _tell(self._answered, f"{self._backend.name} refuses to answer: {code}.")
                _tell(self._committed, False)

    def _count(self, model: str, usage: dict[str, Any]) -> None:
        counted = used(model, self._backend.provider, usage)
        if counted is not None:
            known = counted.usd is not None and self._found.usd is not None
            self._found.usd = (self._found.usd or 0.0) + (counted.usd or 0.0) if known else None


def _tell(word: "asyncio.Future[Any]", value: Any) -> None:
    if not word.done():
        word.set_result(value)


def _in_format(mulaw: bytes, audio: str) -> bytes:
    if audio == "mulaw":
        return mulaw
    from offhook.audio.convert import Converter

    return Converter(MULAW_8K, PCM16_24K)(mulaw)
