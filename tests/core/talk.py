"""A call control, its ledger and a clock that the test moves."""

from offhook.core import events as e
from offhook.core.control import CallControl
from offhook.core.playout import Ledger


class Talk:
    """A control and the clock that the test moves."""

    def __init__(self, turns="provider", joined=True, **options):
        self.now = 0.0
        self.ledger = Ledger(8, keep=turns == "offhook")
        self.control = CallControl(turns, self.ledger, now=0.0, **options)
        self.commands: list[e.Command] = []
        self.events: list[e.Event] = []
        if joined:
            self.tell(e.AgentJoined(), e.PhoneJoined()).speak("greeting", 100).tell(e.ItemHeard("greeting"))
            self.commands.clear()
            self.events.clear()

    def _note(self, commands):
        for command in commands:
            (self.events if isinstance(command, e.Publish) else self.commands).append(
                command.event if isinstance(command, e.Publish) else command
            )

    def tell(self, *events):
        for event in events:
            self._note(self.control.handle(event, self.now))
        return self

    def wait(self, ms):
        end = self.now + ms
        while (at := self.control.wake_at()) is not None and at <= end:
            self.now = at
            self._note(self.control.timeout(at))
        self.now = end
        return self

    def speak(self, item, ms, *, whole=True, sent=True):
        self.ledger.accept(item, bytes(int(ms * 8)))
        self.tell(e.ItemBegan(item), e.ItemText(item, f"{item} words"))
        if whole:
            self.ledger.end(item)
        while sent and self.ledger.take(8000):
            pass
        return self

    def next(self, status="in-progress"):
        answer, commands = self.control.next(status, self.now)
        self._note(commands)
        return answer

    def told(self, *kinds):
        return [command for command in self.commands if isinstance(command, kinds)]

    @property
    def end(self):
        ends = [event for event in self.events if isinstance(event, e.Ended)]
        assert len(ends) <= 1
        return (ends[0].result, ends[0].reason) if ends else None
