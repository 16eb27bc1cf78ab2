"""Lines made ready for calls to come, after the start: at once by the embedded synthesizer, then in the agents' own voices.

Each agent's model says its lines word by word, in one session for all of them, one session at a time. Nothing waits for
this, and nothing fails with it: a call that needs a line which is not there goes on without.
"""

import asyncio
import contextlib
import dataclasses
import logging
from typing import TYPE_CHECKING

from offhook.agent.briefing import SAY
from offhook.agent.greetings import Piece, Recording
from offhook.agent.options import OwnTurns
from offhook.agent.realtime import messages as say
from offhook.agent.realtime import wire
from offhook.agent.realtime.line import Backend
from offhook.agent.realtime.lines import key, spare_key
from offhook.agent.realtime.session import Session
from offhook.audio.convert import Converter
from offhook.audio.format import MULAW_8K, PCM16_24K
from offhook.errors import ConfigError, LegFailed

if TYPE_CHECKING:
    from offhook.speech.engines.espeak import EspeakSynthesizer

log = logging.getLogger(__name__)

AFTER_S = 5.0  # the start is over by then, and the first calls are no slower for it
EACH_S = 15.0  # for one line
READ_ALOUD = (
    "You read sentences aloud on the telephone, exactly as they are written and friendly, and say nothing else."
)


class Rendering:
    """The lines of all agents of one backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._wanted: list[say.Shape] = []
        self._running: asyncio.Task[None] | None = None
        self._synthesizer: EspeakSynthesizer | None = None

    def want(self, shape: say.Shape) -> None:
        """An agent's lines are wanted. Returns at once."""
        self._wanted.append(shape)
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._render(), name="lines")

    async def close(self) -> None:
        """Stops. Idempotent."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        if self._synthesizer is not None:  # which was being closed when it was cancelled
            await self._synthesizer.close()

    async def _render(self) -> None:
        spoken: list[say.Shape] = []
        while self._wanted:
            spoken.append(self._wanted.pop(0))
            await self._by_synthesizer(spoken[-1])
        await asyncio.sleep(AFTER_S)
        spoken += self._wanted
        self._wanted.clear()
        for shape in spoken:
            try:
                await self._by_model(shape)
            except LegFailed as failed:
                log.info("the lines of an agent are not in its own voice: %s", failed)

    def _texts(self, shape: say.Shape) -> list[str]:
        lines = shape.agent.phrases.in_language(shape.agent.language)
        return [text for texts in lines.values() for text in texts]

    # ------------------------------------------------------------------------------------------ the embedded synthesizer

    async def _by_synthesizer(self, shape: say.Shape) -> None:
        kept = self._backend.greetings
        wanted = [text for text in self._texts(shape) if kept.find(spare_key(shape, text)) is None]
        if not wanted:
            return
        try:
            from offhook.speech.engines.espeak import EspeakSynthesizer, espeak_voice

            synthesizer = self._synthesizer = EspeakSynthesizer(espeak_voice(shape.agent.language))
        except (ImportError, ConfigError) as missing:
            log.info("there is no synthesizer for an agent's lines: %s", missing)
            return
        try:
            for text in wanted:
                audio = (await synthesizer.speak(text)).audio
                if shape.agent.realtime.audio == "pcm16":
                    convert = Converter(MULAW_8K, PCM16_24K, aligned=True)
                    audio = convert(audio) + convert.flush()
                kept.keep(spare_key(shape, text), text, ((audio, text),))
        except LegFailed as failed:
            log.info("the synthesizer cannot say an agent's lines: %s", failed)
        finally:
            await synthesizer.close()
            self._synthesizer = None

    # ------------------------------------------------------------------------------------------ the model

    async def _by_model(self, shape: say.Shape) -> None:
        kept, model = self._backend.greetings, self._backend.model
        wanted = [text for text in self._texts(shape) if kept.find(key(model, shape, text)) is None]
        if not wanted:
            return
        session = Session(shape.dialect, self._backend.name)
        try:
            await session.open(self._backend.connect, say.session_update(_reading(shape), READ_ALOUD))
            for text in wanted:
                if not kept.keep(key(model, shape, text), text, await self._said(session, shape.dialect, text)):
                    log.info("%s said a line in other words than it was told to", self._backend.name)
        finally:
            session.close()

    async def _said(self, session: Session, dialect: wire.Dialect, text: str) -> list[Piece]:
        recording = Recording(text)
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def take(fact: wire.Fact) -> None:
            match fact:
                case wire.ResponseCreated(response):
                    recording.response = response
                case wire.Audio(response, _, audio):
                    recording.audio(response, audio)
                case wire.Words(response, _, words):
                    recording.words(response, words)
                case wire.ResponseDone() | wire.Problem(warning=False) if not over.done():
                    over.set_result(None)

        session.on_fact = take
        session.send(say.create(say.exactly(text) if dialect.says_exactly else say.instructed(SAY.format(text))))
        await asyncio.wait((over, session.lost), timeout=EACH_S, return_when=asyncio.FIRST_COMPLETED)
        if session.lost.done():
            raise session.lost.result()
        if not over.done():
            raise LegFailed(f"{self._backend.name} did not say a line within {EACH_S:g} s.", retryable=True)
        return recording.pieces


def _reading(shape: say.Shape) -> say.Shape:
    """The agent's voice, and nothing else of it: it hears nobody and has no tools."""
    options = dataclasses.replace(shape.agent.realtime, turns=OwnTurns(), transcription=None, tool_choice="auto")
    agent = dataclasses.replace(shape.agent, tools=(), can_hang_up=False, realtime=options)
    return dataclasses.replace(shape, agent=agent)
