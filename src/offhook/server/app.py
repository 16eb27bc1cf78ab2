"""Composes the server: the switchboard, the routes, the door of the media streams. Takes plain values."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, FastAPI

from offhook.bus import MOST_WAITING
from offhook.call import Dialable, nobody
from offhook.core import events as e
from offhook.core.leg import AgentLeg, CallInfo
from offhook.core.past import Past
from offhook.journal.journal import Journal
from offhook.phone.twilio.signature import Key
from offhook.phone.twilio.token import secret_from
from offhook.recording.bucket import Bucket
from offhook.recording.recordings import Recordings
from offhook.server.auth import Access
from offhook.server.body import CloseUnread
from offhook.server.browser import BrowserDoor, Offer
from offhook.server.call import call_api
from offhook.server.calls import agents_api
from offhook.server.control import ControlApi
from offhook.server.doors import AllDoors
from offhook.server.findings import Look, doctor_api
from offhook.server.gate import Gate
from offhook.server.head import Proxies
from offhook.server.health import health
from offhook.server.listen import Listeners, listen
from offhook.server.media import Limits
from offhook.server.numbers import numbers_api
from offhook.server.outgoing import Dialling, Outgoing
from offhook.server.page import page
from offhook.server.problems import tell_problems
from offhook.server.recordings import recordings
from offhook.server.reference import reference
from offhook.server.resuming import Reopen, Resuming
from offhook.server.shown import AgentShown
from offhook.server.streams import StreamDoor, StreamRules
from offhook.server.sweep import CarrierStatus
from offhook.server.twilio import Webhooks
from offhook.server.watching import Watching
from offhook.store.calls import Calls
from offhook.switchboard import Switchboard

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How a server behaves. The settings of the same names say more."""

    account_sid: str
    keys: Sequence[Key] = field(repr=False)
    """What Twilio signs with; the first is the account's auth token."""
    secret: bytes | None = field(default=None, repr=False)
    """Signs stream tokens; derived from the first key if None."""
    public_url: str | None = None
    trusted_proxies: str = "127.0.0.1,::1"
    demo: bool = False
    try_it: str | None = None
    """What to ask the demo's agent, for the page."""
    operator_token: str | None = field(default=None, repr=False)
    allow_own_twiml: bool = False
    command: str = "offhook"
    """How the user's shell calls this program, for the page."""
    telephones: Mapping[str, str] = field(default_factory=dict)
    """Simulated ones that may be called, and what becomes of that, for the page."""
    language: str = "en-US"
    limit: int | None = None
    max_call_seconds: float = 3600.0
    max_cost_per_call: float | None = None
    """In US dollars, of what has a price."""
    retention_days: float | None = None
    """Calls that ended longer ago are removed; None: never."""
    playout_offset_ms: float = 0.0
    show_timing_math: bool = False
    recordings: Path | None = None
    """The folder that calls are recorded to; None records none."""
    recordings_url: str | None = None
    """Where recordings are taken after the call."""
    most_waiting: int = MOST_WAITING
    """Events that wait for a viewer."""
    media: Limits = field(default_factory=Limits)


class App:
    """A composed server: `asgi` has the routes, `door` takes media upgrades (`doors`: those of a browser's phone too),
    `switchboard` holds the calls."""

    def __init__(
        self,
        options: Options,
        open_agent: Callable[[CallInfo], AgentLeg],
        watch: Callable[[str, e.Event], None] = lambda _call_id, _event: None,
        journal: Journal | None = None,
        *,
        carrier_status: CarrierStatus | None = None,
        dialling: Dialling | None = None,
        agents: Callable[[], Sequence[AgentShown]] = tuple,
        reopen_agent: Reopen | None = None,
        look: Look = lambda _online: (),
        offer: Offer | None = None,
        dialable: Dialable = nobody,
    ) -> None:
        """`watch` sees every event of every call, beside the log; `journal` keeps them, and lives as long as the server:
        what it keeps can be seen. `dialling` is what calls are made, and ended at the carrier, with; `carrier_status` is asked
        after calls whose server was lost, if not `dialling`; `agents` says who answers; `reopen_agent` makes the agent leg of
        a call that another process began; `look` is the doctor's; `offer` is who can be asked for by name; `dialable` says
        what may be dialled for a caller who is put through."""
        self.options, self.journal = options, journal
        self.ready = asyncio.Event()  # set once the agents can answer; until then calls wait at the webhook
        self._proxies = Proxies(options.trusted_proxies)
        self._secret = options.secret or secret_from(options.keys[0].secret)
        self._access = Access(
            options.keys,
            public_url=options.public_url,
            proxies=self._proxies,
            demo=options.demo,
            operator_token=options.operator_token,
        )
        self._watch = watch
        carrier = dialling.carrier if dialling is not None else None
        self.outgoing: Outgoing | None = None
        self.watching: Watching | None = None
        self.resuming: Resuming | None = None
        self.recordings: Recordings | None = None
        if options.recordings is not None:
            bucket = Bucket(options.recordings_url) if options.recordings_url else None
            self.recordings = Recordings(options.recordings, bucket, self._publish)
        self.switchboard = Switchboard(
            open_agent,
            limit=options.limit,
            max_call_seconds=options.max_call_seconds,
            max_usd=options.max_cost_per_call,
            publish=self._publish,
            dialable=dialable,
            record=self.recordings.record if self.recordings is not None else None,
            **({"at_carrier": carrier.act} if carrier is not None else {}),
        )
        if journal is not None:
            status = carrier.status if carrier is not None else carrier_status
            self._keep(journal, status, reopen_agent or _opened_anew(open_agent))
            self.outgoing = Outgoing(dialling, self.switchboard, journal) if dialling is not None else None
        self.door = self._stream_door()
        self._browsers = self._browser_door(offer)
        self.doors = AllDoors(self.door, self._browsers)
        self.asgi = FastAPI(
            title="offhook",
            lifespan=self._lifespan,
            redirect_slashes=False,  # a redirect would break the signature
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )
        for router in self._routers(agents, look, dialling):
            self.asgi.include_router(router)
        tell_problems(self.asgi)
        self.asgi.add_middleware(Gate, access=self._access)
        self.asgi.add_middleware(CloseUnread)  # the outer one

    @property
    def origin(self) -> str | None:
        """The public origin, as far as it is known."""
        return self._access.origin

    def reached_at(self, origin: str) -> None:
        """Tells the public origin before Twilio has come by it: calls can be made at once."""
        self._access.expect(origin)

    def _publish(self, call_id: str, event: e.Event) -> None:
        _log_event(call_id, event)
        if self.journal is not None:
            self.journal.publish(call_id, event)
        if self.outgoing is not None:
            self.outgoing.watch(call_id, event)
        self._watch(call_id, event)

    def _keep(self, journal: Journal, carrier_status: CarrierStatus | None, reopen: Reopen) -> None:
        """What is kept can be seen, and calls outlive their process."""
        self.watching = Watching(
            self._access, self.switchboard, journal.store, max_call_seconds=self.options.max_call_seconds,
            retention_days=self.options.retention_days,
            most_waiting=self.options.most_waiting,
            carrier_status=carrier_status,
            remove_recording=self.recordings.remove if self.recordings is not None else None,
        )  # fmt: skip
        feed = self.watching.feed
        journal.on_durable = journal.on_passing = feed.publish
        self.resuming = Resuming(
            self.switchboard, journal, self.ready, reopen, tell=feed.publish, taken=feed.resume
        )  # fmt: skip

    def _stream_door(self) -> StreamDoor:
        rules = StreamRules(
            self.options.account_sid,
            self._secret,
            allow_own_twiml=self.options.allow_own_twiml,
            playout_offset_ms=self.options.playout_offset_ms,
            show_timing_math=self.options.show_timing_math,
        )
        return StreamDoor(self._access, self.switchboard, rules, self.options.media, self.ready, self.resuming)

    def _browser_door(self, offer: Offer | None) -> BrowserDoor:
        return BrowserDoor(
            self._access, self.switchboard, self._secret, self.options.media, self.ready,
            viewers=self.watching.viewers if self.watching is not None else None, offer=offer,
            longest_s=self.options.max_call_seconds,
        )  # fmt: skip

    def _routers(
        self, agents: Callable[[], Sequence[AgentShown]], look: Look, dialling: Dialling | None
    ) -> Iterator[APIRouter]:
        """In the order in which routes are looked for: the page, which answers for all that is left, is the last."""
        access, options = self._access, self.options
        yield Webhooks(
            access,
            self.switchboard,
            self.ready,
            self.resuming,
            account_sid=options.account_sid,
            secret=self._secret,
            language=options.language,
            learn=self.outgoing.learn if self.outgoing is not None else None,
        ).router()
        yield health(self.switchboard, self.ready, self.journal)
        if self.watching is not None:
            yield self.watching.router()
        kept = Calls(self.journal.store) if self.journal is not None else None
        yield ControlApi(access, self.switchboard, kept).router()
        yield listen(access, Listeners(self.switchboard.find))
        if self.recordings is not None:
            yield recordings(access, self.recordings)
        if self.outgoing is not None and dialling is not None:
            yield call_api(access, self.outgoing, self._proxies, local_carrier=dialling.local_carrier)
        yield agents_api(access, agents)
        yield numbers_api(access, dialling.carrier if dialling is not None else None, agents)
        yield doctor_api(access, look)
        yield reference(self.asgi, access)
        yield page(
            access,
            self.switchboard,
            self._proxies,
            try_it=options.try_it,
            command=options.command,
            limit=options.limit,
            telephones=options.telephones,
        )

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if self.watching is not None:
                await stack.enter_async_context(self.watching.running())
            if self.recordings is not None:
                await self.recordings.start()
                stack.push_async_callback(self.recordings.close)
            if self.resuming is not None:
                await stack.enter_async_context(self.resuming.running())
            if self.outgoing is not None:
                stack.push_async_callback(self.outgoing.close)
            stack.push_async_callback(self._browsers.close)
            stack.push_async_callback(self.switchboard.close)  # what no drain has ended
            yield


def _opened_anew(open_agent: Callable[[CallInfo], AgentLeg]) -> Reopen:
    async def reopen(past: Past) -> tuple[AgentLeg, None]:
        return open_agent(past.info), None

    return reopen


def _log_event(call_id: str, event: e.Event) -> None:
    # Turns and texts are what was said: they never enter the log.
    if isinstance(event, e.StateChanged):
        log.info("call is %s", event.state, extra={"call_id": call_id})
    elif isinstance(event, e.BargedIn):
        log.debug("caller cut in", extra={"call_id": call_id})
