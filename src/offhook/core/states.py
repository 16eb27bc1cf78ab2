"""The states of a call, whose turn it is, and the two tables that say which event moves what.

An event that a table does not name in a state leaves the state as it is: both peers are far away, and late news is no
error. What the tables cannot say is in core/control.py.
"""

from enum import StrEnum
from typing import Any

from offhook.core import events as e


class CallState(StrEnum):
    """The life of a call."""

    CONNECTING = "connecting"
    RINGING = "ringing"
    CONNECTED = "connected"
    PARKED = "parked"  # the stream is lost; the agent waits for it
    TRANSFERRING = "transferring"  # the caller was given back to the carrier, to be put through to somebody
    ENDING = "ending"  # we hung up; the carrier has not agreed yet
    ENDED = "ended"


class TurnState(StrEnum):
    """Whose go it is."""

    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"


class Next(StrEnum):
    """What the carrier is told when a stream has ended and it asks how to go on."""

    STREAM = "stream"
    TRANSFER = "transfer"
    HANG_UP = "hang up"
    APOLOGISE = "apologise and hang up"


CALL: dict[CallState, dict[type[Any], CallState]] = {
    CallState.CONNECTING: {e.Rang: CallState.RINGING, e.PhoneJoined: CallState.CONNECTED},
    CallState.RINGING: {e.PhoneJoined: CallState.CONNECTED},
    CallState.CONNECTED: {e.PhoneLost: CallState.PARKED},
    CallState.PARKED: {e.PhoneJoined: CallState.CONNECTED},
    CallState.TRANSFERRING: {},
    CallState.ENDING: {},
    CallState.ENDED: {},
}

TURNS: dict[TurnState, dict[type[Any], TurnState]] = {
    TurnState.LISTENING: {e.CallerTurnEnded: TurnState.THINKING, e.ItemBegan: TurnState.SPEAKING},
    TurnState.THINKING: {e.SpeechStarted: TurnState.LISTENING, e.ItemBegan: TurnState.SPEAKING},
    # A barge-in is exactly this arrow, caused by the caller.
    TurnState.SPEAKING: {e.SpeechStarted: TurnState.LISTENING, e.CallerTurnEnded: TurnState.THINKING},
}


def is_over(status: str) -> bool:
    """True if a CallStatus of the carrier says that the call lives no more."""
    return status not in ("queued", "initiated", "ringing", "in-progress")
