"""The model's side of a session: its responses from their creation to `response.done`. Pure."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from offhook.sim.model_checks import Refused
from offhook.sim.model_context import Usage, situation
from offhook.sim.model_items import Conversation, Item
from offhook.sim.model_mind import think
from offhook.sim.model_orders import Answer, Setup
from offhook.sim.model_outbox import Outbox
from offhook.sim.model_response import Plan, Response
from offhook.sim.model_wire import Dialect
from offhook.speech.base import Utterance


class Speaking:
    """The responses of a session: one at a time in its conversation, and any number apart from it.

    `ended` is called after each `response.done`.
    """

    def __init__(
        self,
        dialect: Dialect,
        setup: Setup,
        out: Outbox,
        conversation: Conversation,
        ended: Callable[[Response], None],
    ) -> None:
        self.voiced = False
        """Whether the model has been heard."""
        self._dialect, self._setup, self._out, self._conversation = dialect, setup, out, conversation
        self._ended = ended
        self._responses: dict[str, Response] = {}
        self._usage = Usage()
        self._answers = deque(setup.answers)
        self._failures = setup.faults.fail_responses

    @property
    def current(self) -> Response | None:
        """The response in the conversation."""
        return next((each for each in self._responses.values() if each.plan.in_conversation), None)

    def admit(self, plan: Plan) -> None:
        """Raises Refused if a response cannot be begun now."""
        if plan.in_conversation and (current := self.current) is not None:
            raise Refused(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {current.id}. "
                "Wait until the response is finished before creating a new one.",
            )

    def begin(self, plan: Plan, items: Sequence[Item]) -> None:
        """Begins a response to these items. Call `admit` before."""
        out = self._out
        response = Response(
            out.new_id("resp"), plan, self._setup, out.now, out.emit, out.order, self._added, out.new_id
        )
        response.items = list(items)
        response.awaits = {item.id for item in items if item.text is None}
        self._responses[response.id] = response
        out.emit("response.created", response=self._told(response))
        self._decide()

    def heard(self, item_id: str) -> None:
        """The words of an item are known."""
        for response in self._responses.values():
            response.awaits.discard(item_id)
        self._decide()

    def spoken(self, response_id: str, index: int, utterance: Utterance) -> None:
        """A sentence is rendered; one of a response that is over is dropped."""
        if response := self._responses.get(response_id):
            response.spoken(index, utterance, self._out.now)

    def cancel(self, response_id: str | None = None) -> None:
        """The client wants no more of it. Raises Refused if it is over, or never was."""
        response = self.current if response_id is None else self._responses.get(response_id)
        if response is None:
            raise Refused("response_cancel_not_active", "Cancellation failed: no active response found")
        self._cut(response, "client_cancelled")

    def interrupt(self) -> None:
        """The caller began to speak."""
        if (response := self.current) is not None:
            self._cut(response, "turn_detected")

    def next_at(self) -> float | None:
        """When `due` has something to do."""
        times = [response.next_at() for response in self._responses.values()]
        return min((at for at in times if at is not None), default=None)

    def due(self, at: float) -> None:
        """Gives what is due."""
        for response in list(self._responses.values()):
            while (next_at := response.next_at()) is not None and next_at <= at and not self._out.closed:
                response.tick(next_at)
                self._settle(response)

    # ------------------------------------------------------------ what follows

    def _decide(self) -> None:
        """Whoever has heard all it needs knows what to say."""
        for response in self._responses.values():
            if response.answer is None and not response.awaits:
                response.decide(self._answer(response), self._out.now)

    def _answer(self, response: Response) -> Answer:
        if self._failures:
            self._failures -= 1
            return Answer(fails=("rate_limit_exceeded", "Rate limit reached."))
        if response.plan.exact is not None:
            return Answer(response.plan.exact)
        if self._answers and response.plan.in_conversation:
            return self._answers.popleft()
        return think(situation(response.plan, response.items))

    def _added(self, item: Item) -> str | None:
        previous = self._conversation.last_id
        self._conversation.insert(item, None)
        return previous

    def _cut(self, response: Response, reason: str) -> None:
        response.cancel(reason, self._out.now)
        self._settle(response)

    def _settle(self, response: Response) -> None:
        """Tells the end of a response, if it is over."""
        if any(item.audio for item in response.output):
            self.voiced = True
        if response.status == "in_progress":
            return
        del self._responses[response.id]
        self._out.emit("response.done", response=self._told(response))
        self._out.emit("rate_limits.updated", rate_limits=self._usage.limits())
        self._ended(response)

    def _told(self, response: Response) -> dict[str, Any]:
        plan, over = response.plan, response.status not in ("in_progress", "failed")
        return self._dialect.response(
            {
                "object": "realtime.response",
                "id": response.id,
                "status": response.status,
                "status_details": response.status_details,
                "output": [dict(item.shape) for item in response.output],
                "conversation_id": self._conversation.id if plan.in_conversation else None,
                "usage": self._usage.of(response) if over else None,
                "metadata": plan.metadata,
            },
            modalities=plan.modalities,
            voice=plan.voice,
            coding=plan.format,
            most_tokens=plan.most_tokens,
            temperature=plan.temperature,
        )
