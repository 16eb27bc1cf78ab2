"""Which answer a realtime session is giving, and which it still owes. Pure.

A session gives one answer at a time; asking for a second is an error. The server begins answers too, when a caller's
turn ends. So a wish waits while an answer is under way, being asked for, or certain to come.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from offhook.agent.realtime import messages as say
from offhook.agent.realtime.wire import ResponseDone

Wish = dict[str, Any]

ALREADY_ACTIVE = "conversation_already_has_active_response"
HARMLESS = frozenset(
    {ALREADY_ACTIVE, "response_cancel_not_active", "item_already_truncated", "input_audio_buffer_commit_empty"}
)  # fmt: skip
"""Errors that come of two sides acting at once."""


class Answers:
    """The answers of one session. `send` takes messages to the server."""

    def __init__(self, send: Callable[[bytes], None], *, provider: bool, says: deque[Wish] | None = None) -> None:
        """`provider`: the server answers by itself when the caller's turn ends. `says` are words that somebody gave the
        agent to say and that are still to be asked for; they outlive a session."""
        self._send, self._provider = send, provider
        self._says: deque[Wish] = deque() if says is None else says
        self.active: str | None = None
        """The answer that is being generated."""
        self.owed: Wish | None = None
        """What will be asked for as soon as it may be."""
        self.heeds = True
        """The server answers the caller by itself, if it ever does."""
        self._asked: tuple[str, Wish] | None = None
        self._count = 0
        self._expected = 0  # the number of the caller's turn that the server is about to answer; 0: none
        self._turns = 0
        self._caller_speaks = False
        self._cut_asked = False
        self._dead: set[str] = set()
        self._last: Wish = {}
        self._failures = 0

    # ------------------------------------------------------------------------------------------ asking

    @property
    def under_way(self) -> bool:
        """An answer is being generated, was asked for, or is certain to come."""
        return self.awaited is not None

    @property
    def awaited(self) -> str | None:
        """A name for the answer that is under way: as long as it is the same, it is the same step of the same answer."""
        if self.active is not None:
            return self.active
        return self._asked[0] if self._asked is not None else f"turn{self._expected}" if self._expected else None

    @property
    def asked(self) -> bool:
        """We have asked for it, and it has not begun."""
        return self.active is None and self._asked is not None

    @property
    def heard(self) -> bool:
        """The caller hears, or will hear, the answer that is under way."""
        cut = self.active in self._dead if self.active is not None else self._cut_asked
        return self.under_way and not cut

    @property
    def idle(self) -> bool:
        """Nothing is being said, by either side, and nothing is owed."""
        return not (self.under_way or self._caller_speaks or self._due)

    @property
    def _answers_itself(self) -> bool:
        return self._provider and self.heeds

    @property
    def _due(self) -> bool:
        return self.owed is not None or bool(self._says)

    @property
    def lost(self) -> Wish | None:
        """What another session must be asked for if this one is lost now; None if nobody waits for an answer."""
        if self.owed is not None:
            return self.owed
        return (self._asked[1] if self._asked is not None else self._last) if self.under_way else None

    @property
    def unused(self) -> bool:
        """Nothing was asked or said in this session."""
        return self.idle and not (self._turns or self._count)

    def want(self, wish: Wish) -> None:
        """An answer is wanted: now, or as soon as it may be asked for. One that is owed already answers this too."""
        self.owed = wish or self.owed or {}
        self._settle()

    def say(self, wish: Wish) -> None:
        """Words are to be said, before whatever else is owed."""
        self._says.append(wish)
        self._settle()

    def _settle(self) -> None:
        if not self._due or self.under_way or (self._caller_speaks and self._answers_itself):
            return
        self._count += 1
        if self._says:
            wish = self._says.popleft()
        else:
            wish, self.owed = self.owed or {}, None
        self._asked = (f"create{self._count}", wish)
        self._send(say.create(self._asked[1], self._asked[0]))

    def insist(self) -> None:
        """What was certain to come did not: ask for what is owed."""
        if self._due and self.active is None:
            self._expected = 0
            self._asked = None
            self._settle()

    def missing(self, awaited: str, instead: Wish | None) -> None:
        """Nothing has come of `awaited` for too long: asks for `instead`, or once more for the same (None)."""
        if awaited != self.awaited:
            return
        response, self.active = self.active, None
        if response is not None:
            self._dead.add(response)
            self._send(say.cancel())
        wish = self._asked[1] if self._asked is not None else self._last if response is not None else {}
        self._asked, self._expected = None, 0
        self.want(wish if instead is None else instead)

    def refused(self, event_id: str | None, code: str) -> bool:
        """An error of the server. True if it was about an answer that was asked for."""
        named = event_id is not None or code != ALREADY_ACTIVE  # some servers do not say what an error is about
        if self._asked is not None and (event_id == self._asked[0] or not named):
            if code == ALREADY_ACTIVE:
                self.owed = self._asked[1] or self.owed or {}
            self._asked, self._cut_asked = None, False
            return True
        if code == ALREADY_ACTIVE and event_id is None:
            # The server's own answer to a turn of the caller's, which it could not begin.
            self._expected = 0
            self.owed = self.owed or {}
            self._settle()
            return True
        return False

    # ------------------------------------------------------------------------------------------ the caller

    def caller_speaks(self, *, interrupts: bool) -> None:
        """The caller began to speak. `interrupts`: the server stops generating by itself."""
        self._caller_speaks, self._expected = True, 0
        if interrupts:
            self.cut()

    def caller_paused(self) -> None:
        """The caller paused."""
        self._caller_speaks = False

    def turn_ended(self) -> None:
        """The caller's turn is over; a server that answers by itself will take in all that was owed."""
        self._caller_speaks = False
        if self._answers_itself:
            self._turns += 1
            self._expected = self._turns
            self.owed = None

    # ------------------------------------------------------------------------------------------ cutting

    def cut(self) -> None:
        """What is being generated is over: what still comes of it is not heard."""
        if self.active is not None:
            self._dead.add(self.active)
        self._cut_asked = self._asked is not None

    def cancel(self) -> None:
        """Stops what is being generated, if anything is."""
        if (self.active is not None and self.active not in self._dead) or (self._asked and not self._cut_asked):
            self._send(say.cancel())
        self.cut()
        self.owed = None

    def is_dead(self, response: str) -> bool:
        """True for an answer that was cut."""
        return response in self._dead

    # ------------------------------------------------------------------------------------------ the server

    def created(self, response: str) -> bool:
        """An answer begins. True if it is one that was asked for."""
        ours = self._asked is not None
        self.active, self._expected = response, 0
        self._last = self._asked[1] if self._asked else {}
        if self._cut_asked:
            self._dead.add(response)
        self._asked, self._cut_asked = None, False
        return ours

    def done(self, fact: ResponseDone) -> bool:
        """An answer is over. False if answers fail one after another and there is no use in asking again."""
        if self.active == fact.response:
            self.active = None
        if fact.status == "failed" and not self.is_dead(fact.response):
            self._failures += 1
            self.owed = self.owed or self._last
            return self._failures <= 1  # asked for again by `settle`
        if fact.status == "completed":
            self._failures = 0
        self._settle()
        return True

    def settle(self) -> None:
        """Asks for what waits: what failed before, or what waited for a session."""
        self._settle()
