"""One call at the carrier, from the webhook on: TwiML, media streams, dialling on, callbacks. Pure.

Inputs say what happened (`answered`, `stream_message`, `hang_up`, …) and when; each gives back orders for the shell. `next_at`
says when `due` has something to do. Every input first does what was due, so a late shell changes no order. All times are
milliseconds on the shell's clock. `log` keeps everything with its time, ready for JSON; `streams` keep what was heard.

Sources: Twilio's pages on TwiML, media streams and webhooks. Where both ways were seen, there is a switch in `orders.Setup`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urljoin

from offhook.sim import forms, twiml
from offhook.sim.bridge import Bridge
from offhook.sim.dial import Dial
from offhook.sim.media import FRAME_MS, MediaStream
from offhook.sim.orders import (
    CloseStream,
    Finished,
    HangUp,
    OpenStream,
    Order,
    Party,
    Press,
    Purpose,
    Request,
    SendMessage,
    Setup,
    Silent,
)
from offhook.sim.requests import Requests
from offhook.sim.signature import HEADER, sign_url
from offhook.sim.stream import EARLY_MS, Stretch
from offhook.sim.verbs import Verbs

WEBHOOK_FAILED = 11200
CONNECT_FAILED = 11205
STREAM_CLOSED = 31921


class CarrierCall:
    """A call from a party to a number whose voice URL is asked what to do."""

    role = "caller"
    """What the party on the line is."""

    def __init__(self, setup: Setup, party: Party | None = None) -> None:
        self.setup = setup
        self.party: Party = party or Silent()
        self.log: list[dict[str, Any]] = []
        self.streams: list[MediaStream] = []
        self.bridges: list[Bridge] = []
        """Every `<Dial>`, with what both heard."""
        self.mouth: list[Stretch] = []
        """What the caller said, as it was sent."""
        self.ended_ms: float | None = None
        self.finished: Finished | None = None
        self._orders: list[Order] = []
        self._requests = Requests(setup)
        self._began_ms = 0.0
        self._answered_ms: float | None = None
        self._base_url = setup.voice_url
        self._verbs = Verbs(())
        self._ending: deque[Callable[[float], None]] | None = None
        """What is still to be asked for once the call is over."""
        self._final = Finished("completed", "")
        self._action: twiml.Verb | None = None
        self._dial: Dial | None = None

    # ------------------------------------------------------------ what happened

    def begin(self, now: float) -> list[Order]:
        """The caller dials. Call it once, first."""
        self._began_ms = now
        for _ in range(2 if self.setup.faults.duplicate_webhook else 1):
            self._ask("voice", self.setup.voice_url, self.setup.voice_method, forms.incoming(self.setup), now)
        return self._take()

    def answered(self, request: int, status: int, headers: dict[str, str], body: bytes, now: float) -> list[Order]:
        """A request was answered. Header names are in lower case. Status 0: no connection (the body says why)."""
        self._catch_up(now)
        if (found := self._requests.answered(request)) is None:
            return self._take()
        asked, awaited = found
        self._note(now, "answer", purpose=asked.purpose, status=status, bytes=len(body))
        if not 200 <= status < 300:
            code = WEBHOOK_FAILED if status else CONNECT_FAILED
            wrong = f"answered {status}" if status else f"cannot be reached ({body.decode(errors='replace')})"
            self._fail_request(asked, code, f"{asked.url} {wrong}", now)
        elif awaited:
            self._follow(asked, headers.get("content-type", ""), body, now)
        self._go_on(now)
        return self._take()

    def stream_opened(self, stream: str, now: float) -> list[Order]:
        """The WebSocket is up."""
        self._catch_up(now)
        if media := self._stream(stream, "opening"):
            self._note(now, "stream opened", stream=stream)
            self._send(media, media.open(now))
            self._tell_stream(media, "stream-started", None, now)
        return self._take()

    def stream_failed(self, stream: str, code: int, reason: str, now: float) -> list[Order]:
        """The WebSocket did not come up: 31901 no answer, 31902 no connection, 31920 another answer than 101."""
        self._catch_up(now)
        if media := self._stream(stream, "opening"):
            self._warn(now, code, reason)
            self._stream_gone(media, code, now)
        return self._take()

    def stream_message(self, stream: str, message: str | bytes, now: float) -> list[Order]:
        """The server sent a message."""
        self._catch_up(now)
        if not (media := self._stream(stream, "open")):
            return self._take()
        note, answers = media.receive(message, now)
        if note:
            self._note(now, **note)
        for code, wrong in media.take_warnings():
            self._warn(now, code, wrong)
        self._send(media, answers)
        return self._take()

    def stream_closed(self, stream: str, code: int, now: float) -> list[Order]:
        """The server closed the WebSocket, or it broke (1006)."""
        self._catch_up(now)
        if media := self._stream(stream, "open"):
            self._note(now, "stream closed", stream=stream, code=code)
            self._warn(now, STREAM_CLOSED, f"the server closed the connection ({code})")
            self._stream_gone(media, None, now)
        return self._take()

    def press(self, digit: str, now: float) -> list[Order]:
        """The caller presses a key."""
        self._catch_up(now)
        self._press(digit, now)
        return self._take()

    def hang_up(self, now: float) -> list[Order]:
        """The party on the line hangs up."""
        self._catch_up(now)
        self._hang_up(now)
        return self._take()

    def complete(self, now: float) -> list[Order]:
        """The account hangs up by REST (`Status=completed`)."""
        self._catch_up(now)
        self._end("completed", "hung up by REST", now)
        return self._take()

    def redirect(self, now: float, url: str = "", document: bytes = b"", method: str = "POST") -> list[Order]:
        """The account changes the running call by REST (`Url` or `Twiml`): whatever runs is left, a stream gets `stop`.

        A running `<Dial>` has its `action` asked as well, and the answer to that no longer counts.
        """
        self._catch_up(now)
        if self._ending is None:
            self._stop_stream(now)
            self._leave_dial(now)
            self._requests.stop_waiting()
            self._verbs = Verbs(())
            if url:
                self._ask("redirect", url, method, forms.call(self.setup, self._status), now)
            else:
                self._run(document, "text/xml", now)
        return self._take()

    # ------------------------------------------------------------ time

    def next_at(self) -> float | None:
        """When `due` wants to be called; None: something else must happen first (a stream opens), or the call is over."""
        times: list[float | None] = [self._requests.next_at()]
        if self._ending is None:
            times.append(self._verbs.until_ms)
            if self.setup.hang_up_after_ms is not None:
                times.append(self._began_ms + self.setup.hang_up_after_ms)
            if self._dial is not None:
                times.append(self._dial.next_at())
        if live := self._live:
            times += [live.next_frame_ms, live.playback.next_at(), self._drop_at(live)]
        return min((at for at in times if at is not None), default=None)

    def due(self, now: float) -> list[Order]:
        """Does all that is due by now: frames, marks, ends of verbs, timeouts, faults."""
        self._catch_up(now)
        return self._take()

    def _catch_up(self, now: float) -> None:
        while self.finished is None and (at := self.next_at()) is not None and at <= now + EARLY_MS:
            self._tick(at)

    def _tick(self, at: float) -> None:
        for request in self._requests.timed_out(at):
            self._fail_request(request, WEBHOOK_FAILED, f"{request.url} did not answer within 15 s", at)
        if live := self._live:
            self._stream_tick(live, at)
        if self._dial is not None:
            self._dial_tick(self._dial, at)
        if self._ending is None and self._verbs.until_ms is not None and self._verbs.until_ms <= at:
            self._verb_over(at)
        if self.setup.hang_up_after_ms is not None and self._began_ms + self.setup.hang_up_after_ms <= at:
            self._hang_up(at)
        self._go_on(at)

    def _stream_tick(self, live: MediaStream, at: float) -> None:
        self._send(live, live.due(at))
        if live.next_frame_ms <= at:
            frame = self.party.frame(at, live.playback)
            self._send(live, [live.frame(frame)])
            self._said(frame, self.party.acts(), at)
        drop = self._drop_at(live)
        if live.state == "open" and drop is not None and drop <= at:
            self._note(at, "stream dropped", stream=live.sid)
            self._orders.append(CloseStream(live.sid, dropped=True))
            self._stream_gone(live, STREAM_CLOSED, at)

    def _said(self, frame: bytes, acts: Sequence[Press | HangUp], at: float) -> None:
        """The party's last 20 ms, and what else it did in them."""
        if not self.mouth or abs(self.mouth[-1].end_ms - (at - FRAME_MS)) > 1e-3:
            self.mouth.append(Stretch(at - FRAME_MS, bytearray()))
        self.mouth[-1].audio.extend(frame)
        for act in acts:
            if isinstance(act, Press):
                self._press(act.digit, at)
            else:
                self._hang_up(at)

    # ------------------------------------------------------------ TwiML

    @property
    def status(self) -> str:
        """The call's status as REST tells it."""
        return self._status if self._ending is None else self._final.status

    @property
    def answered_ms(self) -> float | None:
        """When the call was answered."""
        return self._answered_ms

    @property
    def _status(self) -> str:
        return "ringing" if self._answered_ms is None else "in-progress"

    def _follow(self, asked: Request, content_type: str, body: bytes, now: float) -> None:
        self._requests.stop_waiting()
        self._base_url = asked.url
        self._run(body, content_type, now)

    def _run(self, body: bytes, content_type: str, now: float) -> None:
        try:
            document = twiml.parse(body, content_type)
        except twiml.TwimlError as error:
            self._application_error(error.code, str(error), now)
            return
        for warning in document.warnings:
            self._note(now, "warning", code=twiml.SCHEMA, message=warning)
        self._verbs = Verbs(document.verbs)
        self._next_verb(now)

    def _next_verb(self, now: float) -> None:
        verb = self._verbs.next(now)
        if verb is None:
            self._end("completed", "the TwiML had no more verbs", now)
            return
        self._note(now, "verb", verb=verb.name, text=self._verbs.spoken)
        if verb.name == "Reject" and self._answered_ms is None:
            busy = verb.attributes.get("reason") == "busy"
            self._end("busy" if busy else "no-answer", "rejected by the TwiML", now)
            return
        if self._answered_ms is None and verb.attributes.get("answerOnBridge") != "true":
            self._answered_ms = now
        if verb.name in ("Hangup", "Reject"):
            self._end("completed", "hung up by the TwiML", now)
        elif verb.name == "Redirect":
            self._ask_verb("redirect", verb, verb.text, forms.call(self.setup, self._status), now)
        elif verb.name == "Connect":
            self._connect(verb, now)
        elif verb.name == "Dial":
            sid = f"CA{len(self.bridges) + 1:08x}{self.setup.call_sid[2:26][::-1]}"
            self._dial = Dial(verb, self.setup.callees, self.party, sid, now)
            self.bridges.append(self._dial.bridge)
            self._dial_tick(self._dial, now)

    def _dial_tick(self, dial: Dial, at: float) -> None:
        if (frame := dial.due(at)) is not None:
            acts, dial.acts = dial.acts, []
            self._said(frame, acts, at)
        if dial.joined and self._answered_ms is None:
            self._answered_ms = at
        if dial is self._dial and dial.dialled is not None and not self._leave_dial(at):
            self._next_verb(at)

    def _leave_dial(self, now: float) -> bool:
        """Parts the caller from whoever was dialled. Whether an `action` was asked for what comes next."""
        dial, self._dial = self._dial, None
        if dial is None:
            return False
        dial.leave(now)
        assert dial.dialled is not None
        self._note(now, "dialled", status=dial.dialled.status, talked_ms=dial.dialled.talked_ms)
        action = dial.verb.attributes.get("action")
        if action is None:
            return False
        fields = forms.dialled(self.setup, self.status, dial.dialled)
        if self._ending is None:
            self._ask_verb("action", dial.verb, action, fields, now)
        elif self.setup.asks_after_hang_up:
            verb = dial.verb
            self._ending.append(lambda at: self._ask_verb("action", verb, action, fields, at))
        return True

    def _verb_over(self, now: float) -> None:
        verb = self._verbs.finish()
        if verb.name == "Gather" and verb.attributes.get("actionOnEmptyResult") == "true":
            self._gathered(verb, "", now)
        else:
            self._next_verb(now)

    def _gathered(self, verb: twiml.Verb, digits: str, now: float) -> None:
        fields = [*forms.call(self.setup, self._status), ("Digits", digits)]
        self._ask_verb("action", verb, verb.attributes.get("action", self._base_url), fields, now)

    def _connect(self, verb: twiml.Verb, now: float) -> None:
        self._action = verb
        stream = next((child for child in verb.children if child.name == "Stream"), None)
        if stream is None:
            self._application_error(twiml.SCHEMA, "<Connect> has no <Stream>", now)
            return
        url = urljoin(self._base_url, stream.attributes.get("url", ""))
        sid = f"MZ{len(self.streams) + 1:08x}{self.setup.call_sid[10:]}"
        media = MediaStream(sid, stream, self.setup.account.sid, self.setup.call_sid, self.setup.faults.marks)
        self.streams.append(media)
        if code := twiml.wrong_stream(stream, url, self._base_url):
            self._warn(now, code, f"the stream of {url} cannot be opened")
            self._stream_gone(media, code, now)
            return
        headers = {HEADER.lower(): sign_url(self.setup.account.token, url)}
        self._note(now, "open stream", stream=sid)
        self._orders.append(OpenStream(sid, url, headers, self._requests.upstream()))

    # ------------------------------------------------------------ streams

    @property
    def _live(self) -> MediaStream | None:
        return self.streams[-1] if self.streams and self.streams[-1].state == "open" else None

    def _stream(self, sid: str, state: str) -> MediaStream | None:
        """The newest stream if it is the one meant and in that state: what an older one still reports no longer counts."""
        newest = self.streams[-1] if self.streams else None
        return newest if newest is not None and newest.sid == sid and newest.state == state else None

    def _send(self, media: MediaStream, messages: list[str]) -> None:
        self._orders.extend(SendMessage(media.sid, message) for message in messages)

    def _drop_at(self, media: MediaStream) -> float | None:
        drops = self.setup.faults.drop_stream_after_ms
        after = drops[len(self.streams) - 1] if len(self.streams) <= len(drops) else None
        return None if after is None or media.opened_ms is None else media.opened_ms + after

    def _stop_stream(self, now: float) -> bool:
        """Our side ends the stream: `stop`, then the socket goes."""
        if not self.streams or self.streams[-1].state == "ended":
            return False
        media = self.streams[-1]
        if media.state == "open":
            self._send(media, [media.stop()])
            self._tell_stream(media, "stream-stopped", None, now)
        media.end(now)
        self._orders.append(CloseStream(media.sid))
        return True

    def _stream_gone(self, media: MediaStream, error: int | None, now: float) -> None:
        """The stream is over and the caller is not: the `action` says what comes next."""
        media.end(now)
        self._tell_stream(media, "stream-stopped" if error is None else "stream-error", error, now)
        verb = self._action
        if verb is not None and (action := verb.attributes.get("action")) is not None:
            self._ask_verb("action", verb, action, forms.call(self.setup, self._status), now)
        else:
            self._next_verb(now)

    def _tell_stream(self, media: MediaStream, event: str, error: int | None, now: float) -> None:
        if media.callback:
            fields = forms.stream(self.setup, media.sid, media.name, event, error, now)
            self._ask("stream", urljoin(self._base_url, media.callback), "POST", fields, now)

    # ------------------------------------------------------------ the end

    def _press(self, digit: str, now: float) -> None:
        self._note(now, "key", digit=digit)
        if self._live is not None:
            self._send(self._live, [self._live.digit(digit)])
        elif self._dial is not None:
            self._dial.press(digit, now)
            self._dial_tick(self._dial, now)
        elif gathered := self._verbs.press(digit):
            self._gathered(*gathered, now)

    def _hang_up(self, now: float) -> None:
        if self._ending is not None:
            return
        self._note(now, f"{self.role} hangs up")
        self._end("completed" if self._answered_ms is not None else "no-answer", f"the {self.role} hung up", now)

    def _application_error(self, code: int, message: str, now: float) -> None:
        """Twilio would say "an application error has occurred" and hang up; what its CallStatus then is, no page says."""
        self._warn(now, code, message)
        self._end("failed", f"application error {message}", now)

    def _end(self, status: str, reason: str, now: float) -> None:
        if self._ending is not None:
            return
        self._note(now, "ended", status=status, reason=reason)
        self._final, self.ended_ms = Finished(status, reason), now
        self._ending = deque()
        self._requests.stop_waiting()
        if self._stop_stream(now) and self.setup.asks_after_hang_up and self._action is not None:
            verb = self._action
            if (action := verb.attributes.get("action")) is not None:
                self._ending.append(
                    lambda at: self._ask_verb("action", verb, action, forms.call(self.setup, status), at)
                )
        self._leave_dial(now)
        self._tell_end(status, now)
        self._go_on(now)

    def _tell_end(self, status: str, now: float) -> None:
        """The number's status callback, behind all else that is asked."""
        if (url := self.setup.status_callback) and self._ending is not None:
            talked = now - self._answered_ms if self._answered_ms is not None else 0.0
            url, method = urljoin(self.setup.voice_url, url), self.setup.status_method
            fields = forms.ended(self.setup, status, now, talked)
            self._ending.append(lambda at: self._ask("status", url, method, fields, at))

    def _go_on(self, now: float) -> None:
        """After the end: one request after the other, then no more."""
        if self._ending is None or self._requests or self.finished is not None:
            return
        if self._ending:
            self._ending.popleft()(now)
            return
        self.finished = self._final
        self._orders.append(self._final)

    # ------------------------------------------------------------ requests

    def _ask_verb(self, purpose: Purpose, verb: twiml.Verb, url: str, fields: forms.Fields, now: float) -> None:
        self._ask(purpose, urljoin(self._base_url, url), verb.attributes.get("method", "POST").upper(), fields, now)

    def _ask(self, purpose: Purpose, url: str, method: str, fields: forms.Fields, now: float) -> None:
        awaited = self._ending is None and purpose in ("voice", "action", "redirect", "fallback")
        self._orders.append(self._requests.make(purpose, url, method, fields, now, awaited))
        self._note(now, "request", purpose=purpose, url=url)

    def _fail_request(self, request: Request, code: int, message: str, now: float) -> None:
        if not self._requests.failed(request.id):
            self._warn(now, code, message)
        elif self.setup.fallback_url and request.purpose != "fallback":
            self._warn(now, code, message)
            fields = [*forms.call(self.setup, self._status), ("ErrorCode", str(code)), ("ErrorUrl", request.url)]
            self._ask("fallback", urljoin(self.setup.voice_url, self.setup.fallback_url), "POST", fields, now)
        else:
            self._application_error(code, message, now)

    def _note(self, now: float, what: str, **details: Any) -> None:
        self.log.append({"at_ms": round(now, 3), "what": what, **details})

    def _warn(self, now: float, code: int, message: str) -> None:
        self._note(now, "warning", code=code, message=message)

    def _take(self) -> list[Order]:
        orders, self._orders = self._orders, []
        return orders
