import asyncio
import json

import pytest

from offhook.agent.realtime import messages as say
from offhook.agent.realtime import wire
from offhook.audio.format import MULAW_8K
from offhook.bench import audio
from offhook.bench.model import DELTA_MS, ModelSession, item_name, listen
from offhook.sim import clock
from tests.bench.wires import Wire


class Session:
    def __init__(self):
        self.hello = []
        self.model = ModelSession(lambda call, _session: self.hello.append(call))
        self.wire = Wire(self.model)
        self.wire.take()

    def append(self, call, number, separators=(",", ":")):
        text = audio.frame_text(call, 0, number).decode()
        message = {"type": "input_audio_buffer.append", "audio": text}
        self.wire.receive(json.dumps(message, separators=separators).encode())


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_the_first_audio_names_the_call_however_json_is_written(separators):
    it = Session()
    heard = []
    it.append(7, 0, separators)
    it.model.on_frame = lambda number, _at: heard.append(number)
    it.append(7, 1, separators)
    assert (it.hello, heard, it.model.frames, it.model.faults) == ([7], [1], 2, 0)


def test_what_is_not_as_it_was_sent_is_a_fault():
    it = Session()
    it.append(7, 0)
    it.append(7, 2)  # one is missing
    it.append(8, 3)  # another call's
    it.wire.receive(b'{"type":"input_audio_buffer.append","audio":"AAAA"}')
    assert it.model.faults == 3


def test_it_speaks_as_a_realtime_model_does():
    it = Session()
    it.append(7, 0)
    it.model.begin_item()
    it.model.speak()
    it.model.end_item()
    created, added, delta, words, done, response = it.wire.take()
    assert (created["type"], added["item"]["id"]) == ("response.created", item_name(7, 1))
    heard = wire.parse(json.dumps(delta, separators=(",", ":")).encode(), wire.GA)
    assert (heard.item, len(heard.audio)) == (item_name(7, 1), DELTA_MS * MULAW_8K.bytes_per_ms)
    assert [audio.numbers(heard.audio[at : at + 160]) for at in (0, 1440)] == [(7, 1, 0), (7, 1, 9)]
    assert words["item_id"] == done["item"]["id"] == heard.item
    assert response["response"]["status"] == "completed"
    assert list(it.model.sent_at) == [0]


def test_every_message_is_one_that_the_products_leg_understands():
    it = Session()
    it.wire.listener.on_ws_connected(it.wire)
    it.append(7, 0)
    it.model.begin_item()
    it.model.speak()
    it.model.interrupt()
    it.model.end_item()
    facts = [wire.parse(json.dumps(message).encode(), wire.GA) for message in it.wire.take()]
    assert facts[0] == wire.SessionCreated() and None not in facts
    (response,) = [fact.response for fact in facts if isinstance(fact, wire.ResponseCreated)]
    named = [fact for fact in facts if isinstance(fact, wire.ItemAdded | wire.ItemDone | wire.Audio)]
    assert len(named) == 3 and {fact.response for fact in named} == {response}


def test_an_interruption_breaks_the_answer_off():
    async def scenario():
        it = Session()
        it.append(7, 0)
        answering = asyncio.create_task(it.model.answer(1000.0, 1.0))
        await asyncio.sleep(0.3)
        it.model.interrupt()
        return await answering, it.wire.take()

    whole, sent = clock.run(scenario())
    kinds = [message["type"] for message in sent]
    assert not whole and kinds.count("response.output_audio.delta") == 2
    assert kinds.index("input_audio_buffer.speech_started") < kinds.index("response.done")
    assert sent[-1]["response"]["status"] == "cancelled"


def test_a_whole_answer_is_complete():
    async def scenario():
        it = Session()
        it.append(7, 0)
        began = asyncio.get_running_loop().time()
        return await it.model.answer(1000.0, 2.0), asyncio.get_running_loop().time() - began

    whole, took = clock.run(scenario())
    assert whole and abs(took - 0.4) < 1e-6


def test_what_it_is_told_of_items_is_kept():
    it = Session()
    for message in (say.truncate("a", 120), say.delete("b"), say.cancel()):
        it.wire.receive(message)
    it.wire.receive({"type": "session.update", "session": {"type": "realtime"}})
    assert it.model.told == {"a": 120, "b": 0}
    assert [message["type"] for message in it.wire.take()] == [
        "conversation.item.truncated", "conversation.item.deleted", "session.updated",
    ]  # fmt: skip


def test_it_listens_on_a_free_port():
    async def scenario():
        server, port = await listen(lambda _call, _session: None)
        server.close()
        return port

    assert asyncio.run(scenario()) > 0


def test_after_its_end_it_says_nothing():
    it = Session()
    it.model.close()
    it.model.speak()
    it.model.on_ws_disconnected(it.wire)
    assert (it.wire.take(), it.wire.disconnected, it.model.lost) == ([], True, False)
