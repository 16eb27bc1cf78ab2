"""The synthesizer with the real engine in its worker."""

import asyncio
import importlib.util
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from offhook.audio import g711
from offhook.audio.format import MULAW_8K
from offhook.audio.level import speech_rms
from offhook.errors import ConfigError
from offhook.speech.base import Synthesizer, Utterance
from offhook.speech.cafe.desk import Desk
from offhook.speech.engines.espeak import COMMANDS, EspeakSynthesizer, espeak_voice

needs_library = pytest.mark.skipif(
    importlib.util.find_spec("espeakng_loader") is None, reason="offhook[local] is not installed"
)


def _with(test: Callable[[EspeakSynthesizer], Awaitable[None]], synthesizer: EspeakSynthesizer | None = None) -> None:
    async def main() -> None:
        espeak = synthesizer or EspeakSynthesizer()
        try:
            await test(espeak)
        finally:
            await espeak.close()

    asyncio.run(main())


def _spoken_ms(utterance: Utterance) -> float:
    return len(utterance.audio) / MULAW_8K.bytes_per_ms


@needs_library
def test_it_is_a_synthesizer_of_mulaw() -> None:
    synthesizer: Synthesizer = EspeakSynthesizer()
    assert synthesizer.format == MULAW_8K


@needs_library
def test_every_word_has_its_time() -> None:
    async def test(espeak: EspeakSynthesizer) -> None:
        text = "Hello there, the café is open. Come in!"
        utterance = await espeak.speak(text)
        said = [text[: word.end_char] for word in utterance.words]
        assert [part.split()[-1] for part in said] == text.split()
        ends = [word.end_ms for word in utterance.words]
        assert ends == sorted(ends)
        assert 1500 < ends[-1] <= _spoken_ms(utterance) < 5000

    _with(test)


@needs_library
def test_speech_begins_at_once_at_telephone_level() -> None:
    async def test(espeak: EspeakSynthesizer) -> None:
        samples = np.frombuffer(g711.decode((await espeak.speak("Two cups of tea.")).audio), "<i2").astype(float)
        assert np.flatnonzero(np.abs(samples) > np.abs(samples).max() / 50)[0] / 8 < 30
        assert 20 * np.log10(speech_rms(samples, 8000) / 32768) == pytest.approx(-20, abs=1)

    _with(test)


@needs_library
def test_the_greeting_is_short() -> None:
    async def test(espeak: EspeakSynthesizer) -> None:
        assert _spoken_ms(await espeak.speak(Desk().greeting())) < 7000

    _with(test)


@needs_library
def test_a_sentence_said_before_is_not_rendered_again() -> None:
    async def test(espeak: EspeakSynthesizer) -> None:
        assert await espeak.speak("Again.") is await espeak.speak("Again.")

    _with(test)


@needs_library
def test_nothing_to_say_is_an_empty_utterance() -> None:
    async def test(espeak: EspeakSynthesizer) -> None:
        assert await espeak.speak("") == Utterance("", b"", ())

    _with(test)


@needs_library
def test_the_library_is_never_loaded_into_this_process() -> None:
    async def test(espeak: EspeakSynthesizer) -> None:
        await espeak.speak("Elsewhere.")
        assert "espeakng_loader" not in sys.modules
        if Path("/proc/self/maps").exists():
            assert "espeak" not in Path("/proc/self/maps").read_text()

    _with(test)


@needs_library
def test_a_voice_that_does_not_exist_is_found_at_the_start() -> None:
    async def test(espeak: EspeakSynthesizer) -> None:
        with pytest.raises(ConfigError, match="no voice 'martian'"):
            await espeak.start()

    _with(test, EspeakSynthesizer(voice="martian"))


@pytest.mark.skipif(not any(map(shutil.which, COMMANDS)), reason="no espeak-ng or flite on this system")
def test_a_program_of_the_system_stands_in_without_word_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    async def test(espeak: EspeakSynthesizer) -> None:
        utterance = await espeak.speak("Hello there.")
        assert 300 < _spoken_ms(utterance) < 3000
        assert utterance.words == ()

    _with(test)


def test_without_any_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match=r"offhook\[local\]"):
        EspeakSynthesizer()


@pytest.mark.parametrize(("tag", "voice"), [("en-US", "en-us"), ("en-GB", "en"), ("pt-BR", "pt-br"), ("de-DE", "de")])
def test_the_synthesizer_has_a_voice_for_each(tag, voice):
    assert espeak_voice(tag) == voice
