import asyncio
import importlib.util

import pytest

from offhook import ConfigError
from offhook.parts import embedded
from offhook.parts.keys import Keys

if not (importlib.util.find_spec("pocketsphinx") and importlib.util.find_spec("espeakng_loader")):
    pytest.skip("the speech engines are not installed: pip install 'offhook[local]'", allow_module_level=True)


def test_the_voices_speak_the_language_or_are_named():
    async def whole():
        voices = embedded.tts("", Keys())
        await voices.start()
        german = voices.voice(None, "de-DE")
        assert voices.voice("de", "en-US") is german
        (sound,) = [sound async for sound in german.say("Guten Tag.")]
        assert len(sound.audio) > 4000 and sound.words
        await voices.close()

    asyncio.run(whole())


def test_the_recogniser_understands_english_only():
    stt = embedded.stt("", Keys())
    stt.recogniser("en-GB").close()
    with pytest.raises(ConfigError, match="understands English, not de-DE"):
        stt.recogniser("de-DE")


def test_the_desk_answers_each_caller_anew():
    mind = embedded.llm("", Keys())
    assert mind.responder("") is not mind.responder("")
    assert "Café" in mind.responder("").greeting()
