"""A page of a browser in simulated time: a player exact to the sample, behind a line with a delay each way."""

import asyncio
from collections import deque

import orjson


class Page:
    """The far end of a browser leg. `line` gets messages to the leg; what the leg sends comes to `send` and the like."""

    def __init__(self, format, delay_ms=0.0):
        self.format, self.delay_s = format, delay_ms / 1000.0
        self.loop = asyncio.get_running_loop()
        self.newest = 0.0
        self.leg = None
        self.texts, self.audio = [], bytearray()
        self.closed = None
        self.queue = deque()  # item, position in bytes, rest
        self.items = {}  # item: ms that were played, the truth
        self.item, self.at = None, 0
        self.played = bytearray()
        self.answers = True
        self.unsent_bytes = 0
        self.asleep = False
        self.frame = format.silence(20)
        self.tasks = [self.loop.create_task(self._play()), self.loop.create_task(self._talk())]

    # what the leg does

    def send(self, message):
        self._later(self._take, orjson.loads(message))

    def send_binary(self, message):
        self._later(self._queue, message)

    def unsent(self):
        return self.unsent_bytes

    def close(self, code, reason=""):
        if self.closed is None:
            self.closed = code, reason
            self.stop()

    def _later(self, function, *arguments):
        """In order: a loop may turn two timers of one moment round."""
        self.newest = max(self.loop.time() + self.delay_s, self.newest + 1e-7)
        self.loop.call_at(self.newest, function, *arguments)

    # what the page does

    def say(self, **message):
        self._later(lambda: self.leg.receive(orjson.dumps(message)))

    def told(self, kind):
        return [text for text in self.texts if text["type"] == kind]

    def _take(self, message):
        self.texts.append(message)
        if message["type"] == "item":
            self.item, self.at = message["item"], int(message["ms"] * self.format.bytes_per_ms)
        elif message["type"] == "clear":
            now = self.queue[0] if self.queue else None
            self.queue.clear()
            if self.answers:
                self.say(type="cleared", item=now and now[0], ms=now and now[1] / self.format.bytes_per_ms)

    def _queue(self, audio):
        self.audio += audio
        self.queue.append([self.item, self.at, audio])
        self.at += len(audio)

    async def _play(self):
        """A quantum of 1 ms after the other, a report twice a second and where an item ends."""
        began, ticks = self.loop.time(), 0
        while True:
            await asyncio.sleep(0.001)
            while ticks < round((self.loop.time() - began) * 1000.0):
                ticks += 1
                if self.queue:
                    self._quantum(ticks)

    def _quantum(self, ticks):
        quantum, head = self.format.bytes_per_ms, self.queue[0]
        self.played += head[2][:quantum]
        head[1] += len(head[2][:quantum])
        head[2] = head[2][quantum:]
        self.items[head[0]] = head[1] / quantum
        if not head[2]:
            self.queue.popleft()
        if ticks % 500 == 0 or not self.queue or self.queue[0][0] != head[0]:
            self.say(type="heard", item=head[0], ms=head[1] / quantum)

    async def _talk(self):
        while True:
            await asyncio.sleep(0.02)
            if not self.asleep:
                self._later(self.leg.receive_binary, self.frame)

    def stop(self):
        for task in self.tasks:
            task.cancel()
