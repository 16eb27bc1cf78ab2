"""Pieces of a response. Their order in a session is tested in test_model.py."""

import base64
from typing import Any

import pytest

from offhook.sim.model_items import Item
from offhook.sim.model_orders import Answer, Order, Setup, Speak
from offhook.sim.model_response import Plan, Response, sentences, tokens_of, words
from offhook.sim.model_wire import Sound
from offhook.speech.base import Utterance, Word


def plan(**fields: Any) -> Plan:
    known: dict[str, Any] = {
        "instructions": "", "tools": [], "tool_choice": "auto", "spoken": True, "sound": Sound("mulaw", 8000),
        "format": None, "voice": None, "speed": 1.0, "most_tokens": "inf", "modalities": ["audio"],
    }  # fmt: skip
    return Plan(**{**known, **fields})


class Made:
    """A response at time 0 and all it does."""

    def __init__(self, answer: Answer, setup: Setup | None = None, **fields: Any) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.orders: list[Order] = []
        self.items: list[Item] = []
        ids = iter(range(100))
        self.response = Response(
            "resp_1",
            plan(**fields),
            setup or Setup(first_audio_ms=0.0, delta_ms=100, pace=1.0),
            0.0,
            lambda event, **fields: self.events.append((event, fields)),
            self.orders.append,
            self.add,
            lambda kind: f"{kind}_{next(ids)}",
        )
        self.response.decide(answer, 0.0)

    def add(self, item: Item) -> str | None:
        self.items.append(item)
        return None

    def run(self, until_ms: float = 1e9) -> None:
        while (at := self.response.next_at()) is not None and at <= until_ms:
            self.response.tick(at)

    def of(self, name: str) -> list[dict[str, Any]]:
        return [fields for event, fields in self.events if event == name]


def test_a_sentence_is_cut_where_its_words_begin() -> None:
    made = Made(Answer("Hi there."), word_times=True)
    assert made.orders == [Speak("resp_1", 0, "Hi there.", 1.0)]
    made.response.spoken(0, Utterance("Hi there.", bytes(8 * 350), (Word(120.0, 3), Word(340.0, 9))), 0.0)
    made.run()
    assert [event["delta"] for event in made.of("response.output_audio_transcript.delta")] == ["Hi ", "there."]
    assert [len(base64.b64decode(e["delta"])) for e in made.of("response.output_audio.delta")] == [800, 800, 800, 400]
    order = [event for event, _ in made.events if event.endswith(".delta")]
    assert order.index("response.output_audio_transcript.delta") < order.index("response.output_audio.delta")
    times = made.of("response.audio_timestamp.delta")
    assert [(e["text"], e["audio_offset_ms"], e["audio_duration_ms"]) for e in times] == [
        ("Hi", 0, 120),
        ("there.", 120, 220),
    ]
    assert made.response.text == "Hi there." and made.response.status == "completed"


def test_sentences_may_be_rendered_in_any_order() -> None:
    made = Made(Answer("One. Two."))
    made.response.spoken(1, Utterance("Two.", b"\x02" * 800, ()), 50.0)
    assert made.response.next_at() is None, "the first is missing"
    made.response.spoken(0, Utterance("One.", b"\x01" * 800, ()), 70.0)
    made.run()
    heard = b"".join(base64.b64decode(e["delta"]) for e in made.of("response.output_audio.delta"))
    assert heard == b"\x01" * 800 + b"\x02" * 800
    assert made.response.text == "One. Two."


def test_a_sentence_that_could_not_be_rendered_is_told_all_the_same() -> None:
    made = Made(Answer("Hm."))
    made.response.spoken(0, Utterance("Hm.", b"", ()), 0.0)
    made.run()
    assert made.response.text == "Hm." and not made.of("response.output_audio.delta")
    assert made.response.status == "completed"


def test_outside_a_conversation_items_are_told_in_the_response_only() -> None:
    made = Made(Answer("Hi."), spoken=False, in_conversation=False)
    made.run()
    assert made.items == [] and made.of("response.output_item.added") and not made.of("conversation.item.added")


def test_nothing_to_say() -> None:
    made = Made(Answer())
    made.run()
    assert made.response.status == "completed" and made.response.output == [] and made.events == []


def test_written_words_come_one_by_one() -> None:
    made = Made(Answer("One two three"), spoken=False)
    made.run(until_ms=20.0)
    assert [event["delta"] for event in made.of("response.output_text.delta")] == ["One ", "two "]
    made.response.cancel("client_cancelled", 30.0)
    assert made.of("response.output_text.done")[0]["text"] == "One two "
    assert made.of("response.content_part.done")[0]["part"] == {"type": "text", "text": "One two "}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 3.50 today.", ["It costs 3.50 today."]),
        ("No end", ["No end"]),
        ("", []),
        ("...", ["..."]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_words_and_tokens() -> None:
    assert "".join(words("a  bc d")) == "a  bc d" and words("a b") == ["a ", "b"]
    assert [tokens_of(""), tokens_of("abcd"), tokens_of("abcde")] == [0, 1, 2]
