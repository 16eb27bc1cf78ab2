"""Composes the server: the switchboard, the routes, the door of the media streams. Takes plain values."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI

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
        self.outgoing: Outgoing | None = None
        self.ready = asyncio.Event()  # set once the agents can answer; until then calls wait at the webhook
        proxies = Proxies(options.trusted_proxies)
        secret = options.secret or secret_from(options.keys[0].secret)
        access = Access(
            options.keys,
            public_url=options.public_url,
            proxies=proxies,
            demo=options.demo,
            operator_token=options.operator_token,
        )

        def publish(call_id: str, event: e.Event) -> None:
            _log_event(call_id, event)
            if journal is not None:
                journal.publish(call_id, event)
            if self.outgoing is not None:
                self.outgoing.watch(call_id, event)
            watch(call_id, event)

        self.recordings: Recordings | None = None
        if options.recordings is not None:
            bucket = Bucket(options.recordings_url) if options.recordings_url else None
            self.recordings = Recordings(options.recordings, bucket, publish)
        carrier = dialling.carrier if dialling is not None else None
        self.switchboard = Switchboard(
            open_agent,
            limit=options.limit,
            max_call_seconds=options.max_call_seconds,
            max_usd=options.max_cost_per_call,
            publish=publish,
            dialable=dialable,
            record=self.recordings.record if self.recordings is not None else None,
            **({"at_carrier": carrier.act} if carrier is not None else {}),
        )
        self.watching: Watching | None = None
        self.resuming: Resuming | None = None
        if journal is not None:
            self.watching = Watching(
                access, self.switchboard, journal.store, max_call_seconds=options.max_call_seconds,
                retention_days=options.retention_days,
                carrier_status=carrier.status if carrier is not None else carrier_status,
                remove_recording=self.recordings.remove if self.recordings is not None else None,
            )  # fmt: skip
            journal.on_durable = journal.on_passing = self.watching.feed.publish
            feed = self.watching.feed
            self.resuming = Resuming(
                self.switchboard, journal, self.ready, reopen_agent or _opened_anew(open_agent), tell=feed.publish,
                taken=feed.resume,
            )  # fmt: skip
        self.outgoing = Outgoing(dialling, self.switchboard, journal) if dialling and journal else None
        rules = StreamRules(
            options.account_sid,
            secret,
            allow_own_twiml=options.allow_own_twiml,
            playout_offset_ms=options.playout_offset_ms,
            show_timing_math=options.show_timing_math,
        )
        self.door = StreamDoor(access, self.switchboard, rules, options.media, self.ready, self.resuming)
        self.asgi = FastAPI(
            title="offhook",
            lifespan=self._lifespan,
            redirect_slashes=False,  # a redirect would break the signature
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )
        self.asgi.include_router(
            Webhooks(
                access,
                self.switchboard,
                self.ready,
                self.resuming,
                account_sid=options.account_sid,
                secret=secret,
                language=options.language,
                learn=self.outgoing.learn if self.outgoing is not None else None,
            ).router()
        )
        self.asgi.include_router(health(self.switchboard, self.ready, journal))
        if self.watching is not None:
            self.asgi.include_router(self.watching.router())
        self._browsers = BrowserDoor(
            access, self.switchboard, secret, options.media, self.ready,
            viewers=self.watching.viewers if self.watching is not None else None, offer=offer,
            longest_s=options.max_call_seconds,
        )  # fmt: skip
        self.doors = AllDoors(self.door, self._browsers)
        kept = Calls(journal.store) if journal is not None else None
        self.asgi.include_router(ControlApi(access, self.switchboard, kept).router())
        self.asgi.include_router(listen(access, Listeners(self.switchboard.find)))
        if self.recordings is not None:
            self.asgi.include_router(recordings(access, self.recordings))
        if self.outgoing is not None and dialling is not None:
            router = call_api(access, self.outgoing, proxies, local_carrier=dialling.local_carrier)
            self.asgi.include_router(router)
        self.asgi.include_router(agents_api(access, agents))
        self.asgi.include_router(doctor_api(access, look))
        self.asgi.include_router(reference(self.asgi, access))
        tell_problems(self.asgi)
        self.asgi.include_router(
            page(access, self.switchboard, proxies, try_it=options.try_it, command=options.command, limit=options.limit)
        )
        self.asgi.add_middleware(Gate, access=access)
        self.asgi.add_middleware(CloseUnread)  # the outer one

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
