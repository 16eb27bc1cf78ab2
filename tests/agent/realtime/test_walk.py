"""A walk of random server events over a whole call: whatever the order, the server is asked for one answer at a time,
cuts lie within what came, and nothing that was cut is heard."""

import random

import pytest

from offhook import tool
from offhook.agent.realtime.wire import AZURE, GA
from offhook.errors import LegFailed
from tests.agent.realtime.model import Model, visit


@tool
async def look() -> str:
    """Looks something up."""
    return "found"


class Walker(Model):
    """A server that does anything, in the order a server may do it."""

    def __init__(self, seed):
        super().__init__()
        self.random = random.Random(seed)
        self.number = 0
        self.active = None  # response, item
        self.received: dict[str, int] = {}

    def name(self, kind):
        self.number += 1
        return f"{kind}{self.number}"

    def step(self):
        choices = [self.speaks, self.pauses, self.turn, self.words_late, self.drops, self.error]
        choices += [self.begins] * 4 if self.active is None else [self.adds] * 8 + [self.ends] * 3 + [self.fails]
        self.random.choice(choices)()

    def speaks(self):
        self.caller_begins(self.name("u"))
        if self.active and self.random.random() < 0.7:
            self.done(self.active[0], "cancelled")
            self.active = None

    def pauses(self):
        self.peer.say("input_audio_buffer.speech_stopped", item_id=f"u{self.number}")

    def turn(self):
        self.caller_stops(self.name("u"))

    def words_late(self):
        self.transcribe("something", f"u{self.random.randint(1, self.number + 1)}")

    def begins(self):
        self.active = (self.name("r"), self.name("a"))
        self.begin(*self.active)

    def adds(self):
        response, item = self.active
        match self.random.randint(0, 5):
            case 0:
                self.item_done(response, item)
                self.active = (response, self.name("a"))
                self.item(*self.active)
            case 1:
                use = {"id": self.name("f"), "type": "function_call", "status": "completed",
                       "call_id": self.name("c"), "name": "look", "arguments": "{}"}  # fmt: skip
                self.peer.say("response.output_item.done", response_id=response, item=use)
            case 2:
                self.words("word ", item, response)
            case _:
                ms = self.random.randint(1, 900)
                self.received[item] = self.received.get(item, 0) + ms
                self.audio(ms, response, item)

    def ends(self):
        response, item = self.active
        if self.random.random() < 0.8:
            self.item_done(response, item)
        self.done(response)
        self.active = None

    def fails(self):
        if self.random.random() < 0.1:
            self.done(self.active[0], "failed")
            self.active = None

    def drops(self):
        if self.random.random() < 0.2:
            self.peer.drop()
            self.active = None

    def error(self):
        creates = len(self.peer.told("response.create"))
        self.peer.say("error", error={
            "code": self.random.choice(["odd", "conversation_already_has_active_response", "response_cancel_not_active"]),
            "message": "x", "event_id": self.random.choice([None, f"create{creates + 7}"]),
        })  # fmt: skip


@pytest.mark.parametrize("dialect", [GA, AZURE], ids=lambda each: each.name)
@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_server_does_the_call_stays_in_order(seed, dialect, caplog):
    model = Walker(seed)

    async def scenario(visit):
        for _ in range(250):
            if model.peer.closed:
                await visit.ms(300)
                continue
            model.step()
            await visit.ms(model.random.choice([0, 0, 1, 50, 400]))
            if visit.call.ended:
                break
        for peer in model.peers:
            for cut in peer.told("conversation.item.truncate"):
                assert 0 <= cut["audio_end_ms"] <= model.received.get(cut["item_id"], 0)
            deleted = [each["item_id"] for each in peer.told("conversation.item.delete")]
            assert len(deleted) == len(set(deleted))
        played = {item: 0 for item, _ in visit.phone.played}
        for item, audio in visit.phone.played:
            played[item] += len(audio) / 8
        for item, ms in played.items():
            assert ms <= model.received.get(item, 0) + 0.01
        assert "Traceback" not in caplog.text and "a message was not understood" not in caplog.text
        assert "agent failed" not in caplog.text

    visit(scenario, dialect=dialect, model=model, tools=[look])


@pytest.mark.parametrize("seed", range(4))
def test_a_call_that_is_cut_off_at_any_moment_leaves_nothing_behind(seed):
    model = Walker(seed)
    model.refusals = []

    async def scenario(visit):
        for _ in range(seed * 37 % 60 + 5):
            if not model.peer.closed:
                model.step()
            await visit.ms(model.random.choice([0, 1, 50]))
        if seed % 2:
            model.refusals = [LegFailed("down", retryable=True)] * 3
            model.peer.drop()

    visit(scenario, model=model, tools=[look])
