"""Gives a script its sound: words by the voices of espeak-ng, sounds and noises made by sounds.py, files as they are."""

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from offhook.audio import g711, wav
from offhook.errors import ConfigError
from offhook.sim import sounds
from offhook.sim.caller import Caller
from offhook.sim.line import Line
from offhook.sim.script import Script
from offhook.sim.steps import BargeIn, Hear, Noise, Say, Sound, Step
from offhook.sim.understanding import HOP_MS, MODEL, SHORTEST_MS, Matrix, Norm, Understanding, imitation, norm_of
from offhook.speech.engines.espeak import EspeakSynthesizer

BED_S = 12.0
"""A noise is made once and repeated."""
CROWD = ("en-us", "en", "en-us+f3", "en-gb-scotland")
CHATTER = (
    MODEL,
    "I told her that the train would never be on time, but she wanted to wait for it anyway.",
    "So then we went down to the harbour and had a look at all those boats, you know, the big ones.",
    "No, the other one, with the blue roof, just behind the school where my brother used to work.",
)


class Voices:
    """Voices of espeak-ng, each started when it is first needed. Use it in `async with`."""

    def __init__(self) -> None:
        self._synthesizers: dict[str, EspeakSynthesizer] = {}
        self._norms: dict[str, Norm] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await asyncio.gather(*(each.close() for each in self._synthesizers.values()))

    async def speak(self, voice: str, words: str) -> bytes:
        """Words as µ-law. Raises ConfigError if there is no such voice."""
        if voice not in self._synthesizers:
            self._synthesizers[voice] = EspeakSynthesizer(voice)
            await self._synthesizers[voice].start()
        return (await self._synthesizers[voice].speak(words)).audio

    async def imitate(self, voice: str, words: str) -> Matrix:
        """Words as a voice says them, to compare."""
        if voice not in self._norms:
            self._norms[voice] = norm_of(await self.speak(voice, MODEL))
        return imitation(await self.speak(voice, words), self._norms[voice])


@dataclass(slots=True)
class Voiced:
    """A script with its sound, ready to be played any number of times."""

    script: Script
    steps: list[Step]
    bed: bytes
    phrases: dict[str, list[Matrix]]

    def caller(self, told: Callable[[float], str] = lambda _since_ms: "") -> tuple[Caller, Understanding]:
        """The person for one call, and that person's understanding. `told`: as in `Understanding`."""
        room = self.script.room
        line = Line(room.echo_ms, 0.0 if room.echo_db is None else 10 ** (room.echo_db / 20))
        line.add_noise(self.bed, 0.0)
        understanding = Understanding(self.phrases, told, f"the voice {' or '.join(self.script.agent_voices)}")
        return Caller(self.steps, line=line, understanding=understanding, strict=True), understanding


async def voiced(script: Script, folder: Path, voices: Voices) -> Voiced:
    """The sound of a script, whose files lie in `folder`. Raises ConfigError for a voice or a file that is not there."""
    steps = [await _step(script, step, folder, voices) for step in script.steps]
    words = {step.words: f"step {step.number}" for step in steps if isinstance(step, Hear)}
    words |= {str(each.wanted): "not_heard" for each in script.expect if each.name == "not_heard"}
    phrases = {each: [await voices.imitate(voice, each) for voice in script.agent_voices] for each in words}
    for each, where in words.items():
        if phrases[each] and max(map(len, phrases[each])) * HOP_MS < SHORTEST_MS:
            raise ConfigError(
                f"{script.file}, {where}: “{each}” is too short to be told from other words by ear: give more of the sentence."
            )
    bed = await _noise(*script.room.noise, _random(script, 0), voices) if script.room.noise else b""
    return Voiced(script, steps, bed, phrases)


async def _step(script: Script, step: Step, folder: Path, voices: Voices) -> Step:
    match step:
        case Say() | BargeIn():
            return dataclasses.replace(step, audio=await voices.speak(script.voice, step.words))
        case Sound():
            return dataclasses.replace(step, audio=await _sound(script, step, folder, voices))
        case Noise():
            kind, level = step.name.split()
            audio = await _noise(kind, float(level.removesuffix("dB")), _random(script, step.number), voices)
            return dataclasses.replace(step, audio=audio)
    return step


async def _sound(script: Script, step: Sound, folder: Path, voices: Voices) -> bytes:
    if step.name in sounds.BACKCHANNELS:
        return await voices.speak(script.voice, sounds.BACKCHANNELS[step.name])
    if step.name in sounds.SOUNDS:
        return _mulaw(sounds.SOUNDS[step.name](_random(script, step.number)))
    name = step.name.removeprefix("play ")
    try:
        return g711.encode(wav.read_audio(folder / name, sounds.RATE))
    except ConfigError as error:
        raise ConfigError(f"{script.file}, step {step.number}: {error}") from error


async def _noise(kind: str, below_db: float, rng: sounds.Random, voices: Voices) -> bytes:
    match kind:
        case "babble":
            said = [await voices.speak(voice, text) for voice, text in zip(CROWD, CHATTER, strict=True)]
            talkers = [np.frombuffer(g711.decode(each), "<i2").astype(np.float64) for each in said]
            noise = sounds.babble(rng, BED_S, talkers)
        case "street":
            noise = sounds.street(rng, BED_S)
        case _:
            noise = sounds.white(rng, BED_S)
    return _mulaw(sounds.at_level(noise, sounds.SPEECH_DBFS - below_db))


def _random(script: Script, number: int) -> sounds.Random:
    return np.random.default_rng([script.seed, number])


def _mulaw(samples: sounds.Samples) -> bytes:
    return g711.encode(np.rint(samples).clip(-32768, 32767).astype("<i2").tobytes())
