"""What a recogniser makes of recorded people at the end of the whole road, beside what it makes of the same 8 kHz audio as a file.

    PYTHONPATH=src python -m tests.contract.people FOLDER

The road: a caller at the simulated carrier, Twilio's wire, the network, the call, voice activity, the lead before it, the end of
the turn, the change to 16 kHz, the request to a server of parts. The file: cut before and behind the speech, which is known to be
the only loud thing in it, and given to the same recogniser whole. FOLDER is that of `python -m bench.understanding`.
"""

import asyncio
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.understanding import Clip, clips_of, telephone

from offhook.audio import g711
from offhook.audio.wav import write_wav
from offhook.sim.clock import SimLoop
from offhook.sim.model_drive import SpeechEngines, _PocketsphinxEar
from offhook.speech.cafe.phrasebook import GRAMMAR, Meaning, understand
from offhook.speech.engines.pocketsphinx import PocketsphinxPool
from tests.contract.backends import Backend
from tests.contract.stage import Stage, World


@dataclass(frozen=True, slots=True)
class Both:
    """One recording, twice."""

    clip: Clip
    file: str
    road: tuple[str, ...]
    """The words of each turn."""

    def right(self, words: str) -> bool:
        """All that was ordered was understood."""
        return self.clip.slots is not None and understand(words) == Meaning("order", self.clip.slots)


class CafeEngines(SpeechEngines):
    """Ears for what is said at a café's desk."""

    def __init__(self) -> None:
        super().__init__("en-us")
        self._pool = PocketsphinxPool(GRAMMAR, 1)

    async def hear(self, pcm16: bytes) -> str:
        """A file, by somebody who never heard the voice."""
        ear = self.ear()
        assert isinstance(ear, _PocketsphinxEar)
        words = await ear.hear(pcm16)
        ear.close()
        return words


def speech_in(pcm16: bytes) -> bytes:
    """From 300 ms before the first loud moment to 100 ms behind the last: what is within 25 dB of the loudest."""
    samples = np.frombuffer(pcm16, "<i2").astype(float)
    power = (samples[: len(samples) // 80 * 80].reshape(-1, 80) ** 2).mean(axis=1)
    power = np.convolve(power, np.ones(3) / 3, "same")
    loud = np.flatnonzero(power > power.max() * 10**-2.5)
    return pcm16[max(0, loud[0] * 10 - 300) * 16 : (loud[-1] * 10 + 100) * 16]


async def heard(world: World, clips: Sequence[Clip], folder: Path) -> list[Both]:
    """Each recording as a call of its own. `folder` is for files of the callers."""
    ears, usual = CafeEngines(), world.model
    await ears.start()
    world.model = ears
    found = []
    try:
        for clip in clips:
            line = g711.decode(telephone(clip.pcm16, zlib.crc32(clip.name.encode())))
            with (folder / f"{clip.name}.wav").open("wb") as file:
                write_wav(file, line, 8000)
            script = f"  - pause: 500ms\n  - play: {clip.name}.wav\n  - pause: 3s\n"
            calling = await Stage(world, Backend("cascade")).call(script, greeting="", tools=(), folder=folder)
            said = tuple(text for role, text in calling.turns() if role == "caller")
            found.append(Both(clip, await ears.hear(speech_in(line)), said))
    finally:
        world.model = usual
        await ears.close()
    return found


def main() -> None:
    """Prints both figures."""
    clips = [clip for clip in clips_of(Path(sys.argv[1])) if clip.slots is not None]
    with asyncio.Runner(loop_factory=SimLoop) as runner, tempfile.TemporaryDirectory() as folder:
        world = World()
        runner.run(world.start())
        found = runner.run(heard(world, clips, Path(folder)))
        runner.run(world.close())
    file, road = (sum(each.right(text) for each, text in told) for told in (
        [(each, each.file) for each in found], [(each, each.road[0] if each.road else "") for each in found],
    ))  # fmt: skip
    joined = sum(each.right(" ".join(each.road)) for each in found)
    alike = sum(each.road[:1] == (each.file,) for each in found)
    print(
        f"{len(found)} orders: {file} right as a file, {road} by the first turn of a call ({joined} by all turns), {alike} word by word alike"
    )
    for each in found:
        if each.road[:1] != (each.file,):
            print(f"   {each.clip.name}: file “{each.file}” road {each.road}")


if __name__ == "__main__":
    main()
