import asyncio

import numpy as np
import pytest

from offhook.agent.cascade.voice import Voice, shifted
from offhook.audio import g711
from offhook.audio.format import MULAW_8K, PCM16_8K, PCM16_24K, Format
from offhook.errors import LegFailed
from offhook.speech.base import Sound, Word
from tests.agent.cascade.parts import CHAR_MS, Tones


async def said(voice: Voice, text: str):
    return [sound async for sound in voice.say(text)]


@pytest.mark.parametrize("format", [MULAW_8K, PCM16_24K])
def test_whatever_a_synthesizer_speaks_is_mu_law_of_the_same_length(format):
    sounds = asyncio.run(said(Voice(Tones(format, first_s=0, pace=1e9)), "Hello there."))
    assert sum(len(sound.audio) for sound in sounds) == 12 * CHAR_MS * 8


def test_a_format_there_is_no_way_from_is_refused():
    with pytest.raises(ValueError, match="44100"):
        Voice(Tones(Format("pcm16", 44100)))


def test_what_is_kept_is_rendered_once():
    async def scenario():
        tones = Tones(first_s=0, pace=1e9)
        voice = Voice(tones)
        assert voice.kept("Hello.") is None
        await voice.keep(["Hello.", "", "Hello."])
        assert voice.kept("Hello.") == tuple(await said(voice, "Hello."))
        await said(voice, "Bye.")
        assert tones.asked == ["Hello.", "Bye."]

    asyncio.run(scenario())


class Soft(Tones):
    """A voice much softer than a telephone's."""

    async def say(self, text):
        async for sound in super().say(text):
            yield Sound(b"\x40\x00\xc0\xff" * (len(sound.audio) // 4))


def test_a_voice_is_brought_to_telephone_level():
    def peak(sounds):
        return max(np.abs(np.frombuffer(g711.decode(b"".join(sound.audio for sound in sounds)), "<i2").astype(int)))

    async def scenario():
        voice = Voice(Soft(PCM16_8K, first_s=0, pace=1e9))
        await voice.keep(["Good morning, this is the bakery."])
        assert peak(voice.kept("Good morning, this is the bakery.")) > 1500
        assert peak(await said(voice, "Hello.")) > 1500, "what follows is at that level from its beginning"
        soft = Soft(PCM16_8K, first_s=0, pace=1e9)
        soft.levelled = True
        assert peak(await said(Voice(soft), "Hello.")) < 80

    asyncio.run(scenario())


def test_what_cannot_be_rendered_is_told():
    with pytest.raises(LegFailed):
        asyncio.run(Voice(Tones(fails=2, first_s=0)).keep(["Hello."]))


def test_what_is_written_is_said_in_words_and_its_ends_are_those_of_the_written():
    async def scenario():
        tones = Tones(first_s=0, pace=1e9, words=True)
        sounds = await said(Voice(tones, "en-US"), " It is **3.50** euros.")
        (words,) = tones.asked
        assert "*" not in words and "3.50" not in words
        ends = [word.end_char for sound in sounds for word in sound.words]
        assert ends[:2] == [3, 6] and ends == sorted(ends) and ends[-1] <= len(" It is **3.50** euros.")
        assert await said(Voice(tones, "en-US"), "  ") == []

    asyncio.run(scenario())


def test_word_times_move_with_their_piece():
    assert shifted([Word(100.0, 5)], 1000.0, 7) == ((1100.0, 12),)
