"""Short calls of every kind, one after another: what a busy number sees in an hour, for tests of what calls leave behind."""

import asyncio
from itertools import count

from offhook.sim.caller import BargeIn, Caller, Leave, Listen, PressKey, Say
from offhook.sim.carrier import CarrierCall
from offhook.sim.orders import Faults, Setup
from offhook.sim.signature import Account
from offhook.speech.engines.espeak import EspeakSynthesizer

QUESTION, BYE, NONSENSE = "what are your opening hours", "goodbye", "purple monkeys dishwasher"
EARLY = "hangs up in the greeting"
EARLY_MS = 500.0
KINDS = (
    EARLY, "says goodbye", "hangs up in an answer", "cuts in", "is not understood",
    "loses its stream", "is announced twice", "presses a key", "leaves without a word of it",
)  # fmt: skip


async def voices() -> dict[str, bytes]:
    """What callers say, as µ-law."""
    espeak = EspeakSynthesizer()
    try:
        return {words: (await espeak.speak(words)).audio for words in (QUESTION, BYE, NONSENSE)}
    finally:
        await espeak.close()


class ShortCalls:
    """Makes the next call, kind after kind."""

    def __init__(self, voice_url: str, account: Account, spoken: dict[str, bytes]) -> None:
        self._voice_url, self._account, self._spoken = voice_url, account, spoken
        self._numbers = count(1)
        self.made = 0
        self.wrong: list[str] = []

    def next(self) -> CarrierCall:
        """A new call with a CallSid of its own."""
        number = next(self._numbers)
        kind = KINDS[number % len(KINDS)]
        say = {words: Say(audio, words) for words, audio in self._spoken.items()}
        steps: dict[str, list] = {
            "says goodbye": [Listen(), say[BYE], Listen(), Leave()],
            "hangs up in an answer": [Listen(), say[QUESTION]],
            "cuts in": [Listen(), say[QUESTION], BargeIn(700.0, self._spoken[BYE], BYE), Listen(), Leave()],
            "is not understood": [Listen(), say[NONSENSE], Listen(2000.0), Leave()],
            "loses its stream": [Listen(), say[BYE], Listen(), Leave()],
            "is announced twice": [Listen(), say[BYE], Listen(), Leave()],
            "presses a key": [Listen(), PressKey("5"), Leave()],
        }
        hang_up_ms = {EARLY: EARLY_MS, "hangs up in an answer": 5500.0}.get(kind, 15_000.0)
        setup = Setup(
            self._voice_url,
            self._account,
            call_sid=f"CA{number:032x}",
            status_callback="/twilio/status",
            hang_up_after_ms=hang_up_ms,
            asks_after_hang_up=kind != "leaves without a word of it",
            faults=Faults(
                drop_stream_after_ms=(900.0,) if kind == "loses its stream" else (),
                duplicate_webhook=kind == "is announced twice",
            ),
        )
        if kind == "leaves without a word of it":
            steps[kind] = [Listen(), Leave()]
        return CarrierCall(setup, Caller(steps.get(kind, [])))

    def over(self, call: CarrierCall) -> None:
        """Counts a call that is over, and keeps what should not have happened."""
        self.made += 1
        heard = any(stream.playback.played_ms_of_values() for stream in call.streams)
        early = call.setup.hang_up_after_ms == EARLY_MS  # before a busy machine has answered, perhaps
        finished = call.finished
        if finished is None or not (early or (finished.status == "completed" and heard)):
            self.wrong.append(f"{finished}, {'heard' if heard else 'nothing heard'}")


async def keep_calling(calls: ShortCalls, place, lanes: int, seconds: float) -> None:
    """`lanes` callers who call again and again for `seconds`, each when their call is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds

    async def lane(number: int) -> None:
        await asyncio.sleep(0.37 * number)  # not all at the same instant
        while loop.time() < until:
            call = calls.next()
            await place(call)
            calls.over(call)

    await asyncio.gather(*(lane(number) for number in range(lanes)))
