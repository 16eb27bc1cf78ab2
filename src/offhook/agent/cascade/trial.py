"""The parts of an agent, tried: each is made as at the start of a server; then the voice says a phrase, the recogniser hears it,
and the language model is asked it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.audio.convert import Converter
from offhook.audio.format import PCM16_8K
from offhook.errors import ConfigError, LegFailed
from offhook.outside import clock
from offhook.parts.names import Kind, part
from offhook.speech.base import Message

PHRASE = "What are your opening hours?"
KINDS: tuple[Kind, ...] = ("tts", "stt", "llm")
"""In the order in which they are tried: what the voice says is what the recogniser hears."""
MARGIN = PCM16_8K.silence(300)
PATIENCE_S = 30.0


@dataclass(slots=True)
class PartTrial:
    """What came of one part."""

    kind: Kind
    name: str
    wrong: str = ""
    """Why it cannot be used, in a sentence."""
    tried: bool = False
    """It was asked to do something, and did."""
    untried: str = ""
    """Why it was not, though that was wanted."""
    said: str = ""
    """What the recogniser heard, or the model answered."""
    ms: float = 0.0
    """Until the first sound, the words, or the first of the answer."""
    word_times: bool = False
    """The voice tells when its words end."""


async def attempt(agent: Agent, credentials: Credentials, *, online: bool) -> list[PartTrial]:
    """Makes each part; `online`: and uses it, which may cost a fraction of a cent."""
    made: dict[Kind, Any] = {}
    found = {kind: await _make(kind, agent, credentials, made) for kind in KINDS}
    try:
        if online:
            await _use(agent, made, found)
    finally:
        await asyncio.gather(*(each.close() for each in made.values()))
    return [found[kind] for kind in ("stt", "llm", "tts")]


async def _make(kind: Kind, agent: Agent, credentials: Credentials, made: dict[Kind, Any]) -> PartTrial:
    named = getattr(agent.cascade, kind)
    found = PartTrial(kind, named if isinstance(named, str) else type(named).__name__)
    if not isinstance(named, str):  # it is the user's, who may not want it started and closed here
        return found
    try:
        made[kind] = part(kind, named, credentials.keys)
        await made[kind].start()
        if kind == "stt":
            made[kind].recogniser(agent.language).close()
        elif kind == "tts":
            _voice(made[kind], agent)
    except ConfigError as error:
        found.wrong = str(error)
        if kind in made:
            await made.pop(kind).close()
    return found


def _voice(voices: Any, agent: Agent) -> Any:
    return voices.voice(agent.voice if isinstance(agent.voice, str) else None, agent.language)


async def _use(agent: Agent, made: dict[Kind, Any], found: dict[Kind, PartTrial]) -> None:
    speech = b""

    async def speak() -> None:
        nonlocal speech
        speech = await _spoken(_voice(made["tts"], agent), found["tts"])

    async def hear() -> None:
        await _heard(made["stt"], agent, speech, found["stt"])

    async def answer() -> None:
        await _answered(made["llm"], found["llm"])

    uses: dict[Kind, Callable[[], Awaitable[None]]] = {"tts": speak, "stt": hear, "llm": answer}
    for kind in KINDS:
        if kind in made and (kind != "stt" or speech):
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await uses[kind]()
            except LegFailed as failed:
                found[kind].wrong = str(failed)
            except TimeoutError:
                found[kind].wrong = f"It did not answer within {PATIENCE_S:.0f} s."
        elif kind in made:
            found[kind].untried = "It can be made; it was not tried, since the voice that speaks to it does not work."


async def _spoken(voice: Any, found: PartTrial) -> bytes:
    """What it says, as a recogniser gets it."""
    time = clock(asyncio.get_running_loop())
    began, audio, convert = time(), bytearray(), Converter(voice.format, PCM16_8K, aligned=True)
    async with aclosing(voice.say(PHRASE)) as sounds:
        async for sound in sounds:
            found.ms = found.ms or (time() - began) * 1000.0
            audio += convert(sound.audio)
    if not audio:
        raise LegFailed("It made no sound.")
    found.tried, found.word_times = True, getattr(voice, "word_times", False)
    return bytes(audio + convert.flush())


async def _heard(recognition: Any, agent: Agent, speech: bytes, found: PartTrial) -> None:
    time = clock(asyncio.get_running_loop())
    recogniser = recognition.recogniser(agent.language)
    try:
        recogniser.begin()
        recogniser.feed(MARGIN + speech + MARGIN)
        began = time()
        found.said = (await recogniser.end()).text
        found.ms, found.tried = (time() - began) * 1000.0, True
    finally:
        recogniser.close()


async def _answered(model: Any, found: PartTrial) -> None:
    if not hasattr(model, "answer"):  # a mind of its own, which needs a call
        found.tried = True
        return
    time = clock(asyncio.get_running_loop())
    began = time()
    told = [Message("system", "You are on the telephone. Answer in one short sentence."), Message("user", PHRASE)]
    async with aclosing(model.answer(told)) as parts:
        async for each in parts:
            if isinstance(each, str):
                found.ms = found.ms or (time() - began) * 1000.0
                found.said += each
    if not found.said.strip():
        raise LegFailed("It answered nothing.")
    found.tried = True
