"""Realtime with turns of our own: what the server hears, and when it is asked to answer."""

import asyncio
import random

import numpy as np

from offhook.agent.listening import Listening
from offhook.agent.options import OwnTurns, Realtime
from offhook.core import events as e
from tests.agent.realtime.model import visit

OWN = Realtime(turns=OwnTurns())


class Bank:
    """A detector that is told who speaks: a frame of loud codes is speech."""

    def __init__(self):
        self.tracks = []

    def open(self):
        self.tracks.append(Track())
        return self.tracks[-1]

    def evaluate(self, most):
        for track in self.tracks:
            windows = []
            while len(track.pending) >= 512 and len(windows) < most:
                samples = np.frombuffer(bytes(track.pending[:512]), "<i2")
                windows.append(0.95 if np.abs(samples).mean() > 1000 else 0.01)
                del track.pending[:512]
            if windows:
                yield track, windows


class Track:
    def __init__(self):
        self.pending = bytearray()

    def feed(self, pcm16):
        self.pending += pcm16

    def forget(self):
        """It has no memory."""

    def close(self):
        self.pending.clear()


def loud(noise=random.Random(7)):
    """A frame that resembles nothing the agent says."""
    return bytes(noise.randrange(0x10, 0x30) | noise.choice((0, 0x80)) for _ in range(160))


def quiet():
    return b"\xff" * 160


async def say(visit, ms, frame):
    for _ in range(ms // 20):
        visit.phone.say(frame())
        await asyncio.sleep(0.02)


def own(scenario, **agent):
    visit(scenario, listening=lambda: Listening(Bank()), realtime=OWN, **agent)


def test_the_server_is_told_to_judge_nothing():
    async def scenario(visit):
        assert visit.model.peer.session["audio"]["input"]["turn_detection"] is None
        assert visit.call.agent.turns == "offhook"

    own(scenario)


def test_only_speech_is_sent_with_what_came_just_before_and_a_turn_is_committed_and_answered():
    async def scenario(visit):
        await say(visit, 3000, quiet)
        assert not visit.model.peer.audio
        await say(visit, 1000, loud)
        await say(visit, 1200, quiet)
        kinds = [body["type"] for body in visit.model.peer.sent[1:]]
        assert kinds == ["input_audio_buffer.commit", "response.create"]
        sent_ms = len(visit.model.peer.audio) / 8
        assert 1000 + 300 <= sent_ms <= 1000 + 700 + 700
        visit.model.peer.say("input_audio_buffer.committed", item_id="u1")
        visit.model.answer(500, "Yes.")
        visit.model.transcribe("are you there", "u1")
        await say(visit, 700, quiet)
        assert visit.turns() == [("caller", "are you there", ""), ("agent", "Yes.", "")]

    own(scenario)


def test_a_cough_over_the_agent_is_cleared_or_committed_but_not_answered_and_the_agent_goes_on():
    async def scenario(visit):
        await say(visit, 1000, loud)
        await say(visit, 1200, quiet)
        visit.model.answer(6000, "A long answer.")
        await say(visit, 1000, quiet)
        await say(visit, 200, loud)
        await say(visit, 8000, quiet)
        assert len(visit.told("response.create")) == 1
        assert visit.told("conversation.item.truncate") == visit.told("response.cancel") == []
        assert ("agent", "A long answer.", "") in visit.turns()

    own(scenario)


def test_words_over_the_agent_cancel_truncate_commit_and_ask_in_that_order():
    async def scenario(visit):
        await say(visit, 1000, loud)
        await say(visit, 1200, quiet)
        visit.model.begin()
        visit.model.audio(6000)
        await say(visit, 1000, quiet)
        before = len(visit.model.peer.sent)
        await say(visit, 1000, loud)
        await say(visit, 1200, quiet)
        visit.model.done(status="cancelled")
        kinds = [body["type"] for body in visit.model.peer.sent[before:]]
        assert kinds == [
            "response.cancel", "conversation.item.truncate", "input_audio_buffer.commit", "response.create",
        ]  # fmt: skip
        cut = visit.told("conversation.item.truncate")[0]
        assert 900 <= cut["audio_end_ms"] <= 1400
        assert visit.published(e.BargedIn)

    own(scenario)


async def short_turn(visit, words, ms=400):
    """Something short, and what the server wrote down of it (None: nothing yet)."""
    await say(visit, ms, loud)
    await say(visit, 800, quiet)
    number = len(visit.told("input_audio_buffer.commit"))
    visit.model.peer.say("input_audio_buffer.committed", item_id=f"u{number}")
    if words is not None:
        visit.model.transcribe(words, f"u{number}")
    await say(visit, 100, quiet)


def test_a_short_turn_is_answered_as_soon_as_its_words_are_known():
    async def scenario(visit):
        await short_turn(visit, None)
        assert visit.told("response.create") == []
        visit.model.transcribe("Yes.", "u1")
        await say(visit, 20, quiet)
        assert len(visit.told("response.create")) == 1
        assert visit.turns() == [("caller", "Yes.", "")]

    own(scenario)


def test_a_short_turn_whose_words_do_not_come_is_answered_all_the_same_if_the_agent_was_silent():
    async def scenario(visit):
        await short_turn(visit, None)
        await say(visit, 1200, quiet)
        assert visit.told("response.create") == []
        await say(visit, 300, quiet)
        assert len(visit.told("response.create")) == 1

    own(scenario)


def test_a_cough_that_is_written_down_as_nothing_is_not_answered():
    async def scenario(visit):
        await short_turn(visit, "")
        await say(visit, 3000, quiet)
        assert visit.told("response.create") == []

    own(scenario)


def test_without_a_transcription_a_short_turn_is_answered_at_once():
    async def scenario(visit):
        await short_turn(visit, None)
        assert len(visit.told("response.create")) == 1

    visit(scenario, listening=lambda: Listening(Bank()), realtime=Realtime(turns=OwnTurns(), transcription=None))


def test_over_the_agent_words_tell_a_backchannel_from_an_interruption():
    async def scenario(visit):
        await say(visit, 1000, loud)
        await say(visit, 1200, quiet)
        visit.model.peer.say("input_audio_buffer.committed", item_id="u1")
        visit.model.answer(9000, "A long answer.")
        await say(visit, 1000, quiet)
        await short_turn(visit, "Uh-huh.")
        assert visit.told("conversation.item.truncate") == [] and not visit.published(e.BargedIn)
        await short_turn(visit, "Stop!")
        assert len(visit.told("conversation.item.truncate")) == 1 and visit.published(e.BargedIn)
        assert len(visit.told("response.create")) == 2

    own(scenario)


def test_a_turn_that_comes_at_once_after_a_stall_is_sent_whole():
    async def scenario(visit):
        await say(visit, 1000, quiet)
        for frame in [loud() for _ in range(100)] + [quiet() for _ in range(60)]:
            visit.phone.say(frame)
        await visit.ms(1500)
        assert len(visit.told("input_audio_buffer.commit")) == 1
        assert len(visit.model.peer.audio) / 8 >= 2000 + 300

    own(scenario)
