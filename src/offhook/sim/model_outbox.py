"""What a session says to its client: events in the words of its dialect, with ids, a log, and the faults asked for. Pure."""

import base64
import hashlib
import json
from collections import Counter, deque
from typing import Any

from offhook.sim.model_checks import Refused
from offhook.sim.model_orders import Close, Order, Send, Setup
from offhook.sim.model_wire import Dialect


class Outbox:
    """Orders on their way to the shell. `now` is set by the session before anything is done."""

    def __init__(self, dialect: Dialect, setup: Setup, number: int) -> None:
        self.now = 0.0
        self.cause: str | None = None
        """The client's id of the event that is looked at."""
        self.closed = False
        self.log: list[tuple[float, str, dict[str, Any]]] = []
        """(time, "in" or "out", event) of everything, if the setup wants it kept."""
        self.counts: Counter[str] = Counter()
        """How many events of each type were sent."""
        self._dialect, self._faults, self._keep = dialect, setup.faults, setup.keep_log
        self._seed = f"{setup.seed}/{number}"
        self._made = 0
        self._orders: list[Order] = []
        self._late: deque[tuple[float, Order]] = deque()

    def new_id(self, kind: str) -> str:
        """As the service makes them: a prefix and 21 letters and digits."""
        self._made += 1
        digest = hashlib.sha256(f"{self._seed}/{kind}/{self._made}".encode()).digest()
        return f"{kind}_{base64.b64encode(digest, b'Zz').decode()[:21]}"

    def emit(self, event: str, **fields: Any) -> None:
        """Sends an event, if the dialect has it. Its name and its items are OpenAI's."""
        if self.closed or (name := self._dialect.event(event)) is None:
            return
        if "item" in fields:
            fields["item"] = self._dialect.item(fields["item"])
        if self._faults.malformed and event == "response.content_part.added":
            self.order(Send('{"type": "response.output_audio.delta", "delta": '))
        if self._faults.unknown_events:
            self.order(Send(json.dumps({"type": "novelty.happened", "event_id": self.new_id("event"), "detail": {}})))
            fields["novelty"] = True
        text = json.dumps({"type": name, "event_id": self.new_id("event"), **fields}, separators=(",", ":"))
        self.counts[name] += 1
        if self._keep:
            self.log.append((self.now, "out", json.loads(text)))
        self.order(Send(text))

    def received(self, event: dict[str, Any]) -> None:
        """A client's event, for the log; its id goes into the errors that it causes."""
        cause = event.get("event_id")
        self.cause = cause if isinstance(cause, str) else None
        if self._keep:
            self.log.append((self.now, "in", event))

    def refuse(self, refused: Refused) -> None:
        """Sends an error."""
        error = {
            "type": refused.kind, "code": refused.code, "message": refused.message, "param": refused.param,
            "event_id": self.cause,
        }  # fmt: skip
        self.emit("error", error=error)

    def order(self, order: Order) -> None:
        """Asks the shell for something."""
        if self._faults.delay_ms and isinstance(order, Send | Close):
            self._late.append((self.now + self._faults.delay_ms, order))
        else:
            self._orders.append(order)
        if isinstance(order, Close):
            self.closed = True

    def next_at(self) -> float | None:
        """When something that was held back is due."""
        return self._late[0][0] if self._late else None

    def due(self, at: float) -> None:
        """Lets go what is due."""
        while self._late and self._late[0][0] <= at:
            self._orders.append(self._late.popleft()[1])

    def take(self) -> list[Order]:
        """The orders, for the shell."""
        orders, self._orders = self._orders, []
        return orders
