"""Events on their way out: names, ids, lateness."""

import json

from offhook.sim.model_checks import Refused
from offhook.sim.model_orders import Close, Faults, Hear, Send, Setup
from offhook.sim.model_outbox import Outbox
from offhook.sim.model_wire import AZURE, GA


def sent(out: Outbox) -> list[dict]:
    return [json.loads(order.text) for order in out.take() if isinstance(order, Send)]


def test_ids_look_as_they_do_and_repeat_with_their_seed() -> None:
    def some(seed: int, number: int) -> list[str]:
        out = Outbox(GA, Setup(seed=seed), number)
        return [out.new_id("item") for _ in range(50)]

    ids = some(1, 0)
    assert len(set(ids)) == 50 and all(len(each) == 26 and each[5:].isalnum() for each in ids)
    assert some(1, 0) == ids and not set(some(2, 0)) & set(ids) and not set(some(1, 1)) & set(ids)


def test_events_take_the_names_of_the_dialect_and_are_logged() -> None:
    out = Outbox(AZURE, Setup(), 0)
    out.now = 5.0
    out.emit("conversation.item.added", previous_item_id=None, item={"type": "message", "role": "user", "content": []})
    out.emit("conversation.item.done", item={})
    (event,) = sent(out)
    assert event["type"] == "conversation.item.created"
    assert out.log == [(5.0, "out", event)]
    out.received({"type": "x", "event_id": 5})
    assert out.log[1] == (5.0, "in", {"type": "x", "event_id": 5}) and out.cause is None


def test_without_a_log_events_are_counted_all_the_same() -> None:
    out = Outbox(GA, Setup(keep_log=False), 0)
    out.received({"type": "x", "event_id": "c1"})
    out.emit("input_audio_buffer.cleared")
    assert out.log == [] and out.counts == {"input_audio_buffer.cleared": 1} and out.cause == "c1"


def test_a_refusal_names_the_event_it_is_about() -> None:
    out = Outbox(GA, Setup(), 0)
    out.cause = "c1"
    out.refuse(Refused("invalid_value", "No.", "session.x"))
    (event,) = sent(out)
    assert event["error"] == {
        "type": "invalid_request_error", "code": "invalid_value", "message": "No.", "param": "session.x", "event_id": "c1",
    }  # fmt: skip


def test_nothing_is_said_after_closing() -> None:
    out = Outbox(GA, Setup(), 0)
    out.order(Close(1000))
    out.emit("input_audio_buffer.cleared")
    assert out.take() == [Close(1000)] and out.closed


def test_lateness_is_for_what_the_client_sees() -> None:
    out = Outbox(GA, Setup(faults=Faults(delay_ms=100)), 0)
    out.now = 1.0
    out.emit("input_audio_buffer.cleared")
    out.order(Hear("item_1", b""))
    assert out.take() == [Hear("item_1", b"")]
    assert out.next_at() == 101.0
    out.due(100.0)
    assert out.take() == []
    out.due(101.0)
    assert len(sent(out)) == 1 and out.next_at() is None
