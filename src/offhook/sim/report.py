"""What came of a simulated call, as plain data: who spoke when, what a person would have noticed, and whether it worked.

The simulator does not know the agent's words: of the agent it tells times and lengths.
"""

from dataclasses import dataclass, field
from typing import Any

from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.expectations import checked
from offhook.sim.noticed import answers_due, silences, talked_over
from offhook.sim.script import Script
from offhook.sim.steps import End
from offhook.sim.stream import BYTES_PER_MS
from offhook.sim.understanding import Understanding, plain_words

AGENT_NOT_HEARD = "The agent was not heard: see the server's log."
NOT_ANSWERED = "The agent did not answer the caller's first words."


@dataclass(slots=True)
class Turns:
    """The conversation as a server has it: the caller's turns ({at_ms, text}), the agent's ({at_ms, text, unheard})."""

    caller: list[dict[str, Any]] = field(default_factory=list)
    agent: list[dict[str, Any]] = field(default_factory=list)


def report(call: CarrierCall, caller: Caller) -> dict[str, Any]:
    """The result, ready for JSON. Times in milliseconds since the call began; `why` is None if the agent was heard."""
    finished = call.finished
    streams = [stream for stream in call.streams if stream.opened_ms is not None]
    opened_ms = streams[0].opened_ms if streams else None
    heard = caller.hearing.spans
    gaps = [gap for stream in streams for gap in stream.playback.gaps()]
    return {
        "status": finished.status if finished else "in-progress",
        "reason": finished.reason if finished else "",
        "why": _why(call, caller),
        "ended_by": _ended_by(call),
        "ended_ms": _ms(_end_ms(call)),
        "talk": _talk(call, caller),
        "first_sound_ms": _ms(heard[0].from_ms - opened_ms) if heard and opened_ms is not None else None,
        "answers_ms": [_ms(said.answered_ms) for said in caller.report.spoken],
        "answers": [
            {"words": said.words, "at_ms": _ms(said.to_ms), "ms": _ms(said.answered_ms)}
            for said in answers_due(caller.report)
        ],
        "barge_ins": [
            {
                "at_ms": _ms(cut.at_ms),
                "words": cut.words,
                "heard_ms": _ms(cut.heard_ms),
                "silent_after_ms": _ms(cut.silent_after_ms),
                "cleared": cut.cleared,
            }
            for cut in caller.report.cut_ins
        ],
        "cut_short": [
            {"at_ms": _ms(clear.at_ms), "dropped_ms": _ms(clear.dropped_bytes / BYTES_PER_MS)}
            for stream in streams
            for clear in stream.playback.clears
            if clear.dropped_bytes
        ],
        "talked_over": [{"at_ms": _ms(span.from_ms)} for span in talked_over(caller.report, heard)],
        "silences": [
            {"at_ms": _ms(quiet.from_ms), "ms": _ms(quiet.ms), "broken": quiet.broken}
            for quiet in silences(caller.report, heard, _end_ms(call))
        ],
        "gaps": [{"at_ms": _ms(gap.from_ms), "ms": _ms(gap.to_ms - gap.from_ms)} for gap in gaps],
        "underruns": sum(len(stream.playback.underruns) for stream in streams),
        "streams": len(streams),
        "warnings": [
            {"at_ms": entry["at_ms"], "code": entry["code"], "message": entry["message"]}
            for entry in call.log
            if entry["what"] == "warning"
        ],
    }


def scripted(
    call: CarrierCall, caller: Caller, script: Script, understanding: Understanding, turns: Turns | None = None
) -> dict[str, Any]:
    """The report of a call that followed a script. `failed` has a sentence for each thing that went wrong; none is good.

    `turns`: the conversation as the server has it, where that is at hand.
    """
    result = report(call, caller)
    result["script"] = script.name
    result["steps"] = [{"step": done.number, "at_ms": _ms(done.at_ms)} for done in caller.done_steps if done.number]
    unwanted = [str(each.wanted) for each in script.expect if each.name == "not_heard"]
    told = plain_words(" ".join(turn["text"] for turn in turns.agent)) if turns else ""
    result["heard"] = [
        words for words in unwanted if plain_words(words) in told or understanding.heard(words, final=True) is not None
    ]
    result["caller_turns"] = _rounded(turns.caller) if turns else None
    result["agent_turns"] = _rounded(turns.agent) if turns else None
    failed = _step_failed(caller, result) if caller.hearing.spans else _failure(call) or AGENT_NOT_HEARD
    result["expect"] = [] if failed else checked(script.expect, result)
    result["failed"] = [failed] if failed else [each["failed"] for each in result["expect"] if each["failed"]]
    result["why"] = " ".join(result["failed"]) or None
    return result


def _step_failed(caller: Caller, result: dict[str, Any]) -> str | None:
    """The step that could not be done."""
    if caller.failure is not None:
        number = caller.failure.number
        return f"{f'step {number}' if number else 'after the last step'}: {caller.failure.sentence}"
    left = [step for step in caller.left if step.number]
    if not left or isinstance(left[0], End):
        return None
    if result["ended_by"] == "caller":
        return f"step {left[0].number}: the call had taken too long by then."
    return f"step {left[0].number}: the call was over before it: {result['reason']}."


def _talk(call: CarrierCall, caller: Caller) -> list[dict[str, Any]]:
    """Who spoke when, in order."""
    talk: list[dict[str, Any]] = [
        {"who": "agent", "from_ms": _ms(span.from_ms), "to_ms": _ms(span.to_ms)} for span in caller.hearing.spans
    ]
    talk += [
        {
            "who": "caller",
            "from_ms": _ms(said.from_ms),
            "to_ms": _ms(said.to_ms),
            "words": said.words,
            "answered_ms": _ms(said.answered_ms),
        }
        for said in caller.report.spoken
    ]
    talk += [
        {"who": "caller", "from_ms": _ms(made.from_ms), "to_ms": _ms(made.to_ms), "sound": made.words}
        for made in caller.report.sounds
    ]
    talk += [
        {"who": "caller", "from_ms": entry["at_ms"], "to_ms": entry["at_ms"], "key": entry["digit"]}
        for entry in call.log
        if entry["what"] == "key"
    ]
    talk += [
        {"who": "carrier", "from_ms": entry["at_ms"], "to_ms": entry["at_ms"], "words": entry["text"]}
        for entry in call.log
        if entry["what"] == "verb" and entry["text"]
    ]
    return sorted(talk, key=lambda line: line["from_ms"])


def _ended_by(call: CarrierCall) -> str:
    """Who ended the call: the caller, the agent (its server), or the carrier, which gave up."""
    if call.finished is None:
        return "nobody"
    if call.finished.reason == "the caller hung up":
        return "caller"
    return "agent" if call.finished.status == "completed" else "carrier"


def _end_ms(call: CarrierCall) -> float:
    return float(next((entry["at_ms"] for entry in call.log if entry["what"] == "ended"), 0.0))


def _why(call: CarrierCall, caller: Caller) -> str | None:
    """One sentence on why the call is no success, or None."""
    if caller.report.spoken:
        if caller.report.spoken[0].answered_ms is not None:
            return None
        if caller.hearing.spans:
            return NOT_ANSWERED
    elif caller.hearing.spans:
        return None
    return _failure(call) or AGENT_NOT_HEARD


def _failure(call: CarrierCall) -> str | None:
    """The first thing that went wrong at the carrier: an answer, a document, a stream."""
    refused = next(
        (e for e in call.log if e["what"] == "answer" and e["purpose"] == "voice" and e["status"] != 200), None
    )
    if refused is not None and refused["status"] == 0:
        return f"No server answers at {call.setup.voice_url}: start it with `make run` or `offhook demo`."
    if refused is not None and refused["status"] == 403:
        return (
            "The webhook refused the call (403): a demo is called by the same user with the same OFFHOOK_DATA; another "
            "server by its account (--account-sid, --auth-token) and, if it has one, its PUBLIC_URL (--public-url)."
        )
    warning = next((entry for entry in call.log if entry["what"] == "warning" and entry["code"] != 31921), None)
    return f"The carrier gave up: {warning['code']}, {warning['message']}." if warning else None


def _rounded(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**turn, "at_ms": _ms(turn["at_ms"])} for turn in turns]


def _ms(value: float | None) -> float | None:
    """To a tenth. First to a millionth: a tie must not fall as the call's place on the clock's scale has it."""
    return None if value is None else round(round(value, 6), 1)
