"""Pieces of an answer on their way to the call."""

import asyncio

import pytest

from offhook.agent.cascade.spoken import Answer
from offhook.agent.cascade.voice import Voice
from offhook.agent.conversation import Conversation
from offhook.core import events as e
from offhook.errors import LegFailed
from offhook.sim.clock import run
from offhook.speech.base import Sound, Word
from tests.agent.cascade.parts import Tones


class Speaker:
    """A leg and its call."""

    def __init__(self, voice):
        self.voice, self.conversation, self.said = Voice(voice), Conversation(), 0
        self.call = self
        self.items, self.audio, self.words, self.ended, self.stages = 0, {}, [], [], []

    def next_item(self):
        self.items += 1
        return f"item{self.items}"

    def agent_audio(self, item, audio):
        self.audio[item] = self.audio.get(item, 0) + len(audio) / 8

    def end_item(self, item):
        self.ended.append(item)

    def report(self, event):
        self.words.append(event)

    def ask(self, name, arguments):
        self.asked = asyncio.get_running_loop().create_future()
        return self.asked


def speaking(scenario, voice=None, **answer):
    async def whole():
        speaker = Speaker(voice or Tones())
        it = Answer(speaker, **answer)
        it.first = speaker.stages.append
        await scenario(speaker, it)
        await it.stop()

    run(whole())


def test_pieces_are_one_item_in_their_order():
    async def scenario(speaker, it):
        for piece in ("Good day.", " How are you?", "Fine."):
            await it.say(piece)
        await it.finish()
        it.end()
        assert speaker.audio == {"item1": (9 + 12 + 5) * 60 + 2 * 200}, "and a pause between two sentences"
        assert "".join(word.text for word in speaker.words) == "Good day. How are you? Fine."
        assert speaker.conversation.agent("item1").text == "Good day. How are you? Fine."
        assert speaker.ended == ["item1"] and speaker.stages == ["piece", "audio", "said"]

    tones = Tones()
    tones.pause_ms = 200
    speaking(scenario, tones)


def test_exact_word_times_count_from_the_beginning_of_the_item():
    async def scenario(speaker, it):
        await it.say("One two three.")
        await it.say("Four five six.")
        await it.finish()
        text, ends = "", []
        for event in speaker.words:
            ends += [(ms, len(text) + char) for ms, char in event.words]
            text += event.text
        assert text == "One two three. Four five six."
        assert [text[:char] for _, char in ends] == [
            "One",
            "One two",
            "One two three. Four",
            "One two three. Four five",
        ]
        assert [ms for ms, _ in ends] == [180.0, 420.0, 14 * 60 + 240.0, 14 * 60 + 540.0]

    speaking(scenario, Tones(words=True))


def test_words_of_a_slow_voice_are_told_before_the_last_of_it_is_there():
    async def scenario(speaker, it):
        await it.say("One two three four five six seven eight nine ten.")
        await asyncio.sleep(2)
        assert speaker.words and "ten" not in "".join(event.text for event in speaker.words)
        await it.finish()
        told = "".join(event.text for event in speaker.words)
        assert told == "One two three four five six seven eight nine ten."

    speaking(scenario, Tones(pace=1.0))


def test_the_next_piece_is_rendered_while_one_is_spoken():
    async def scenario(speaker, it):
        for piece in ("One.", "Two.", "Three."):
            await it.say(piece)
        assert speaker.voice._synthesizer.asked == [] or len(speaker.voice._synthesizer.asked) <= 3
        await it.finish()
        assert asyncio.get_running_loop().time() < 0.1 + 3 * 5 * 0.06 + 0.05, "the voice was waited for once"

    speaking(scenario, Tones(pace=1.0))


def test_what_is_held_is_not_heard_until_it_is_wanted():
    async def scenario(speaker, it):
        await it.say("Hello.")
        await it.finish()
        assert speaker.audio == {} and not it.begun and it.left_s == pytest.approx(0.36)
        it.release()
        assert speaker.audio == {"item1": 360.0} and it.begun
        await asyncio.sleep(0.2)
        assert it.left_s == pytest.approx(0.16)

    speaking(scenario, held=True)


def test_a_tool_waits_until_the_answer_is_wanted_and_a_slow_one_ends_the_item():
    async def scenario(speaker, it):
        await it.say("Let me see.")
        using = asyncio.ensure_future(it.use("hours", name="x"))
        await asyncio.sleep(1)
        assert not hasattr(speaker, "asked")
        it.release()
        await asyncio.sleep(1)
        assert speaker.ended == ["item1"]
        speaker.asked.set_result("nine")
        assert await using == "nine"
        await it.say("At nine.")
        await it.finish()
        assert list(speaker.audio) == ["item1", "item2"]
        assert speaker.conversation.agent("item2").text == "At nine."

    speaking(scenario, held=True)


def test_a_voice_that_fails_is_told_to_whoever_says_more():
    async def scenario(speaker, it):
        with pytest.raises(LegFailed):
            for _ in range(20):
                await it.say("Hello there.")
            await it.finish()

    speaking(scenario, Tones(fails=9))


def test_who_stops_stops_the_voice():
    async def scenario(speaker, it):
        await it.say("A long sentence that takes its time.")
        await it.say("Another one.")
        await asyncio.sleep(0.5)
        await it.stop()
        heard = dict(speaker.audio)
        await asyncio.sleep(5)
        assert speaker.audio == heard and len(speaker.voice._synthesizer.cut) == 2

    speaking(scenario, Tones(pace=1.0))


def test_what_is_said_without_a_sound_is_in_the_transcript():
    async def scenario(speaker, it):
        speaker.voice = Voice(Tones(), "en-US")
        await it.say("```\ncode\n```\n")
        await it.finish()
        assert speaker.audio == {}
        assert [type(event) for event in speaker.words] == [e.ItemText]

    speaking(scenario)


def test_a_piece_that_waits_for_its_place_is_not_rendered_when_the_answer_stops():
    voice = Tones(pace=1.0)

    async def scenario(speaker, it):
        async def all_of_it():
            for at in range(6):
                await it.say(f"This is sentence {at}.")

        saying = asyncio.ensure_future(all_of_it())
        await asyncio.sleep(0.3)
        saying.cancel()
        await it.stop()
        await asyncio.sleep(0)
        assert len(voice.asked) == 4 and sorted(voice.cut) == sorted(voice.asked)

    speaking(scenario, voice)


def test_who_no_longer_waits_for_a_tool_wants_no_news_of_it():
    async def scenario(speaker, it):
        using = asyncio.ensure_future(it.use("look"))
        await asyncio.sleep(0.1)
        using.cancel()
        await asyncio.sleep(0)
        assert speaker.asked.cancelled()

    speaking(scenario)


def test_nothing_is_guessed_of_a_voice_that_tells_when_words_end():
    class Late(Tones):
        """Tells all times with the last of its audio."""

        def __init__(self, tells):
            super().__init__(pace=1.0)
            self.word_times = tells

        async def say(self, text):
            audio = [Sound(b"\x10" * 2400)] * 5
            await asyncio.sleep(self.first_s)
            for sound in audio:
                yield sound
                await asyncio.sleep(0.3)
            yield Sound(b"\x10" * 2400, (Word(600.0, 2), Word(1200.0, 8), Word(1500.0, len(text))))

    def told(tells):
        words = []

        async def scenario(speaker, it):
            await it.say("So slowly it speaks here.")
            await it.finish()
            words.extend(event for event in speaker.words if event.text)

        speaking(scenario, Late(tells))
        return words

    assert [event.words for event in told(True)] == [((600.0, 2), (1200.0, 8), (1500.0, 25))]
    assert len(told(False)) > 1, "of one that does not, by the time of a character"
