"""The greeting of one realtime leg: how it is asked for, recorded while it is generated, and kept for later calls. Pure."""

from collections.abc import Callable
from typing import Any

from offhook.agent.briefing import EXACTLY, greet
from offhook.agent.greetings import Recording
from offhook.agent.realtime import messages as say
from offhook.agent.realtime.lines import Lines
from offhook.agent.realtime.messages import Shape
from offhook.agent.realtime.wire import ResponseDone


class Greeter:
    """That of one leg. `recording` is the greeting that is being generated."""

    def __init__(self, shape: Shape, lines: Lines) -> None:
        self._shape, self._lines = shape, lines
        self.recording: Recording | None = None
        self.interrupts = True
        """The server stops generating when the caller speaks."""

    def opens(self, *, resumed: bool) -> None:
        """A session is opened. A greeting that is generated there first is not given up because somebody says hello into it
        (core/greeting.py)."""
        self.interrupts = resumed or self._shape.first_words == "" or self._lines.greeting() is not None

    def wish(self, instructed: Callable[[str], dict[str, Any]], *, inbound: bool = True) -> dict[str, Any]:
        """The wish for a greeting, which is recorded from now on; `inbound`: of somebody who called."""
        text = self._shape.first_words
        self.recording = Recording(text)
        if text is not None and self._shape.dialect.says_exactly:
            return say.exactly(text)
        must_say = self._shape.agent.must_say
        return instructed(greet(must_say, inbound=inbound) if text is None else EXACTLY.format(text))

    def begins(self, response: str) -> None:
        """An answer that we asked for begins."""
        if self.recording is not None and not self.recording.response:
            self.recording.response = response

    def again(self) -> None:
        """It is asked for once more."""
        if self.recording is not None:
            self.recording = Recording(self.recording.text)

    def over(self, fact: ResponseDone) -> None:
        """An answer is over. After the greeting, what is generated may be interrupted."""
        greeting = self.recording
        if greeting is None or greeting.response != fact.response:
            return
        if fact.status == "failed":
            self.again()
            return
        self.recording = None
        if greeting.text and fact.status == "completed":
            self._lines.keep_greeting(greeting.text, greeting.pieces)
        self.interrupts = True
