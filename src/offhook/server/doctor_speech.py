"""What the doctor looks at of speech: the embedded engine, which is really asked to speak and to understand, and the agent."""

import asyncio
import importlib.util
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.models import engine_for
from offhook.audio import g711
from offhook.audio.silero import WEIGHTS, Silero
from offhook.audio.vad import WINDOW
from offhook.errors import OffhookError
from offhook.server.finding import Finding, missing, note, ok, wrong
from offhook.speech.cafe.desk import GRAMMAR
from offhook.speech.engines.espeak import EspeakSynthesizer
from offhook.speech.engines.pocketsphinx import PocketsphinxPool

PHRASE = "what are your opening hours"
MARGIN = bytes(2 * 2400)  # 300 ms before and after, as a call has them
PATIENCE_S = 20.0

NOBODY = Credentials()


def weights(path: Path = WEIGHTS) -> Finding:
    """Whether the voice detector can be used."""
    name = "voice detector"
    if not path.is_file():
        return missing(
            name,
            "Its weights are not installed, so loudness alone tells speech from silence: "
            "install offhook again without OFFHOOK_SKIP_VAD.",
        )
    try:
        if not zipfile.is_zipfile(path):  # numpy would leave it open
            raise ValueError("no archive")
        silero = Silero(path)
        silero(np.zeros((1, WINDOW), np.float32), np.zeros((1, silero.state_size), np.float32))
    except Exception as error:  # noqa: BLE001
        return wrong(name, f"Its weights cannot be used ({type(error).__name__}): install offhook again.")
    return ok(name, "Silero's weights are installed and load.")


def engine() -> list[Finding]:
    """Whether the embedded engine is installed and works: it says a phrase and has to understand it."""
    name = "embedded engine"
    if importlib.util.find_spec("pocketsphinx") is None:
        return [missing(name, "Not installed: model=“local” and the demo need it; run pip install 'offhook[local]'.")]
    findings = []
    if importlib.util.find_spec("espeakng_loader") is None:
        findings.append(
            note(name, "espeakng-loader is not installed: a voice of the system is used, without word times.")
        )
    began = time.monotonic()
    try:
        heard = asyncio.run(_say_and_understand())
    except OffhookError as error:
        return [*findings, wrong(name, f"It does not work: {error}")]
    except TimeoutError:
        return [
            *findings,
            wrong(name, f"It did not answer within {PATIENCE_S:.0f} s: look at the load of this machine."),
        ]
    if heard != PHRASE:
        return [*findings, wrong(name, f"It said “{PHRASE}” and understood “{heard}”: install offhook[local] again.")]
    return [*findings, ok(name, f"It said “{PHRASE}” and understood it, in {time.monotonic() - began:.1f} s.")]


async def _say_and_understand() -> str:
    synthesizer = EspeakSynthesizer()
    pool = PocketsphinxPool(GRAMMAR, workers=1)
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, spoken = await asyncio.gather(pool.start(), synthesizer.speak(PHRASE))
            recogniser = pool.recogniser()
            recogniser.begin()
            recogniser.feed(MARGIN + g711.decode(spoken.audio) + MARGIN)
            return (await recogniser.end()).text
    finally:
        await asyncio.gather(pool.close(), synthesizer.close())


def agents(
    load: Callable[[], list[Agent]], target: str | None, *, told: bool, credentials: Credentials = NOBODY
) -> tuple[Finding, list[Agent]]:
    """Whether the agents load, and their models are known and have what they need; and those that do. `told`: the
    environment names a model."""
    name = target or "agent"
    try:
        loaded = load()
        models = sorted({model for agent in loaded for model in agent.models})
        for model in models:
            engine_for(model, credentials)
    except OffhookError as error:
        return (wrong if target or told else missing)(name, str(error)), []
    except SystemExit:
        why = f"{target} ends the program while it is imported: keep that behind if __name__ == '__main__'."
        return wrong(name, why), []
    if not models:
        return note(name, "A function chooses the agent of each call; the module itself holds none."), []
    return ok(name, f"Loads; it answers with the model {' and '.join(models)}."), loaded
