"""A session of the stand-in model, in its own time: the order of events, the turns, and what is refused."""

import base64
import json

import pytest

from offhook.sim.model_orders import Answer, Faults, ToolUse
from offhook.sim.model_wire import AZURE, BETA, GA, Dialect
from tests.sim.model_talk import DIALECTS, QUIET, Talk, tone, types, voice

DIALECT = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
TOOL = {
    "type": "function",
    "name": "opening_hours",
    "description": "When the shop is open.",
    "parameters": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
}
TURN = [
    "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
    "conversation.item.added", "conversation.item.done", "created", "output_item.added", "conversation.item.added",
    "content_part.added", "output_audio_transcript.delta", "output_audio.delta", "output_audio.done",
    "output_audio_transcript.done", "content_part.done", "conversation.item.done", "output_item.done", "done",
    "rate_limits.updated",
]  # fmt: skip
FLAT = {
    "conversation.item.added": "conversation.item.created", "output_audio_transcript.delta": "audio_transcript.delta",
    "output_audio.delta": "audio.delta", "output_audio.done": "audio.done",
    "output_audio_transcript.done": "audio_transcript.done",
}  # fmt: skip


def error(events: list[dict]) -> dict:
    (event,) = events
    assert event["type"] == "error", event
    return event["error"]


def user_text(text: str, **fields) -> dict:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **fields}


def spoken(talk: Talk, text: str = "One. Two. Three.") -> str:
    """The id of an item of that text, which is whole."""
    talk.send("response.create", response={"instructions": f"Say exactly: {text}"})
    talk.wait(3000)
    return talk.of("response.done")[-1]["response"]["output"][0]["id"]


# ------------------------------------------------------------ orders


@DIALECT
def test_the_session_is_told_first(dialect: Dialect) -> None:
    talk = Talk(dialect)
    (created,) = talk.got
    assert created["type"] == "session.created"
    assert created["session"]["id"].startswith("sess_") and created["event_id"].startswith("event_")
    assert created["session"]["expires_at"] == 3601


def test_a_turn_by_voice() -> None:
    talk = Talk()
    talk.telephone()
    talk.new()
    talk.turn()
    talk.wait(5000)
    assert types(talk.new()) == TURN
    item = talk.of("response.done")[0]["response"]["output"][0]
    assert item["content"] == [{"type": "output_audio", "transcript": "Hello! What can I do for you?"}]
    deltas = b"".join(base64.b64decode(event["delta"]) for event in talk.of("response.output_audio.delta"))
    assert deltas == tone("Hello!").audio + tone("What can I do for you?").audio


@pytest.mark.parametrize("dialect", [BETA, AZURE], ids=["beta", "azure"])
def test_a_turn_by_voice_in_the_flat_dialects(dialect: Dialect) -> None:
    talk = Talk(dialect)
    talk.telephone()
    talk.new()
    talk.turn()
    talk.wait(5000)
    wanted = [FLAT.get(name, name) for name in TURN if name != "conversation.item.done"]
    assert types(talk.new()) == wanted[: -1 if dialect is AZURE else None]
    assert talk.of("response.done")[0]["response"]["output"][0]["content"][0]["type"] == "audio"


def test_text_is_answered_in_text_where_that_is_wanted() -> None:
    talk = Talk()
    talk.update(output_modalities=["text"], instructions="You are a baker. Be brief.")
    talk.send("conversation.item.create", item=user_text("Who are you?"))
    talk.new()
    talk.send("response.create")
    talk.wait(1000)
    assert types(talk.new()) == [
        "created", "output_item.added", "conversation.item.added", "content_part.added", "output_text.delta",
        "output_text.done", "content_part.done", "conversation.item.done", "output_item.done", "done", "rate_limits.updated",
    ]  # fmt: skip
    assert talk.said() == ["I am a baker."]
    assert "".join(event["delta"] for event in talk.of("response.output_text.delta")) == "I am a baker."


def test_a_tool_is_called_and_its_result_read_out() -> None:
    talk = Talk()
    talk.update(tools=[TOOL])
    talk.send("conversation.item.create", item=user_text("What are your opening hours on Monday?"))
    talk.new()
    talk.send("response.create")
    talk.wait(2000)
    assert types(talk.new()) == [
        "created", "output_item.added", "conversation.item.added", "function_call_arguments.delta",
        "function_call_arguments.done", "conversation.item.done", "output_item.done", "done", "rate_limits.updated",
    ]  # fmt: skip
    (call,) = talk.of("response.function_call_arguments.done")
    assert (call["name"], json.loads(call["arguments"])) == ("opening_hours", {"day": "monday"})
    assert "".join(e["delta"] for e in talk.of("response.function_call_arguments.delta")) == call["arguments"]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Nine to five."}
    assert types(talk.send("conversation.item.create", item=output)) == [
        "conversation.item.added",
        "conversation.item.done",
    ]
    talk.send("response.create")
    talk.wait(3000)
    assert talk.said()[-1] == "Nine to five."


def test_the_answer_waits_for_what_was_heard_and_for_the_latency() -> None:
    talk = Talk(first_audio_ms=700.0)
    talk.telephone()
    talk.words = None
    talk.turn()
    talk.wait(2000)
    assert not talk.of("response.output_audio.delta")
    heard_at = talk.now
    talk.heard("hello")
    talk.wait(1)
    assert talk.times[talk.got.index(talk.of("response.output_audio.delta")[0])] == heard_at
    talk.words = "hello"
    talk.turn()
    talk.wait(5000)
    begun, first = talk.of("response.created")[1], talk.of("response.output_audio.delta")
    second = next(event for event in first if event["response_id"] == begun["response"]["id"])
    assert talk.times[talk.got.index(second)] - talk.times[talk.got.index(begun)] == pytest.approx(700)


def test_audio_comes_faster_than_it_sounds() -> None:
    talk = Talk(delta_ms=100, pace=4.0)
    talk.telephone()
    spoken(talk, "A longer sentence to be said.")
    deltas = talk.of("response.output_audio.delta")
    assert all(len(base64.b64decode(event["delta"])) == 800 for event in deltas[:-1])
    times = [talk.times[talk.got.index(event)] for event in deltas]
    assert times[1] - times[0] == pytest.approx(25.0)


# ------------------------------------------------------------ turns


def test_a_barge_in_cancels_what_is_being_said() -> None:
    talk = Talk(pace=1.0, answers=(Answer("A long answer. It goes on and on. Nobody can stop it."),))
    talk.telephone()
    talk.turn()
    talk.wait(1000)
    talk.new()
    talk.turn()
    seen = types(talk.new())
    begin = seen.index("input_audio_buffer.speech_started")
    assert seen[begin + 1 : begin + 8] == [
        "output_audio.done", "output_audio_transcript.done", "content_part.done", "conversation.item.done",
        "output_item.done", "done", "rate_limits.updated",
    ]  # fmt: skip
    done = talk.of("response.done")[0]["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"
    assert done["usage"]["total_tokens"] > 0


def test_without_interrupt_response_a_turn_collides_with_the_answer() -> None:
    talk = Talk(pace=1.0, answers=(Answer("A long answer. It goes on and on. Nobody can stop it."),))
    talk.telephone(interrupt_response=False)
    talk.turn()
    talk.wait(1000)
    talk.turn()
    assert [event["error"]["code"] for event in talk.of("error")] == ["conversation_already_has_active_response"]
    assert not talk.of("response.done")


def test_without_create_response_a_turn_is_only_committed() -> None:
    talk = Talk()
    talk.telephone(create_response=False)
    talk.turn()
    assert talk.of("input_audio_buffer.committed") and not talk.of("response.created")


def test_ids_of_a_turn_agree() -> None:
    talk = Talk()
    talk.telephone()
    spoken(talk)
    talk.turn()
    ids = {event["item_id"] for event in talk.got if event["type"].startswith("input_audio_buffer.")}
    (committed,) = talk.of("input_audio_buffer.committed")
    assert ids == {committed["item_id"]}
    assert committed["previous_item_id"] == talk.of("response.output_item.done")[0]["item"]["id"]


def test_without_turn_detection_the_client_commits() -> None:
    talk = Talk()
    talk.update(audio={"input": {"format": {"type": "audio/pcmu"}, "turn_detection": None}})
    assert error(talk.send("input_audio_buffer.commit"))["code"] == "input_audio_buffer_commit_empty"
    talk.say(voice(400))
    assert types(talk.send("input_audio_buffer.commit")) == [
        "input_audio_buffer.committed", "conversation.item.added", "conversation.item.done",
    ]  # fmt: skip
    assert error(talk.send("input_audio_buffer.commit"))["message"].endswith("buffer only has 0.00ms of audio.")
    talk.say(voice(400))
    assert types(talk.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert error(talk.send("input_audio_buffer.commit"))["code"] == "input_audio_buffer_commit_empty"
    assert not talk.of("response.created")


def test_nobody_speaks_and_the_model_asks() -> None:
    talk = Talk()
    talk.telephone(idle_timeout_ms=5000)
    spoken_id = spoken(talk, "Hello.")
    talk.wait(5000)
    done = talk.of("response.done")[0]
    sounds_ms = len(tone("Hello.").audio) / 8
    timeout = talk.of("input_audio_buffer.timeout_triggered")[0]
    assert talk.times[talk.got.index(timeout)] == pytest.approx(talk.times[talk.got.index(done)] + sounds_ms + 5000)
    committed = talk.of("input_audio_buffer.committed")[0]
    assert committed["item_id"] == timeout["item_id"] and committed["previous_item_id"] == spoken_id
    assert talk.said()[1] == "Are you still there?"


# ------------------------------------------------------------ responses


@DIALECT
def test_one_response_at_a_time(dialect: Dialect) -> None:
    talk = Talk(dialect)
    (created,) = talk.send("response.create")
    refused = error(talk.send("response.create", event_id="c1"))
    assert refused["code"] == "conversation_already_has_active_response" and refused["event_id"] == "c1"
    assert created["response"]["id"] in refused["message"]


def test_out_of_band_responses_run_beside_it_and_leave_no_trace() -> None:
    talk = Talk()
    talk.send("conversation.item.create", item=user_text("Hello", id="item_u1"))
    talk.send("response.create")
    response = {
        "conversation": "none",
        "output_modalities": ["text"],
        "metadata": {"kind": "summary"},
        "input": [{"type": "item_reference", "id": "item_u1"}, user_text("who are you")],
    }
    (created,) = talk.send("response.create", response=response)
    assert created["response"]["conversation_id"] is None
    assert created["response"]["metadata"] == {"kind": "summary"}
    talk.new()
    talk.wait(5000)
    aside = [e for e in talk.new() if e.get("response_id") == created["response"]["id"]]
    assert {"response.output_item.added", "response.output_text.delta"} <= {event["type"] for event in aside}
    kept = [event["item"]["id"] for event in talk.of("conversation.item.added")]
    assert len(kept) == 2, "the question and the spoken answer"
    assert talk.said()[0] == "I am a helpful assistant."


def test_a_response_is_cancelled() -> None:
    talk = Talk()
    (created,) = talk.send("response.create")
    assert error(talk.send("response.cancel", response_id="resp_other"))["code"] == "response_cancel_not_active"
    done, _limits = talk.send("response.cancel", response_id=created["response"]["id"])
    assert done["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert done["response"]["output"] == []
    assert error(talk.send("response.cancel"))["message"] == "Cancellation failed: no active response found"
    assert talk.wait(5000) == [], "what was rendered for it is dropped"


def test_responses_fail_and_stop() -> None:
    answers = (Answer(fails=("server_error", "Sorry.")), Answer("Half", stops="content_filter"), Answer("Well."))
    talk = Talk(answers=answers)
    for _ in answers:
        talk.send("response.create")
        talk.wait(3000)
    failed, stopped, done = (event["response"] for event in talk.of("response.done"))
    assert failed["status"] == "failed" and failed["usage"] is None
    assert failed["status_details"]["error"] == {"type": "server_error", "code": "server_error", "message": "Sorry."}
    assert stopped["status_details"] == {"type": "incomplete", "reason": "content_filter"}
    assert done["status"] == "completed"


def test_an_answer_stops_at_its_most_tokens() -> None:
    talk = Talk()
    talk.send("response.create", response={"max_output_tokens": 20, "instructions": "Say exactly: " + "a word " * 30})
    talk.wait(5000)
    (done,) = talk.of("response.done")
    assert done["response"]["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert 10 < done["response"]["usage"]["output_tokens"] <= 20


def test_several_tools_and_words_in_one_response() -> None:
    talk = Talk(answers=(Answer("One moment.", (ToolUse("a"), ToolUse("b", '{"c":1}'))),))
    talk.send("response.create")
    talk.wait(3000)
    (done,) = talk.of("response.done")
    assert [item["type"] for item in done["response"]["output"]] == ["message", "function_call", "function_call"]
    added = talk.of("response.output_item.added")
    assert [event["output_index"] for event in added] == [0, 1, 2]
    calls = {event["call_id"] for event in talk.of("response.function_call_arguments.done")}
    assert len(calls) == 2


# ------------------------------------------------------------ items


@DIALECT
def test_items_are_created_found_and_deleted(dialect: Dialect) -> None:
    talk = Talk(dialect)
    talk.send("conversation.item.create", item=user_text("one", id="item_1"))
    talk.send("conversation.item.create", item=user_text("zero", id="item_0"), previous_item_id="root")
    (added, *_) = talk.send("conversation.item.create", item=user_text("half"), previous_item_id="item_0")
    assert added["previous_item_id"] == "item_0" and added["item"]["id"].startswith("item_")
    (found,) = talk.send("conversation.item.retrieve", item_id="item_1")
    assert found["type"] == "conversation.item.retrieved" and found["item"]["content"][0]["text"] == "one"
    (gone,) = talk.send("conversation.item.delete", item_id="item_1")
    assert (gone["type"], gone["item_id"]) == ("conversation.item.deleted", "item_1")
    assert error(talk.send("conversation.item.delete", item_id="item_1"))["code"] == "item_delete_invalid_item_id"


def test_an_audio_item_is_heard_and_can_be_had_back() -> None:
    talk = Talk()
    talk.telephone()
    audio = base64.b64encode(voice(500)).decode()
    content = [{"type": "input_audio", "audio": audio}]
    talk.words = "who are you"
    added, _done = talk.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    (found,) = talk.send("conversation.item.retrieve", item_id=added["item"]["id"])
    assert found["item"]["content"][0]["audio"] == audio
    talk.send("response.create")
    talk.wait(5000)
    assert talk.said() == ["I am a helpful assistant."]


def test_what_was_not_heard_is_cut_off() -> None:
    talk = Talk()
    talk.telephone()
    item = spoken(talk)
    total_ms = sum(len(tone(text).audio) for text in ("One.", "Two.", "Three.")) // 8
    refused = error(talk.send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=total_ms + 1))
    assert refused["message"] == f"Audio content of {total_ms}ms is already shorter than {total_ms + 1}ms"
    (told,) = talk.send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=480)
    assert (told["type"], told["audio_end_ms"]) == ("conversation.item.truncated", 480)
    (found,) = talk.send("conversation.item.retrieve", item_id=item)
    assert "transcript" not in found["item"]["content"][0]
    assert len(base64.b64decode(found["item"]["content"][0]["audio"])) == 480 * 8


def test_an_item_is_cut_while_it_is_being_said() -> None:
    talk = Talk(pace=1.0)
    talk.telephone()
    talk.send("response.create", response={"instructions": "Say exactly: One two three four five six seven."})
    talk.wait(900)
    item = talk.of("response.output_item.added")[0]["item"]["id"]
    sent_ms = sum(len(base64.b64decode(e["delta"])) for e in talk.of("response.output_audio.delta")) // 8
    over = talk.send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=sent_ms + 1)
    assert error(over)["code"] == "invalid_value"
    (told,) = talk.send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=sent_ms)
    assert told["type"] == "conversation.item.truncated"


@pytest.mark.parametrize("kind", ["user", "text", "call"])
def test_only_what_the_model_said_aloud_can_be_cut(kind: str) -> None:
    talk = Talk(answers=(Answer("Words.") if kind == "text" else Answer(tools=(ToolUse("a"),)),))
    if kind == "user":
        (added, _) = talk.send("conversation.item.create", item=user_text("hello"))
        item = added["item"]["id"]
    else:
        talk.send("response.create", response={"output_modalities": ["text"]})
        talk.wait(1000)
        item = talk.of("response.output_item.done")[0]["item"]["id"]
    refused = error(talk.send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=0))
    assert refused["message"] == "Only model output audio messages can be truncated"


def test_voice_live_cuts_once() -> None:
    talk = Talk(AZURE)
    talk.telephone()
    item = spoken(talk)
    cut = {"item_id": item, "content_index": 0, "audio_end_ms": 100}
    assert types(talk.send("conversation.item.truncate", **cut)) == ["conversation.item.truncated"]
    assert error(talk.send("conversation.item.truncate", **cut))["code"] == "item_already_truncated"


def test_voice_live_cuts_by_itself_what_cannot_have_been_played() -> None:
    talk = Talk(AZURE, answers=(Answer("A long answer. It goes on and on. Nobody can stop it."),))
    talk.telephone(auto_truncate=True)
    talk.turn()
    talk.wait(1000)
    assert talk.of("response.done"), "all of it was sent long before it can have been played"
    first = talk.times[talk.got.index(talk.of("response.audio.delta")[0])]
    talk.turn()
    (cut,) = talk.of("conversation.item.truncated")
    assert cut["audio_end_ms"] == int(talk.times[talk.got.index(cut)] - first)
    again = talk.send("conversation.item.truncate", item_id=cut["item_id"], content_index=0, audio_end_ms=0)
    assert error(again[-1:])["code"] == "item_already_truncated"


# ------------------------------------------------------------ the session


def test_an_update_changes_what_it_names() -> None:
    talk = Talk()
    (told,) = talk.update(instructions="Be brief.", audio={"output": {"voice": "marin"}})
    session = told["session"]
    assert told["type"] == "session.updated"
    assert session["instructions"] == "Be brief." and session["audio"]["output"]["voice"] == "marin"
    assert session["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert session["id"] == talk.of("session.created")[0]["session"]["id"]


def test_each_dialect_refuses_the_other_shape() -> None:
    flat, nested = {"voice": "alloy"}, {"type": "realtime", "audio": {"output": {"voice": "alloy"}}}
    assert error(Talk(GA).send("session.update", session=flat))["param"] == "session.type"
    assert error(Talk(GA).update(**flat))["param"] == "session.voice"
    for dialect in (BETA, AZURE):
        refused = error(Talk(dialect).send("session.update", session=nested))
        assert refused["code"] == "unknown_parameter" and refused["param"] == "session.type"


@DIALECT
def test_the_voice_is_fixed_once_it_was_heard(dialect: Dialect) -> None:
    talk = Talk(dialect)

    def voice_of(name: str) -> list[dict]:
        chosen = {"voice": name}
        return talk.update(**({"audio": {"output": chosen}} if dialect is GA else chosen))

    assert types(voice_of("sage")) == ["session.updated"]
    spoken(talk)
    assert error(voice_of("alloy"))["code"] == "cannot_update_voice"
    assert types(voice_of("sage")) == ["session.updated"]
    changed = {"audio": {"output": {"voice": "alloy"}}} if dialect is GA else {"voice": "alloy"}
    assert error(talk.send("response.create", response=changed))["code"] == "cannot_update_voice"


def test_model_and_tracing_stay_as_they_are() -> None:
    talk = Talk()
    assert types(talk.update(model="gpt-realtime-2.1")) == ["session.updated"]
    assert error(talk.update(model="gpt-realtime"))["param"] == "session.model"
    assert types(talk.update(tracing="auto")) == ["session.updated"]
    assert error(talk.update(tracing=None))["param"] == "session.tracing"


def test_voice_live_warns_of_what_it_does_not_do() -> None:
    talk = Talk(AZURE)
    warning, updated = talk.update(animation={"model_name": "x"})
    assert warning["type"] == "warning" and warning["warning"]["param"] == "session.animation"
    assert updated["type"] == "session.updated"


def test_voice_live_speaks_fixed_words_and_tells_their_times() -> None:
    talk = Talk(AZURE, answers=(Answer("not this"),))
    talk.update(output_audio_timestamp_types=["word"])
    message = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hello, how can I help?"}]}
    talk.send("response.create", response={"pre_generated_assistant_message": message})
    talk.wait(5000)
    assert talk.said() == ["Hello, how can I help?"]
    words = talk.of("response.audio_timestamp.delta")
    assert [event["text"] for event in words] == ["Hello,", "how", "can", "I", "help?"]
    begins = [event["audio_offset_ms"] for event in words]
    assert begins == sorted(begins) and begins[0] == 0
    assert words[-1]["audio_offset_ms"] + words[-1]["audio_duration_ms"] == pytest.approx(22 * 60, abs=2)
    assert len(talk.of("response.audio_timestamp.done")) == 1


def test_voice_live_takes_what_comes_with_a_response() -> None:
    talk = Talk(AZURE)
    talk.send("response.create")
    response = {"cancel_previous": True, "append_input_items": [user_text("who are you")]}
    got = talk.send("response.create", response=response, additional_instructions="Be brief.")
    assert types(got) == ["done", "conversation.item.created", "created"]
    talk.wait(5000)
    assert talk.said() == ["I am a stand-in for a speech model."]


def test_a_foundry_agent_has_its_own_instructions() -> None:
    talk = Talk(AZURE, agent="anna")
    session = talk.got[0]["session"]
    assert session["agent"]["name"] == "anna" and "model" not in session
    for own in ({"instructions": "Be brief."}, {"tools": []}, {"model": "gpt-4o"}):
        assert error(talk.update(**own))["message"].endswith("belongs to the agent.")
    assert types(talk.update(voice={"type": "openai", "name": "marin"})) == ["session.updated"]
    talk.send("conversation.item.create", item=user_text("Who are you?"))
    talk.send("response.create")
    talk.wait(3000)
    assert talk.said() == ["I am anna."]


def test_a_session_expires() -> None:
    talk = Talk(lifetime_s=120.0)
    talk.wait(119_900)
    assert not talk.of("error") and talk.closed is None
    talk.wait(200)
    (expired,) = talk.of("error")
    assert expired["error"]["code"] == "session_expired"
    assert expired["error"]["message"] == "Your session hit the maximum duration of 2 minutes."
    assert talk.closed is not None and talk.closed.code == 1001
    assert talk.send("response.create") == [] and talk.session.next_at() is None


def test_usage_adds_up_and_counts_the_whole_conversation() -> None:
    talk = Talk()
    talk.telephone()
    talk.turn()
    talk.wait(5000)
    talk.turn()
    talk.wait(5000)
    first, second = (event["response"]["usage"] for event in talk.of("response.done"))
    for usage in (first, second):
        given, made = usage["input_token_details"], usage["output_token_details"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert usage["input_tokens"] == given["text_tokens"] + given["audio_tokens"] + given["image_tokens"]
        assert usage["output_tokens"] == made["text_tokens"] + made["audio_tokens"]
        assert given["cached_tokens"] == sum(given["cached_tokens_details"].values())
    answered_ms = len(tone("Hello!").audio + tone("What can I do for you?").audio) / 8
    assert first["output_token_details"]["audio_tokens"] == -(-answered_ms // 50)
    assert second["input_tokens"] > first["input_tokens"] + first["output_token_details"]["audio_tokens"]


# ------------------------------------------------------------ bad messages


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("{", "invalid_event", None),
        ("[]", "invalid_event", None),
        (b"\0", "invalid_event", None),
        ("{}", "invalid_event", None),
        ('{"type": "novelty"}', "invalid_value", "type"),
        ('{"type": 5}', "invalid_value", "type"),
        ('{"type": "input_audio_buffer.append"}', "missing_required_parameter", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "?"}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": 5}', "invalid_type", "audio"),
        ('{"type": "input_audio_buffer.commit", "novel": 1}', "unknown_parameter", "novel"),
        ('{"type": "output_audio_buffer.clear"}', "invalid_event", None),
        ('{"type": "session.update"}', "missing_required_parameter", "session"),
        ('{"type": "session.update", "session": 5}', "invalid_type", "session"),
    ],
)
def test_bad_messages_are_errors_and_the_session_goes_on(message: str, code: str, param: str | None) -> None:
    talk = Talk()
    refused = error(talk.message(message))
    assert (refused["type"], refused["code"], refused["param"]) == ("invalid_request_error", code, param)
    assert types(talk.update()) == ["session.updated"]


def test_too_much_audio_at_once_is_refused() -> None:
    talk = Talk()
    audio = base64.b64encode(bytes(15 * 1024 * 1024 + 1)).decode()
    assert error(talk.send("input_audio_buffer.append", audio=audio))["param"] == "audio"


# ------------------------------------------------------------ faults


def test_half_open() -> None:
    talk = Talk(faults=Faults(half_open=True))
    talk.update()
    assert talk.got == []


def test_errors_and_silence_in_place_of_an_update() -> None:
    failing = Talk(faults=Faults(update_error=True))
    server, updated = failing.update()
    assert server["error"]["type"] == "server_error" and updated["type"] == "session.updated"
    assert Talk(faults=Faults(update_silent=True)).update() == []


def test_a_response_stalls_and_can_still_be_cancelled() -> None:
    talk = Talk(faults=Faults(stall_ms=400))
    talk.send("response.create", response={"instructions": "Say exactly: Something rather long to say."})
    talk.wait(60_000)
    assert len(talk.of("response.output_audio.delta")) == 2 and not talk.of("response.done")
    talk.send("response.cancel")
    assert talk.of("response.done")[0]["response"]["status"] == "cancelled"


def test_the_connection_drops_within_a_response() -> None:
    talk = Talk(faults=Faults(drop_ms=400, drop_code=1006))
    talk.send("response.create", response={"instructions": "Say exactly: Something rather long to say."})
    talk.wait(60_000)
    assert len(talk.of("response.output_audio.delta")) == 2
    assert talk.closed is not None and talk.closed.code == 1006


def test_everything_comes_late_in_its_order() -> None:
    talk = Talk(faults=Faults(delay_ms=500))
    assert talk.got == []
    talk.update()
    talk.wait(499)
    assert talk.got == []
    talk.wait(2)
    assert types(talk.got) == ["session.created", "session.updated"]


def test_the_first_responses_fail() -> None:
    talk = Talk(faults=Faults(fail_responses=1))
    for _ in range(2):
        talk.send("response.create")
        talk.wait(5000)
    assert [event["response"]["status"] for event in talk.of("response.done")] == ["failed", "completed"]


def test_what_is_no_json_or_too_big_or_unknown() -> None:
    talk = Talk(faults=Faults(malformed=True, oversize=True, unknown_events=True), typed=False)
    talk.send("response.create")
    talk.wait(5000)
    broken = [text for text in talk.raw if not text.endswith("}")]
    assert len(broken) == 1
    assert max(map(len, talk.raw)) > 2 * 1024 * 1024
    assert "novelty.happened" in types(talk.got) and talk.of("response.done")[0]["novelty"] is True


def test_a_deaf_service_takes_mulaw_and_says_nothing() -> None:
    talk = Talk(faults=Faults(deaf=True))
    talk.telephone()
    talk.new()
    talk.say(voice(600) + QUIET * 8 * 600)
    assert talk.new() == []
