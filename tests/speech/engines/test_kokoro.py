"""Kokoro with its worker, on a tiny network in its format."""

import asyncio
import importlib.util

import numpy as np
import pytest

from offhook.audio import g711
from offhook.audio.level import speech_rms
from offhook.errors import ConfigError, LegFailed
from offhook.speech.engines import kokoro
from offhook.speech.engines.kokoro import KokoroVoices

needs_engine = pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("onnxruntime", "onnx", "espeakng_loader")),
    reason="onnxruntime, onnx or espeakng-loader is not installed: pip install 'offhook[kokoro]' onnx",
)


def _with(folder, test, voices=("af_heart", "am_adam", "bf_emma")):
    from tests.speech.engines import networks

    async def whole():
        found = KokoroVoices(networks.kokoro(folder, voices))
        try:
            await found.start()
            await test(found)
        finally:
            await found.close()

    asyncio.run(whole())


async def _said(synthesizer, text):
    return [sound.audio async for sound in synthesizer.say(text)]


@needs_engine
def test_a_sentence_is_said_at_telephone_level_and_longer_ones_take_longer(tmp_path):
    async def test(voices):
        voice = voices.voice(None, "en-US")
        (short,) = await _said(voice, "Yes.")
        (long,) = await _said(voice, "We are open until five in the afternoon.")
        assert len(long) > 4 * len(short) > 0
        samples = np.frombuffer(g711.decode(long), "<i2").astype(float)
        assert 20 * np.log10(speech_rms(samples, 8000) / 32768) == pytest.approx(-20, abs=2)

    _with(tmp_path, test)


@needs_engine
def test_what_has_no_words_is_nothing(tmp_path):
    async def test(voices):
        for text in ("", "…", " ?! "):
            assert await _said(voices.voice(None, "en-US"), text) == []

    _with(tmp_path, test)


@needs_engine
def test_a_long_text_comes_in_stretches(tmp_path):
    async def test(voices):
        assert len(await _said(voices.voice(None, "en-US"), "We are open until five. " * 20)) > 2

    _with(tmp_path, test)


@needs_engine
def test_voices_are_those_of_the_files(tmp_path):
    async def test(voices):
        def chosen(name, language):
            voice = voices.voice(name, language)
            return voice.name, voice.language

        assert chosen(None, "en-GB") == ("bf_emma", "en")
        assert chosen(None, "en-AU") == ("af_bella", "en-us"), "the usual one is not there"
        assert chosen("bf_emma", "fr-FR") == ("bf_emma", "fr")
        with pytest.raises(ConfigError, match='no voice "nobody" in this folder: set VOICE to one of af_bella'):
            voices.voice("nobody", "en-US")
        with pytest.raises(ConfigError, match='no voice "ef_dora"'):
            voices.voice(None, "es-MX")
        with pytest.raises(ConfigError, match="en, es, fr, hi, it, pt here, not de-DE"):
            voices.voice(None, "de-DE")

    _with(tmp_path, test, ("af_bella", "bf_emma"))


@needs_engine
def test_what_nobody_wants_any_more_is_not_rendered(tmp_path):
    async def test(voices):
        voice = voices.voice(None, "en-US")
        rendered = voices._worker._answers
        first, second, third = (asyncio.ensure_future(_said(voice, text)) for text in ("One.", "Two.", "Three."))
        await asyncio.sleep(0)
        second.cancel()
        assert (await first) and (await third)
        assert voices._worker._answers == rendered + 2

    _with(tmp_path, test)


@needs_engine
def test_a_voice_that_is_not_there_after_all_fails_the_piece(tmp_path):
    async def test(voices):
        voices._names = []  # as before the start
        with pytest.raises(LegFailed, match="no voice"):
            await _said(voices.voice("nobody", "en-US"), "Hello.")

    _with(tmp_path, test)


@needs_engine
def test_files_that_are_something_else_are_told_at_the_start(tmp_path):
    from tests.speech.engines import networks

    async def whole(why):
        found = KokoroVoices(tmp_path)
        try:
            with pytest.raises(ConfigError, match=why):
                await found.start()
        finally:
            await found.close()

    networks.kokoro(tmp_path)
    (tmp_path / "voices-v1.0.bin").write_bytes(b"no voices")
    asyncio.run(whole("are not Kokoro's network and voices"))
    networks.kokoro(tmp_path)
    networks.smart_turn(tmp_path / "kokoro-v1.0.onnx")
    asyncio.run(whole("is not Kokoro: it must take tokens"))


def test_what_is_not_installed_or_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(kokoro.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"offhook\[kokoro\]"):
        KokoroVoices(tmp_path)
    monkeypatch.setattr(kokoro.importlib.util, "find_spec", lambda name: name)
    with pytest.raises(ConfigError, match=r"must hold Kokoro's network \(\*\.onnx\) and its voices"):
        KokoroVoices(tmp_path)


@needs_engine
def test_words_are_told_in_the_notation_the_network_was_taught():
    from offhook.speech.engines.kokoro_worker import Pronunciation
    from offhook.speech.engines.messages import Refused

    pronounce = Pronunciation()
    assert pronounce("I'm late, joy.", "en-us") == "Im lˈAt, ʤˈY."
    assert pronounce("Go now! A chair?", "en-us") == "ɡˌO nˈW! ə ʧˈɛɹ?"
    assert "ʁ" in pronounce("bonjour", "fr")
    assert "(" not in pronounce("namaste", "hi"), "espeak-ng tells that it takes this for English"
    with pytest.raises(Refused, match="does not know xx"):
        pronounce("hello", "xx")


@needs_engine
def test_the_row_of_a_voice_is_that_of_so_many_symbols(tmp_path):
    from offhook.speech.engines.kokoro_worker import Kokoro
    from tests.speech.engines import networks

    networks.kokoro(tmp_path)
    network = Kokoro(str(tmp_path / "kokoro-v1.0.onnx"), str(tmp_path / "voices-v1.0.bin"), 1)
    style = network._styles["af_heart"]
    for symbols in (1, 3, 30):
        hummed = network._render("a" * symbols, style)
        assert len(hummed) == 1200 * (symbols + 2), "a pause before and behind"
        assert np.abs(hummed).max() == pytest.approx(symbols / 1000, rel=0.01)
    assert len(network._render("a" * 900, style)) == 1200 * 512, "a voice has no rows for more"
