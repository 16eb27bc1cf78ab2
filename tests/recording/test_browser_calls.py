"""A browser's call is recorded as the page had it: its own record is the truth, in simulated time."""

import asyncio
import random

import numpy as np
import pytest

from offhook.audio.format import PCM16_16K, PCM16_24K
from offhook.call import Call
from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.leg import CallInfo
from offhook.phone.browser.leg import BrowserLeg
from offhook.recording.recordings import Recordings
from offhook.sim.clock import run
from tests.phone.browser.page import Page
from tests.recording.taped import Chatterbox

MOST_MS = 40  # audio comes by the frame of 20 ms, and a moment is known to one at either end


class WideChatterbox(Chatterbox):
    """In the call's own format, and it has more to say than it is cut in on."""

    async def _talk(self):
        for number in range(20):
            item = f"item{number}"
            for _ in range(self._random.randrange(5, 25)):
                self.call.agent_audio(item, self._random.randbytes(self.format.bytes_per_ms * 200))
                await asyncio.sleep(self._random.choice((0.0, 0.04, 0.15)))
            self.call.end_item(item)
            await asyncio.sleep(self._random.uniform(0.1, 3.0))
            if self._random.random() < 0.6:
                self.call.report(e.SpeechStarted())
                await asyncio.sleep(0.3)
                self.call.report(e.SpeechStopped())
                self.call.report(e.CallerTurnEnded("wait"))


class Babbling(Page):
    """A page of whose caller no two moments sound alike, and that writes down what was said and heard when."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.random = random.Random(7)
        self.said, self.ear = bytearray(), bytearray()

    @property
    def frame(self):
        frame = self.random.randbytes(len(self.format.silence(20)))
        self.said += frame
        return frame

    @frame.setter
    def frame(self, _frame):
        pass

    def _quantum(self, ticks):
        missing = (ticks - 1) * self.format.bytes_per_ms - len(self.ear)
        before = len(self.played)
        super()._quantum(ticks)
        self.ear += bytes(missing) + self.played[before:]


@pytest.mark.parametrize("format", [PCM16_24K, PCM16_16K], ids=str)
@pytest.mark.parametrize("delay_ms", [0.0, 120.0])
def test_both_sides_are_where_the_page_had_them(tmp_path, format, delay_ms):
    async def whole():
        agent = WideChatterbox(3, Keeping(record=True))
        agent.format = format
        recordings = Recordings(tmp_path, None, lambda _id, _event: None)
        await recordings.start()
        call = Call(
            CallInfo("BR1", "", "browser", ""), agent, publish=lambda _id, _event: None, on_ended=lambda _call: None,
            format=format, record=recordings.record,
        )  # fmt: skip
        call.start()
        await asyncio.sleep(0)
        page = Babbling(format, delay_ms)
        page.leg = BrowserLeg(page, format, call.now, over=lambda: None)
        call.epoch += 1
        page.leg.carry(call, "token")
        await asyncio.sleep(15.0)
        call.report(e.CarrierEnded("completed"))
        page.stop()
        await call.closed()
        await recordings.close()
        return call.id, page

    call_id, page = run(whole())
    kept = np.frombuffer((tmp_path / f"{call_id}.wav").read_bytes()[44:], "<i2").reshape(-1, 2)
    said, ear = np.frombuffer(bytes(page.said), "<i2"), np.frombuffer(bytes(page.ear), "<i2")
    per_ms = format.rate // 1000
    mouth, heard = lags(kept[:, 0], said, per_ms), lags(kept[:, 1], ear, per_ms)
    assert len(heard) > 30 and len(mouth) > 200
    middle = float(np.median(mouth))
    assert max(abs(lag - middle) for lag in mouth) < 1, "not a sample of the caller's is lost or moved"
    assert max(abs(lag - middle) for lag in heard) < MOST_MS, "what was heard is beside what was said meanwhile"


def lags(ours, theirs, per_ms):
    """For every 50 ms of theirs that sound: how many ms later they are in ours."""
    window, found = 50 * per_ms, []
    for at in range(0, min(len(theirs), len(ours)) - window - 1000 * per_ms, window):
        wanted = theirs[at : at + window].astype(float)
        if np.count_nonzero(wanted) < 0.95 * window:
            continue
        low = max(0, at - 400 * per_ms)
        place = ours[low : at + window + 400 * per_ms].astype(float)
        size = 1 << (len(place) + window).bit_length()
        match = np.fft.irfft(np.fft.rfft(place, size) * np.conj(np.fft.rfft(wanted, size)), size)[: len(place)]
        best = int(match.argmax())
        assert match[best] > 0.5 * (wanted @ wanted), f"{at / per_ms} ms of theirs is not there"
        found.append((low + best - at) / per_ms)
    return found
