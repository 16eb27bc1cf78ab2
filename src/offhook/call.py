"""A call: two slots for legs, one control, one timer. The only place where the two planes meet.

Audio crosses by plain calls (`caller_audio`, `agent_audio`); everything else is an event into control, and the commands
that come back are carried out here, in order, before the next event is looked at.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from offhook.audio.format import MULAW_8K, Format
from offhook.core import events as e
from offhook.core.control import CallControl
from offhook.core.dialling import RING_MS
from offhook.core.keeping import keeping_of
from offhook.core.keypad import HIDDEN, TONE_MS
from offhook.core.leg import AgentLeg, CallInfo, PhoneLeg
from offhook.core.opening import Plan
from offhook.core.past import Past
from offhook.core.playout import Ledger
from offhook.core.recorder import Recorder
from offhook.core.redact import Redactor, regions_of
from offhook.core.said import SaidWhen
from offhook.core.states import CallState, Next, TurnState, is_over
from offhook.core.tape import Tape
from offhook.core.transfer import Dial
from offhook.errors import LegFailed, LocalProtocolError, ToolError
from offhook.outside import clock

if TYPE_CHECKING:
    from offhook.audio.convert import Between

log = logging.getLogger(__name__)

TOOLS_END_S = 1.0  # what tools that were cancelled get to end
EARLY_MS = 30_000  # what the caller says before the agent is ready is kept so long

MOST_TO_SAY = 2_000  # characters: two minutes

Publish = Callable[[str, e.Event], None]
Record = Callable[["Call"], Recorder]
AtCarrier = Callable[["Call", e.AskCarrier | e.EndAtCarrier], None]
"""Does at the carrier what a call wants done there; never waits. What it finds out it reports to the call."""
SECRET, ASKED = "secret keys", "asked"
"""Why a recording is paused."""
KEY_MS = 500.0
"""What is taken out of a recording before and after a key was told."""
Hear = Callable[[bytes], None]
Dialable = Callable[[str], str]
"""What the carrier dials for a number, as the policy has it; raises ToolError for one that may not be dialled."""


def nobody(_number: str) -> str:
    """The policy of a server that has none."""
    raise ToolError("This server puts nobody through: it has no policy of what may be dialled.")


class Call:
    """One conversation. Made when the carrier asks what to do with a call; over when `ended`.

    A tool that takes `call` is given it: `info` says who calls whom, `data` is the tools' own, `say` has words said,
    `transfer` puts the caller through, `hang_up` ends it.
    """

    def __init__(
        self,
        info: CallInfo,
        agent: AgentLeg,
        *,
        publish: Publish,
        on_ended: Callable[["Call"], None],
        max_call_seconds: float = 3600.0,
        max_usd: float | None = None,
        format: Format = MULAW_8K,
        record: Record | None = None,
        id: str | None = None,
        plan: Plan | None = None,
        ring_ms: float = RING_MS,
        at_carrier: AtCarrier = lambda _call, _command: None,
        past: Past | None = None,
        dialable: Dialable = nobody,
    ) -> None:
        """`format` is that of the phone legs that will carry the call. `record` begins a recording, if the agent wants
        one; `plan`: the call is one of ours, which is to ring for `ring_ms`; `past`: another process began the call, and
        this one goes on with it once a stream joins; `dialable` is what may be dialled when the caller is put through.
        Raises ValueError if the agent's format cannot be converted to the phone's."""
        self.id = past.call_id if past is not None else id or secrets.token_hex(8)
        self.info = info
        self.data: dict[str, Any] = past.data if past is not None else {}
        self.epoch = past.epoch if past is not None else 0  # which stream may join next
        self._loop = asyncio.get_running_loop()
        self._clock = clock(self._loop)
        lasted_ms = past.lasted_ms if past is not None else 0.0
        self.elsewhere = False
        """Another process holds it."""
        self.began = self.now() - lasted_ms
        """On the call's clock."""
        self._publish, self._on_ended, self._at_carrier = publish, on_ended, at_carrier
        self._dials = plan is not None and past is None
        self.agent = agent
        self.backend = ""  # that answers, or answered last
        self.phone: PhoneLeg | None = None
        self._dialable = dialable
        self._overhearing: tuple[Hear, ...] = ()
        self.hidden_ms = float("-inf")
        """When the newest key was known that is not told; its tone may lie KEY_MS before and after."""
        self.format = format
        self.ledger = Ledger(format.bytes_per_ms, keep=agent.turns == "offhook")
        self.tape = Tape(format)
        keeping = keeping_of(agent)
        self._record = record if keeping.record else None
        self._recorder: Recorder | None = None
        self.control = CallControl(
            agent.turns, self.ledger, now=self.now(), max_usd=max_usd, plan=plan, ring_ms=ring_ms,
            max_call_ms=max(0.0, max_call_seconds * 1000.0 - lasted_ms),
        )  # fmt: skip
        if past is not None:
            self.control.resume(past, self.now())
        at_home = regions_of(keeping.language, info.called, info.caller) if "phones" in keeping.redact else ()
        self._redactor = Redactor(keeping.redact, at_home)
        self._said = SaidWhen(self.control.transcript)
        # Where both legs speak one format, nothing is between them.
        self._between = _between(format, agent.format) if format != agent.format else None
        self._send_agent: Hear = self._keep_early
        self._to_agent: Hear = self._send_agent
        self._early: deque[bytes] = deque()
        self._early_bytes = 0
        self._events: deque[e.Event] = deque()
        self._handling = False
        self._timer: asyncio.Handle | None = None
        self._timer_at = 0.0  # uvloop's handle of a moment that has come cannot tell when it was
        self._running: asyncio.Task[None] | None = None
        self._released = False  # the agent is needed no more, the call goes on
        self._tools: set[asyncio.Task[None]] = set()
        self.finishing: set[asyncio.Task[None]] = set()
        """Tools at work that the end of the call does not cancel."""
        self._closing: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------------------------------ life

    def start(self) -> None:
        """Opens the agent leg, before the stream is there; that of a call of ours when somebody answers."""
        if not self._dials:
            self._open_agent()
        self.arm()

    def _open_agent(self) -> None:
        self._running = self._loop.create_task(self._run_agent(), name=f"agent of call {self.id}")

    def dialled(self, sid: str) -> None:
        """The carrier has a name for a call of ours."""
        self.info = replace(self.info, sid=sid)
        self.report(e.Dialled(sid))

    def join(self, leg: PhoneLeg) -> None:
        """A phone leg carries the call from now on."""
        if leg.format != self.format:
            raise LocalProtocolError(f"a leg of {leg.format} for a call of {self.format}")
        self.phone = leg
        if self._record is not None:
            self._recorder, self._record = self._record(self), None
        leg.join(self)
        if self._recorder is not None:
            self._recorder.joined(leg)
        self.report(e.PhoneJoined())

    @property
    def state(self) -> CallState:
        """Where the call is in its life."""
        return self.control.state

    @property
    def ended(self) -> bool:
        """True when the call is over for good."""
        return self.control.state is CallState.ENDED

    def next(self, status: str, epoch: int | None = None, dialled: str = "") -> Next:
        """The carrier asks how to go on after the stream of an epoch ended (None: whichever there is), or with a caller who
        was put through: `dialled` is what came of that."""
        if dialled:
            return self._next(status, dialled)
        if epoch is not None and epoch < self.epoch - 1 and not is_over(status):
            return Next.STREAM  # asked late or again: a newer stream carries the call, and stays
        if self.phone is not None:
            self.phone.lost()  # the carrier is done with the stream, whether or not the news has come
        return self._next(status)

    def _next(self, status: str, dialled: str = "") -> Next:
        answer, commands = self.control.next(status, self.now(), dialled)
        self._handle_all(commands)
        self.arm()
        return answer

    def hang_up(self) -> bool:
        """Ends the call once the agent's goodbye was heard; withdrawn if the caller speaks. False: the agent has not
        said anything since the caller last spoke, so its goodbye is still to come."""
        said = self.control.goodbye_said
        self.report(e.HangUpAsked(e.Reason.AGENT_HUNG_UP, goodbye=True))
        return said

    @property
    def entered(self) -> str:
        """What the caller last keyed in."""
        return self.control.entered

    def want_keys(self, count: int, *, secret: bool = False) -> None:
        """The caller is asked for keys. A secret entry is found in `entered`, and nowhere else."""
        self.report(e.KeysWanted(count, secret))

    def pause_recording(self) -> None:
        """From now on the recording is silent on both sides."""
        if self._recorder is not None:
            self._recorder.pause(ASKED)

    def resume_recording(self) -> None:
        """What is said from now on is recorded again."""
        if self._recorder is not None:
            self._recorder.resume(ASKED)

    def interrupt(self) -> bool:
        """Silences the agent, which then waits for the caller. False: it was not speaking, nor about to."""
        spoke = self.ledger.speaking or self.control.turn is not TurnState.LISTENING
        self.report(e.InterruptAsked())
        return spoke

    def say(self, text: str) -> bool:
        """Has the agent say these words next: when nobody speaks, and before it answers anything else. False: it is only
        told to say them so, as some models are. Raises ToolError if it cannot be done."""
        if e.Say not in self.agent.can:
            raise ToolError("This agent cannot say words that it is given.")
        if not (isinstance(text, str) and 0 < len(text.strip()) <= MOST_TO_SAY):
            raise ToolError(f"What is to be said must be a text of 1 to {MOST_TO_SAY} characters.")
        self.report(e.SayAsked(text.strip()))
        return self.agent.says_exactly

    @property
    def destinations(self) -> Mapping[str, str]:
        """Where the caller may be put through to: numbers by their names."""
        return self.agent.tools.transfers

    def transfer(self, to: str, *, first: str = "") -> bool:
        """Puts the caller through to a destination by its name, once the agent was heard; `first` are words for it to say
        before. Withdrawn if the caller speaks. False: the agent has not said anything since the caller last spoke, so its
        last words are still to come. Raises ToolError if it cannot be done."""
        name, number = self.destination(to)
        if self.state is not CallState.CONNECTED or self.control.leaving:
            raise ToolError("The caller can be put through only while they are on the line and the call goes on.")
        if self.control.transferring:
            raise ToolError("The caller is being put through already.")
        if self.control.put_through_enough:
            raise ToolError("The caller was put through as often as one may be in one call.")
        if self.phone is None or e.PutThrough not in self.phone.can:
            raise ToolError("This call cannot be put through: it did not come by a carrier that dials.")
        said = self.control.goodbye_said and not first
        if first:
            self.say(first)
        self.report(e.TransferAsked(name, number, due=not said, first=first))
        return said

    def destination(self, to: str) -> tuple[str, str]:
        """The name of a destination as it is written, and what the carrier dials there. Raises ToolError if there is none,
        or if it may not be dialled."""
        wanted = to.strip().casefold() if isinstance(to, str) else ""
        found = next((name for name in self.destinations if name.casefold() == wanted), None)
        if found is None:
            there = ", ".join(self.destinations) or "none"
            raise ToolError(f"There is no destination of that name; there is: {there}.")
        return found, self._dialable(self.destinations[found])

    @property
    def dial(self) -> Dial | None:
        """What the carrier is to dial for the caller; None if they are not put through."""
        return self.control.dial(self.now())

    def overhear(self, hear: Hear) -> Callable[[], None]:
        """Gives the caller's audio to somebody else too, until what is returned is called. Keys that are not told are silence
        there, but for what has been given by the time a key is known: see `hidden_ms`."""
        self._overhearing += (hear,)

        def stop() -> None:
            self._overhearing = tuple(each for each in self._overhearing if each is not hear)

        return stop

    @property
    def hides(self) -> bool:
        """The caller is asked for what nobody but a tool may know: neither side is to be heard by others."""
        return self.control.secret

    @property
    def hides_keys(self) -> bool:
        """Whatever is keyed in is told nobody."""
        return "keys" in self._redactor.kinds

    @property
    def overheard(self) -> bool:
        """Somebody is given the caller's audio."""
        return bool(self._overhearing)

    def let_go(self) -> None:
        """Another process holds the call: its stream and its agent are left, and nobody is told."""
        self.elsewhere = True
        self.control.let_go()
        self._events.clear()
        self._publish = lambda _call_id, _event: None
        self._on_ended = lambda _call: None
        self._over()

    async def _run_agent(self) -> None:
        why = "it left"
        try:
            await self.agent.run(self)
        except LegFailed as failed:
            log.warning("agent lost: %s", failed, extra={"call_id": self.id})
            why = str(failed)
        except Exception:
            log.exception("agent failed", extra={"call_id": self.id})
            why = "internal error"
        if not self._released:
            self.report(e.AgentLost(why))

    # ------------------------------------------------------------------------------------------ media plane

    def now(self) -> float:
        """Milliseconds on the call's clock, the event loop's."""
        return self._clock() * 1000.0

    def caller_audio(self, frame: bytes) -> None:
        """The caller's audio, on its way to the agent."""
        if self._recorder is not None:
            self._recorder.caller_audio(frame)
        self._to_agent(frame)
        if self._overhearing:
            if self.control.secret or self.now() < self.hidden_ms + KEY_MS:
                frame = self.format.silence(1)[:1] * len(frame)
            for hear in self._overhearing:
                hear(frame)

    def _keep_early(self, frame: bytes) -> None:
        self._early.append(frame)
        self._early_bytes += len(frame)
        while self._early_bytes > EARLY_MS * self.format.bytes_per_ms:
            self._early_bytes -= len(self._early.popleft())

    def agent_audio(self, item: str, audio: bytes) -> None:
        """The agent's audio, on its way to the ear. Late audio of an item that was cut is dropped."""
        if self._between is not None:
            audio = self._between.down(item, audio)
            if not audio:
                return  # less than the filter's delay so far
        begins = not self.ledger.knows(item)
        if not self.ledger.accept(item, audio):
            return
        if begins:
            self.report(e.ItemBegan(item))
        if self.phone is not None:
            self.phone.pump()
            self.arm()

    def end_item(self, item: str) -> None:
        """The agent has said all there is of an item."""
        if self._between is not None and (rest := self._between.end(item)):
            self.ledger.accept(item, rest)
        self.ledger.end(item)
        if self.phone is not None:
            self.phone.pump()
        self.report(e.ItemEnded(item))

    def shown(self, words: str) -> str:
        """Words that are being said, as those who watch may see them before they are kept: none where something may not
        be kept, since half a number is not known for one."""
        return "" if self._redactor.kinds else words

    # ------------------------------------------------------------------------------------------ control plane

    def report(self, event: e.Event) -> None:
        """Something happened. Events that happen while commands are carried out wait for their turn."""
        if isinstance(event, e.CarrierEnded) and is_over(event.status) and self.phone is not None:
            self.phone.lost()  # its stream is over too, whether or not the news has come
        self._events.append(event)
        try:
            self._handle_all()
        finally:
            self.arm()

    def _handle_all(self, commands: list[e.Command] | None = None) -> None:
        """Carries out commands, and the events that wait."""
        assert not (self._handling and commands), "only events may happen while commands are carried out"
        if self._handling:
            return
        self._handling = True
        try:
            self._carry_out(commands or [])
            while self._events:
                event = self._events.popleft()
                if isinstance(event, e.AgentJoined):
                    self._agent_joined(event)
                if isinstance(event, e.PhoneLost):
                    self.phone = None
                    if self._recorder is not None:
                        self._recorder.left()
                if isinstance(event, e.KeyPressed):
                    self._without_tone()
                self._said.happens(event, now := self.now())
                self._carry_out(self.control.handle(event, now))
                self._said.handled(event)
        finally:
            self._handling = False
        if self._recorder is not None:
            (self._recorder.pause if self.control.secret else self._recorder.resume)(SECRET)

    def _agent_joined(self, event: e.AgentJoined) -> None:
        if event.backend:
            self.backend = event.backend
        if self.info.direction != "inbound" and not self.control.opens:
            self._tell_agent(e.Heed(True))  # no opening of ours will say so
        send, between = self.agent.send_audio, self._between
        self._to_agent = self._send_agent = send if between is None else lambda frame: send(between.up(frame))
        for frame in self._early:
            self._to_agent(frame)
        self._early.clear()

    def _without_tone(self) -> None:
        """The agent does not hear what is left of a key's tone."""
        until, silence = self.now() + TONE_MS, self.format.silence(1)[:1]

        def send(frame: bytes) -> None:
            if self.now() < until:
                frame = silence * len(frame)
            else:
                self._to_agent = self._send_agent
            self._send_agent(frame)

        self._to_agent = send

    def _carry_out(self, commands: list[e.Command]) -> None:
        for command in commands:
            match command:
                case e.Publish(event):
                    self._tell(event)
                case e.SayRest():
                    if self.phone is not None:
                        self.phone.pump()
                case e.RunTool():
                    running = self._loop.create_task(self._run_tool(command), name=f"tool {command.name}")
                    running_tools = self.finishing if self.agent.tools.finishes(command.name) else self._tools
                    running_tools.add(running)
                    running.add_done_callback(running_tools.discard)
                case e.OpenAgent():
                    self._open_agent()
                case e.ReleaseAgent():
                    self._release()
                case e.CloseAgent():
                    self._over()
                case e.AskCarrier() | e.EndAtCarrier():
                    self._at_carrier(self, command)
                case e.Clear() | e.HangUp() | e.PutThrough():
                    if self.phone is not None:
                        self.phone.send(command)
                case _:
                    self._tell_agent(command)

    def _tell(self, event: e.Event) -> None:
        """The one place where events leave the call: what nobody may keep is taken out, of the recording too."""
        try:
            told, held = self._redactor.event(event)
        except Exception:
            log.exception("an event is withheld: it could not be redacted", extra={"call_id": self.id})
            return
        for each in told:
            self._publish(self.id, each)
        now = self.now()
        if isinstance(event, e.KeyPressed) and (told != [event] or event.digit == HIDDEN):
            self.hidden_ms = now
        if self._recorder is None:
            return
        for turn in held:
            self._recorder.silence(turn.role, *self._said.of(turn, now))
        if isinstance(event, e.KeyPressed) and told != [event]:
            self._recorder.silence("caller", now - KEY_MS, now + KEY_MS)

    async def _run_tool(self, wanted: e.RunTool) -> None:
        try:
            finished = e.ToolFinished(wanted.id, await self.agent.tools.run(wanted.name, wanted.arguments, self))
        except ToolError as error:
            finished = e.ToolFinished(wanted.id, str(error), failed=True)
        except Exception:
            log.exception("tool failed", extra={"call_id": self.id})
            finished = e.ToolFinished(wanted.id, f"{wanted.name} failed.", failed=True)
        if self.ended:
            return  # a tool that was to finish: nobody waits for what came of it
        if self.data:
            self.report(e.Noted(self.data))
        self.report(finished)

    def _tell_agent(self, command: e.Command) -> None:
        if type(command) not in self.agent.can or self._released:
            return
        try:
            self.agent.send(command)
        except Exception:
            # A bug of one agent costs its call, which still ends in order.
            log.exception("agent failed", extra={"call_id": self.id})
            self._events.append(e.AgentLost("internal error"))

    def arm(self) -> None:
        """Sets the one timer to the earliest deadline. An early wake-up costs less than moving it each time."""
        at = self.control.wake_at()
        if self.phone is not None and (leg := self.phone.wake_at()) is not None and (at is None or leg < at):
            at = leg
        if at is None or (self._timer is not None and self._timer_at <= at + 0.5):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = self._loop.call_later(max(0.0, at - self.now()) / 1000.0, self._wake), at

    def _wake(self) -> None:
        self._timer = None
        now = self.now() + 0.01  # a loop may wake a moment early
        try:
            self._handle_all(self.control.timeout(now))
            if self.phone is not None:
                self.phone.timeout(now)
        finally:
            self.arm()  # whatever went wrong, the other deadlines of the call hold

    def _over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.phone is not None:
            self.phone.close()
            self.phone = None
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None
        self._overhearing = ()
        self._release()
        self._on_ended(self)

    def _release(self) -> None:
        """The agent leaves. Idempotent."""
        if self._released:
            return
        self._released = True
        self._to_agent = self._send_agent = lambda _frame: None
        self._early.clear()
        if self._between is not None:
            self._between.clear()
        for running in self._tools:
            running.cancel()
        self._closing = self._loop.create_task(self._close_agent(), name=f"end of call {self.id}")

    async def _close_agent(self) -> None:
        try:
            await self.agent.close()
        except Exception:
            log.exception("the agent did not close", extra={"call_id": self.id})
        if self._running is not None:
            self._running.cancel()

    async def closed(self) -> None:
        """Waits until everything the call held is given back."""
        for task in (self._closing, self._running):
            if task is not None:
                await asyncio.gather(task, return_exceptions=True)
        if self._tools:
            _, left = await asyncio.wait(self._tools, timeout=TOOLS_END_S)
            for task in left:
                log.warning("%s does not end with its call", task.get_name(), extra={"call_id": self.id})


def _between(outer: Format, inner: Format) -> "Between":
    from offhook.audio.convert import Between  # which needs numpy; most calls do not

    return Between(outer, inner)
