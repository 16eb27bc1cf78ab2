import asyncio
import math
import random

import pytest

from offhook.agent.listening import Listening
from offhook.audio import g711
from offhook.audio.convert import Converter
from offhook.audio.format import MULAW_8K, PCM16_8K, PCM16_16K, PCM16_24K
from offhook.audio.vad import EnergyModel, VoiceBank
from offhook.core import events as e
from offhook.core.tape import Tape
from offhook.core.turns import Endpointing
from offhook.errors import LegFailed
from offhook.sim.clock import run
from offhook.speech.base import Recognised

QUIET = b"\xff" * 160


def voice(ms: int) -> bytes:
    """Something as loud and uneven as speech, in µ-law."""
    rnd = random.Random(1)
    loud = (
        0.3 * math.sin(n / 5.0) * (0.6 + 0.4 * math.sin(n / 400.0)) + rnd.uniform(-0.05, 0.05) for n in range(ms * 8)
    )
    return g711.encode(b"".join(int(32767 * x).to_bytes(2, "little", signed=True) for x in loud))


class Words:
    """A recogniser that counts what it is fed."""

    def __init__(self, complete=False, fails=None):
        self.complete, self.fails = complete, fails
        self.stretches, self.fed, self.closed = 0, 0, False

    def begin(self):
        self.stretches += 1

    def feed(self, audio):
        self.fed += len(audio)

    def pause(self):
        return None

    async def end(self):
        if self.fails:
            raise self.fails
        return Recognised("some words", 1.0)

    def cancel(self):
        pass

    def close(self):
        self.closed = True


class Side:
    id = "c1"

    def __init__(self):
        self.events = []
        self.tape = Tape()

    def now(self):
        return asyncio.get_running_loop().time() * 1000.0

    def report(self, event):
        self.events.append((self.now(), event))

    def kinds(self):
        return [type(event) for _, event in self.events]


def listen(recogniser, *stretches: bytes) -> Side:
    async def scenario():
        side = Side()
        hearing = Listening(VoiceBank(EnergyModel())).open(side, recogniser, Endpointing())
        audio = b"".join(stretches)
        for at in range(0, len(audio), 160):
            hearing.feed(audio[at : at + 160])
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        hearing.close()
        hearing.close()
        return side

    return run(scenario())


def test_a_turn_is_started_stopped_and_understood():
    words = Words()
    side = listen(words, QUIET * 50, voice(1000), QUIET * 60)
    assert side.kinds() == [e.SpeechStarted, e.SpeechStopped, e.CallerTurnEnded]
    ended = side.events[-1][1]
    assert ended.text == "some words"
    assert 800 <= ended.spoken_ms <= 1200
    assert words.stretches == 1
    assert 1000 * 16 <= words.fed <= 1700 * 16, "the stretch and a little before it, not the silence"
    assert words.closed


def test_a_whole_sentence_is_answered_sooner():
    ends = [
        listen(Words(complete=complete), QUIET * 50, voice(1000), QUIET * 60).events[-1][0]
        for complete in (True, False)
    ]
    assert 350 <= ends[1] - ends[0] <= 500


def test_a_pause_does_not_end_the_turn():
    words = Words()
    side = listen(words, QUIET * 50, voice(800), QUIET * 20, voice(800), QUIET * 60)
    assert side.kinds().count(e.CallerTurnEnded) == 1
    assert words.stretches == 1


@pytest.mark.parametrize("fails", [LegFailed("gone"), KeyError("text")])
def test_a_recogniser_that_fails_costs_the_turn_and_no_more(fails):
    side = listen(Words(fails=fails), QUIET * 50, voice(1000), QUIET * 60, voice(1000), QUIET * 60)
    assert [event.text for _, event in side.events if isinstance(event, e.CallerTurnEnded)] == ["", ""]


def test_a_burst_after_a_stall_keeps_two_turns_apart():
    words = Words(complete=True)

    async def scenario():
        side = Side()
        hearing = Listening(VoiceBank(EnergyModel())).open(side, words, Endpointing())
        audio = QUIET * 50 + voice(800) + QUIET * 75 + voice(800) + QUIET * 60
        for at in range(0, len(audio), 160):
            hearing.feed(audio[at : at + 160])
        await asyncio.sleep(2.0)
        hearing.close()
        return side

    side = run(scenario())
    assert side.kinds().count(e.CallerTurnEnded) == 2
    assert words.stretches == 2


def test_a_minute_of_audio_at_once_is_judged_a_little_at_a_time_and_bounded():
    async def scenario():
        bank = VoiceBank(EnergyModel())
        hearing = Listening(bank).open(Side(), Words(), Endpointing())
        hearing.feed(QUIET * 3000)
        hearing.gather()
        assert len(hearing._raw) + len(hearing._track.pending) == 30_000 * 16
        assert max(len(judged) for _, judged in bank.evaluate(8)) <= 8
        hearing.close()

    run(scenario())


def test_what_goes_wrong_with_one_caller_costs_no_other_a_window():
    class Broken(Words):
        def begin(self):
            raise ValueError("a bug")

    async def scenario():
        listening = Listening(VoiceBank(EnergyModel()))
        bad, good = Side(), Side()
        hearings = [
            listening.open(bad, Broken(), Endpointing()),
            listening.open(good, Words(), Endpointing()),
        ]
        audio = QUIET * 50 + voice(1000) + QUIET * 60
        for at in range(0, len(audio), 160):
            for hearing in hearings:
                hearing.feed(audio[at : at + 160])
            await asyncio.sleep(0.02)
        assert good.kinds() == [e.SpeechStarted, e.SpeechStopped, e.CallerTurnEnded]
        assert bad.kinds() == [e.AgentLost]
        for hearing in hearings:
            hearing.close()

    run(scenario())


def test_silence_is_no_turn():
    assert listen(Words(), QUIET * 300).events == []


def test_the_timer_runs_only_while_somebody_listens():
    async def scenario():
        listening = Listening(VoiceBank(EnergyModel()))
        assert listening._timer is None
        hearings = [listening.open(Side(), Words(), Endpointing()) for _ in range(3)]
        assert listening._timer is not None
        for hearing in hearings:
            hearing.close()
        assert listening._timer is None

    run(scenario())


class Telephone:
    """Hears `played`, of a call of some format, and sends `heard`, all told in µ-law."""

    def __init__(self, recogniser, played: bytes, heard: bytes, format=MULAW_8K):
        self.recogniser, self.played, self.heard, self.format = recogniser, played, heard, format

    def call(self) -> Side:
        async def scenario():
            side = Side()
            side.tape = Tape(self.format)
            convert = Converter(MULAW_8K, self.format, aligned=True)
            side.tape.wrote(convert(self.played) + convert.flush(), side.now())
            hearing = Listening(VoiceBank(EnergyModel())).open(side, self.recogniser, Endpointing())
            for at in range(0, len(self.heard), 160):
                await asyncio.sleep(0.02)
                hearing.feed(self.heard[at : at + 160])
            await asyncio.sleep(0.1)
            hearing.close()
            return side

        return run(scenario())


def quieter(mulaw: bytes, by: float) -> bytes:
    samples = memoryview(g711.decode(mulaw)).cast("h")
    return g711.encode(b"".join(int(sample * by).to_bytes(2, "little", signed=True) for sample in samples))


def both(first: bytes, second: bytes) -> bytes:
    pairs = zip(memoryview(g711.decode(first)).cast("h"), memoryview(g711.decode(second)).cast("h"), strict=True)
    return g711.encode(b"".join((max(-32768, min(32767, a + b))).to_bytes(2, "little", signed=True) for a, b in pairs))


def rustle(seed: int, ms: int) -> bytes:
    """Noise in bursts of 120 ms, in µ-law: as loud as speech, and every seed its own."""
    rnd = random.Random(seed)
    loud = (rnd.gauss(0, 0.12) * (0.3 + 0.7 * abs(math.sin(n / 300.0))) for n in range(ms * 8))
    return g711.encode(
        b"".join(max(-32768, min(32767, int(32767 * x))).to_bytes(2, "little", signed=True) for x in loud)
    )


PLAYED = QUIET * 50 + rustle(2, 5000) + QUIET * 50
ECHO = (QUIET * 15 + quieter(PLAYED, 0.3))[: len(PLAYED)]


def test_the_agents_own_voice_is_no_turn():
    words = Words()
    side = Telephone(words, PLAYED, ECHO).call()
    assert side.events == []
    assert words.fed == 0
    assert Telephone(Words(), b"", ECHO).call().kinds()[0] is e.SpeechStarted, "the same sound when nothing was played"


@pytest.mark.parametrize("format", [PCM16_8K, PCM16_16K, PCM16_24K], ids=str)
def test_the_agents_own_voice_is_no_turn_whatever_the_caller_is_played_it_in(format):
    assert Telephone(Words(), PLAYED, ECHO, format).call().events == []


def test_a_caller_over_the_agents_echo_is_heard_and_the_echo_before_is_not_fed():
    words = Words()
    at = 3000 * 8
    said = QUIET * 150 + rustle(3, 1000) + QUIET * 150
    side = Telephone(words, PLAYED, both(ECHO, said.ljust(len(ECHO), b"\xff")[: len(ECHO)])).call()
    assert side.kinds() == [e.SpeechStarted, e.SpeechStopped, e.CallerTurnEnded]
    assert 0 < side.events[0][0] - at / 8 <= 300
    assert words.stretches == 1
    assert 1000 * 16 <= words.fed <= 2000 * 16


def test_a_caller_is_not_delayed_by_what_is_played_without_an_echo():
    said = (QUIET * 150 + rustle(3, 1000)).ljust(len(PLAYED), b"\xff")
    with_guard, without = (Telephone(Words(), played, said).call().events[0][0] for played in (PLAYED, b""))
    assert with_guard - without <= 64


def test_a_burst_through_an_echo_is_judged_a_little_at_a_time():
    async def scenario():
        side = Side()
        side.tape.wrote(PLAYED, side.now())
        hearing = Listening(VoiceBank(EnergyModel())).open(side, Words(), Endpointing())
        await asyncio.sleep(4.0)
        hearing.feed(ECHO[: 8 * 4000])
        await asyncio.sleep(0.033)
        assert len(hearing._raw) >= 3600 * 16, "eight windows in a tick, no more"
        await asyncio.sleep(1.0)
        assert side.events == []
        hearing.close()

    run(scenario())


def test_an_echo_on_the_stream_after_a_lost_one_is_known_too():
    async def scenario():
        side = Side()
        hearing = Listening(VoiceBank(EnergyModel())).open(side, Words(), Endpointing())
        for _ in range(100):
            await asyncio.sleep(0.02)
            hearing.feed(QUIET)
        await asyncio.sleep(5.0)
        side.tape.wrote(PLAYED, side.now())
        for at in range(0, len(ECHO), 160):
            await asyncio.sleep(0.02)
            hearing.feed(ECHO[at : at + 160])
        hearing.close()
        assert side.events == []

    run(scenario())


class Melody:
    """A turn model that says the same of every turn, after a while."""

    def __init__(self, over, after_s=0.03):
        self.says, self.after_s, self.heard = over, after_s, []

    async def over(self, audio):
        self.heard.append(audio)
        await asyncio.sleep(self.after_s)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def listen_with(model, *stretches):
    async def scenario():
        side = Side()
        hearing = Listening(VoiceBank(EnergyModel())).open(side, Words(), Endpointing(), turn_model=model)
        audio = b"".join(stretches)
        for at in range(0, len(audio), 160):
            hearing.feed(audio[at : at + 160])
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        hearing.close()
        return side

    return run(scenario())


def ends(side):
    return [at for at, event in side.events if isinstance(event, e.CallerTurnEnded)]


def test_a_turn_that_sounds_over_ends_sooner_and_one_that_does_not_later():
    turn = QUIET * 50, voice(1000), QUIET * 90
    (plain,) = ends(listen(Words(), *turn))
    (over,), (open_,), (unsure,) = (ends(listen_with(Melody(p), *turn)) for p in (0.99, 0.1, 0.8))
    assert 300 <= plain - over <= 400
    assert 450 <= open_ - plain <= 550
    assert unsure == plain


def test_the_model_hears_the_turn_with_the_beginning_of_the_pause():
    model = Melody(0.99)
    listen_with(model, QUIET * 50, voice(1000), QUIET * 60)
    (heard,) = model.heard
    assert 1400 <= len(heard) / 16 <= 1700, "300 ms before, a second, and a pause of some 220 ms"
    long = Melody(0.1)
    listen_with(long, QUIET * 50, voice(10_000), QUIET * 60)
    assert 7900 <= len(long.heard[0]) / 16 <= 8000


def test_a_pause_within_a_turn_is_judged_with_what_was_said_before_it():
    model = Melody(0.1)
    side = listen_with(model, QUIET * 50, voice(800), QUIET * 45, voice(800), QUIET * 90)
    assert len(ends(side)) == 1, "900 ms of pause would have ended it"
    first, second = (len(each) / 16 for each in model.heard)
    assert second - first == pytest.approx(1700, abs=64)


@pytest.mark.parametrize(
    "model",
    [Melody(LegFailed("gone")), Melody(KeyError("over")), Melody(0.99, after_s=5.0)],
    ids=["fails", "breaks", "late"],
)
def test_without_an_answer_silence_alone_ends_the_turn(model):
    turn = QUIET * 50, voice(1000), QUIET * 60
    assert ends(listen_with(model, *turn)) == ends(listen(Words(), *turn))


def test_a_pause_that_ends_in_the_same_moment_asks_nobody():
    async def scenario():
        model = Melody(0.99)
        hearing = Listening(VoiceBank(EnergyModel())).open(Side(), Words(), Endpointing(), turn_model=model)
        for frame in (QUIET * 50, voice(800), QUIET * 15, voice(400)):  # all at once, as after a stall
            hearing.feed(frame)
        for probabilities in ([1.0] * 8, [1.0] + [0.0] * 7, [0.0] + [1.0] * 7):
            hearing.gather()
            hearing.judge(probabilities)
        assert hearing._weighing is None and not model.heard
        hearing.close()

    run(scenario())


class Broken(Words):
    """A recogniser of somebody's, with a fault."""

    async def pause(self):
        raise KeyError("text")


def test_a_recogniser_that_breaks_at_a_pause_is_asked_again_at_the_end(caplog):
    side = listen(Broken(), QUIET * 50, voice(800), QUIET * 60)
    assert side.events[-1][1].text == "some words" and "failed at a pause" in caplog.text


class Slow(Words):
    """A recogniser whose words come late: so many seconds after they are asked for, each time."""

    def __init__(self, *seconds):
        super().__init__()
        self.seconds, self.asked = list(seconds), []

    def pause(self):
        return self._told(f"words {self.stretches}")

    async def end(self):
        return await self._told(f"words {self.stretches}")

    async def _told(self, text):
        self.asked.append(text)
        await asyncio.sleep(self.seconds.pop(0))
        return Recognised(text)


def test_turns_are_told_in_the_order_in_which_they_were_said():
    words = Slow(9.0, 3.0, 9.0, 0.1)
    side = listen(words, QUIET * 50, voice(800), QUIET * 45, voice(800), QUIET * 200)
    ended = [event.text for _, event in side.events if isinstance(event, e.CallerTurnEnded)]
    assert ended == ["words 1", "words 2"]


def test_words_of_a_pause_that_come_in_the_next_turn_are_not_taken_for_its_own():
    told = []

    async def scenario():
        words = Slow(1.4, 0.1, 0.1, 0.1)
        hearing = Listening(VoiceBank(EnergyModel())).open(Side(), words, Endpointing(), told.append)
        audio = b"".join((QUIET * 50, voice(800), QUIET * 45, voice(1500), QUIET * 20))
        for at in range(0, len(audio), 160):
            hearing.feed(audio[at : at + 160])
            await asyncio.sleep(0.02)
        hearing.close()

    run(scenario())
    assert [words.text for words in told] == ["words 2"]
