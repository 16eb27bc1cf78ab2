"""A script gets its sound."""

import asyncio
import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from offhook.audio import g711, wav
from offhook.audio.level import speech_rms
from offhook.errors import ConfigError
from offhook.sim.media import SILENT_FRAME
from offhook.sim.script import parse
from offhook.sim.steps import BargeIn, Noise, Say, Sound
from offhook.sim.stream import StreamPlayback
from offhook.sim.voicing import Voiced, Voices, voiced

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("espeakng_loader") is None, reason="offhook[local] is not installed"
)


def with_sound(text: str, folder: Path = Path()) -> Voiced:
    async def render() -> Voiced:
        async with Voices() as voices:
            return await voiced(parse(text, "a.yaml"), folder, voices)

    return asyncio.run(render())


def dbfs(mulaw: bytes) -> float:
    samples = np.frombuffer(g711.decode(mulaw), "<i2").astype(float)
    return float(20 * np.log10(speech_rms(samples, 8000) / 32768))


def test_words_sounds_and_noises_are_as_loud_as_they_should_be() -> None:
    steps = "[say: hello there, interrupt: {after: 1s, say: no}, cough, uh-huh, noise: {babble: 5dB, for: 1s}]"
    say, interrupt, cough, uh_huh, babble = [
        step for step in with_sound(f"steps: {steps}").steps if isinstance(step, Say | BargeIn | Sound | Noise)
    ]
    assert [dbfs(step.audio) for step in (say, interrupt, uh_huh)] == pytest.approx([-20] * 3, abs=1)
    assert dbfs(cough.audio) == pytest.approx(-18, abs=0.5)
    assert dbfs(babble.audio) == pytest.approx(-25, abs=0.5)
    assert 0.2 < len(uh_huh.audio) / 8000 < 1.0


def test_a_seed_makes_the_same_call() -> None:
    text = "steps: [cough, cough, knock]\nline: {noise: {street: 20dB}}\nseed: "
    first, again, other = (with_sound(text + seed) for seed in "445")
    assert (first.steps, first.bed) == (again.steps, again.bed)
    assert first.steps != other.steps and first.bed != other.bed
    assert first.steps[0].audio != first.steps[1].audio, "two coughs are two coughs"


def test_a_file_lies_beside_its_script(tmp_path: Path) -> None:
    wav.write_wav(tmp_path / "door.wav", b"\1\2" * 800, 8000)
    (sound, *_) = with_sound("steps: [play: door.wav]", tmp_path).steps
    assert isinstance(sound, Sound) and len(sound.audio) == 800
    with pytest.raises(ConfigError, match=r"a.yaml, step 1: .*nodoor.wav cannot be read as audio"):
        with_sound("steps: [play: nodoor.wav]", tmp_path)


def test_a_voice_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no voice 'of-nobody'"):
        with_sound("voice: of-nobody\nsteps: [say: hello]")


def test_what_is_to_be_heard_is_imitated_by_every_voice_the_agent_may_have() -> None:
    script = with_sound("steps: [hear: large latte]\nexpect: [not_heard: sorry]")
    assert {words: len(said) for words, said in script.phrases.items()} == {"large latte": 2, "sorry": 2}
    assert with_sound("agent voice: other\nsteps: [hear: large latte]").phrases == {"large latte": []}


def test_a_caller_can_be_made_again_and_again() -> None:
    script = with_sound("steps: [pause: 1s]\nline: {noise: 20dB}")
    ear = StreamPlayback()
    frames = [script.caller()[0].frame(20.0, ear) for _ in range(2)]
    assert frames[0] == frames[1] != SILENT_FRAME


@pytest.mark.parametrize(("text", "where"), [
    ("steps: [cough, hear: tea]", "step 2"), ("steps: [cough]\nexpect: [not_heard: tea]", "not_heard"),
])  # fmt: skip
def test_a_word_too_short_for_the_ear_is_refused(text: str, where: str) -> None:
    with pytest.raises(ConfigError, match=f"a.yaml, {where}: “tea” is too short"):
        with_sound(text)


def test_a_pipe_to_be_played_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.wav")
    with pytest.raises(ConfigError, match=r"a.yaml, step 1: .*fifo.wav is no regular file"):
        with_sound("steps: [play: fifo.wav]", tmp_path)
