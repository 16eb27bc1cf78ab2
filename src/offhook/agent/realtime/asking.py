"""What is asked of one call's model, over sessions that come and go: nothing that is owed to the caller is forgotten."""

from collections import deque
from collections.abc import Callable

from offhook.agent.realtime.answers import Answers, Wish
from offhook.agent.realtime.watchdog import Watchdog
from offhook.agent.timers import Timers

OWED_S = 3.0  # an answer of the server's own that has not come by then does not come
RETRY_S = 0.5  # before an answer that failed is asked for again


class Asking:
    """That of one leg. `answers` are those of the session there is, or was."""

    def __init__(
        self,
        *,
        provider: bool,
        in_the_middle: Callable[[str], bool],
        news: Callable[[], float],
        missing: Callable[[str, bool], None],
    ) -> None:
        """`provider`: the server answers by itself when the caller's turn ends; the others: see Watchdog."""
        self._provider = provider
        self._says: deque[Wish] = deque()
        self._lost: Wish | None = None
        self._there = False
        self._timers = Timers()
        self.watchdog = Watchdog(in_the_middle=in_the_middle, news=news, missing=missing)
        self.answers = Answers(lambda _message: None, provider=provider)

    # ------------------------------------------------------------------------------------------ sessions

    def renew(self, send: Callable[[bytes], None]) -> Answers:
        """A session is there, which is asked through `send`: its answers."""
        self._there = True
        self.answers = Answers(send, provider=self._provider, says=self._says)
        return self.answers

    def catch_up(self) -> bool:
        """The session knows the conversation: it is asked for what another was lost with. False if that was nothing."""
        lost, self._lost = self._lost, None
        if lost is not None:
            self.want(lost)
        self.answers.settle()
        self.watch()
        return self.answers.under_way

    def hears_again(self) -> bool:
        """The session there is now is told what the caller said to another. True if it answers that by itself, so that it
        need not be asked unless it does not."""
        if self._lost != {}:
            return False
        self._lost = None
        self._later(OWED_S, self.answers, lambda: self.want({}) if self.answers.unused else None)
        return True

    def lose(self, instead: Wish | None, *, waits: bool) -> None:
        """The session is gone. The next is asked for `instead`, or for what this one was (None), unless that `waits` for
        something else."""
        self._there = False
        self.watchdog.close()
        if instead is not None:
            self._lost = instead
        elif not waits:
            self._lost = self.answers.lost

    @property
    def owes(self) -> bool:
        """The session that is gone was lost with something that the next is to be asked for."""
        return self._lost is not None

    def close(self) -> None:
        """Asks for nothing more. Idempotent."""
        self._timers.clear()
        self.watchdog.close()

    # ------------------------------------------------------------------------------------------ wishes

    def want(self, wish: Wish) -> None:
        """An answer is wanted: now, as soon as it may be asked for, or of the next session."""
        if not self._there:
            self._lost = wish or self._lost or {}
            return
        self.answers.want(wish)
        self.insist_if_owed()
        self.watch()

    def say(self, wish: Wish) -> None:
        """Words are to be said, before what else is owed."""
        if self._there:
            self.answers.say(wish)
            self.watch()
        else:
            self._says.append(wish)

    def insist_if_owed(self) -> None:
        """What is owed is asked for soon, should what it waits for not come."""
        if self.answers.owed is not None:
            self._later(OWED_S, self.answers, self.answers.insist)

    def retry(self) -> None:
        """What failed is asked for again, soon."""
        self._later(RETRY_S, self.answers, self.answers.settle)

    def _later(self, seconds: float, answers: Answers, action: Callable[[], None]) -> None:
        def act() -> None:
            if answers is self.answers and self._there:
                action()
                self.watch()

        self._timers.later(seconds, act)

    def watch(self) -> None:
        """A caller must not wait for ever for an answer that does not come, or stops in the middle."""
        answers = self.answers
        self.watchdog.awaits(answers.awaited, asked=answers.asked, begun=answers.active is not None)
