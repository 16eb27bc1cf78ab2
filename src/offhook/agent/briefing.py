"""What a model is told of the call it is in, and how it is asked to greet and to go on."""

from datetime import datetime

from offhook.agent.agent import Agent
from offhook.agent.realtime.messages import joined
from offhook.core.events import Returned
from offhook.core.keypad import HIDDEN
from offhook.core.leg import CallInfo

GREET = "The call has just begun and the caller has said nothing yet. Greet the caller in one short sentence."
GREET_CALLEE = "You have just called somebody, who has answered. Greet them in one short sentence, and say on whose behalf you call."
SAY = "Say exactly the following and nothing else: {}"
EXACTLY = f"The call has just begun. {SAY}"
GO_ON = (
    "You were cut off, and nobody has spoken since. Go on from where the caller stopped hearing you, in a few words; "
    "do not greet again, and do not repeat what was heard."
)
BACK = (
    "The line to the caller was lost for a moment and is back. Say that you are sorry for it in a few words, and go on from "
    "where the conversation was: answer what was said last if nobody has, and do not greet again."
)
LEAVE = "This call ends now. Say in one short sentence that you have to end the call, and say goodbye; ask nothing."
STILL_THERE = (
    "The caller has said nothing for a while. Ask in a few words whether they are still there; say nothing else."
)
RETURNED = "(The caller was to be put through to {to}, but {why}. They are back on the line with you.)"
SAY_WHY = (
    "Tell the caller in one short sentence that {why} at {to}, and ask how you can help instead; do not greet again."
)
WHY_RETURNED = {"busy": "the line is busy", "no-answer": "nobody answered"}
NOT_REACHED = "nobody could be reached"
KEYS = "(The caller pressed these keys of the telephone: {})"
HIDDEN_KEYS = "(The caller has entered {} keys on the telephone. They are hidden from you; a tool can use them.)"


def greet(must_say: str, *, inbound: bool = True) -> str:
    """How a greeting of the model's own is asked for; `must_say`: what the other is to be told in it; `inbound`: they
    called."""
    how = GREET if inbound else GREET_CALLEE
    return f"{how} Then say exactly the following: {must_say}" if must_say else how


def pressed(keys: str) -> str:
    """How the model is told of keys; of secret ones only that they came."""
    return HIDDEN_KEYS.format(len(keys)) if HIDDEN in keys else KEYS.format(keys)


def why_returned(returned: Returned) -> tuple[str, str]:
    """What a model is told for good of a transfer that came to nothing, and what it is to say about it."""
    why = WHY_RETURNED.get(returned.status, NOT_REACHED)
    return RETURNED.format(to=returned.to, why=why), SAY_WHY.format(to=returned.to, why=why)


def briefing(agent: Agent, info: CallInfo, now: datetime, language: str | None = None) -> str:
    """The agent's instructions, and what it cannot know by itself: that this is a telephone call, when, and with whom.

    `now` is the local time, with its zone; `language` that of the talk, None: the agent's own.
    """
    inbound = info.direction == "inbound"
    who = info.caller if inbound else info.called
    known = who if who and who != "anonymous" else "not known"
    lines = (
        f"You are on the telephone with somebody {'who called' if inbound else 'you called'}. What you say is spoken.",
        f"It is {now:%A, %d %B %Y, %H:%M} ({now:%Z}).",
        f"The {'caller' if inbound else 'callee'}'s number: {known}. Direction: {'inbound' if inbound else 'outbound'}.",
        f"Speak the language {language or agent.language} unless the caller speaks another.",
    )
    return joined((agent.instructions, "\n".join(lines)))
