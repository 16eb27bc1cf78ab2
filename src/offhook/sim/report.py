"""What came of a simulated call, as plain data: who spoke when, what a person would have noticed, and whether it worked.

The simulator does not know the agent's words: of the agent it tells times and lengths.
"""

from typing import Any

from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall

AGENT_NOT_HEARD = "The agent was not heard: see the server's log."
NOT_ANSWERED = "The agent did not answer the caller's first words."


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
        "talk": _talk(call, caller),
        "first_sound_ms": _ms(heard[0].from_ms - opened_ms) if heard and opened_ms is not None else None,
        "answers_ms": [_ms(said.answered_ms) for said in caller.report.spoken],
        "barge_ins": [
            {
                "at_ms": _ms(cut.at_ms),
                "heard_ms": _ms(cut.heard_ms),
                "silent_after_ms": _ms(cut.silent_after_ms),
                "cleared": cut.cleared,
            }
            for cut in caller.report.cut_ins
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
        {"who": "carrier", "from_ms": entry["at_ms"], "to_ms": entry["at_ms"], "words": entry["text"]}
        for entry in call.log
        if entry["what"] == "verb" and entry["text"]
    ]
    return sorted(talk, key=lambda line: line["from_ms"])


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


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
