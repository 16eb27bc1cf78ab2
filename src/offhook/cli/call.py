"""`offhook call +1…`: a call made through a server that runs, followed until it is over."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import orjson
import typer
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from offhook.errors import ConfigError
from offhook.settings import Settings

WHOLE_S = 150.0
"""For the server's answer, which waits for Twilio's."""
LOST_S, TRIES = 1.0, 10
SHOWN_CHARS = 100  # of a tool's arguments and output
WANTED = ("host", "port", "offhook_token")
SHOWN = {
    "ringing": "ringing",
    "in-progress": "in progress",
    "parked": "the stream is over: they hung up, or it comes back",
    "ending": "hanging up",
}
NOT_TAKEN, BY_HAND = 1, 130


def call(
    number: Annotated[str, typer.Argument(help="Whom to call: + and digits.", show_default=False)],
    agent: Annotated[str | None, typer.Option(help="Who talks. Default: whose call it is.", show_default=False)] = None,
    backend: Annotated[str | None, typer.Option(help="Instead of the agent's own model.", show_default=False)] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option("--var", help="Something for the agent, as name=value. May be repeated.", show_default=False),
    ] = None,
    amd: Annotated[
        str | None, typer.Option(help="Detection of machines: off, sync or async.", show_default=False)
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The server. Default: the one of HOST and PORT.", show_default=False)
    ] = None,
) -> None:
    """Call somebody through a running server, and show the talk. Ends with 0 if the call was answered and completed, 1 if not."""
    settings = Settings.load(ignored=[name for name in Settings.model_fields if name not in WANTED])
    wish = {"phone_number": number, "agent": agent, "backend": backend, "variables": _variables(variable), "amd": amd}
    token = settings.offhook_token.get_secret_value() if settings.offhook_token else None
    at = (url or f"http://{settings.host}:{settings.port}").rstrip("/")
    line = Line(at, token, typer.echo)
    raise typer.Exit(asyncio.run(line.call({name: value for name, value in wish.items() if value})))


def _variables(given: list[str] | None) -> dict[str, str]:
    told = {}
    for each in given or []:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise ConfigError(f"--var takes name=value, not {each[:40]!r}.")
        told[name] = value
    return told


class Line:
    """One call through the server at a URL. `say` prints a line."""

    def __init__(self, url: str, token: str | None, say: Callable[[str], None]) -> None:
        self._url, self._say = url, say
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._status = ""

    async def call(self, wish: dict[str, Any]) -> int:
        """Has the call made and follows it; the exit code. Raises ConfigError with the server's own sentence."""
        stopped = asyncio.Event()
        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
        except NotImplementedError:  # no signal handlers on Windows: there Ctrl-C ends the program
            pass
        async with httpx.AsyncClient(base_url=self._url, headers=self._headers, timeout=WHOLE_S) as client:
            placed = await self._place(client, wish)
            self._say(f"  call {placed['call_id']} ({placed['twilio_sid']}) is {placed['status']}")
            following = asyncio.ensure_future(self._follow(placed["call_id"]))
            waiting = asyncio.ensure_future(stopped.wait())
            await asyncio.wait([following, waiting], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if following.done():
                return following.result()
            following.cancel()
            await self._hang_up(client, placed["call_id"])
            return BY_HAND

    async def _place(self, client: httpx.AsyncClient, wish: dict[str, Any]) -> dict[str, Any]:
        # Its own key: whatever goes wrong on the way, this is one call.
        headers = {"idempotency-key": secrets.token_hex(16)}
        for left in (1, 0):
            try:
                answer = await client.post("/api/call", json=wish, headers=headers)
                break
            except httpx.ConnectError:
                raise ConfigError(f"No server answers at {self._url}: start `offhook serve`, or give --url.") from None
            except httpx.HTTPError as error:
                if not left:
                    raise ConfigError(f"The server at {self._url} did not answer ({type(error).__name__}).") from None
        try:
            told = answer.json()
        except ValueError:
            told = {}
        if answer.status_code == 200 and isinstance(told, dict) and "call_id" in told:
            return told
        detail = told.get("detail") if isinstance(told, dict) else None
        if answer.status_code == 404:
            detail = f"The server at {self._url} makes no calls: give --url of an offhook."
        if answer.status_code == 401:
            detail = f"The server at {self._url} wants its token: set OFFHOOK_TOKEN to what it has there."
        if detail and answer.status_code == 422:
            detail = str(detail).replace("give it in `variables`", "give it with --var NAME=VALUE")
        raise ConfigError(str(detail or f"The server answered {answer.status_code}: {answer.text[:200]}"))

    async def _hang_up(self, client: httpx.AsyncClient, call_id: str) -> None:
        try:
            answer = await client.post(f"/api/calls/{call_id}/hangup", json={})
        except httpx.HTTPError:
            self._say("  the call goes on: the server does not answer")
            return
        gone = answer.status_code < 300 or answer.status_code == 409
        self._say("  hung up" if gone else f"  the call goes on ({answer.status_code}): `offhook calls show {call_id}`")

    # ------------------------------------------------------------------------------------------ what happens

    async def _follow(self, call_id: str) -> int:
        async for event in self._events(call_id):
            if (shown := self._shown(event)) is not None:
                self._say(shown)
            if event["type"] == "ended":
                return 0 if event["result"] == "completed" else NOT_TAKEN
        return NOT_TAKEN

    async def _events(self, call_id: str) -> AsyncIterator[dict[str, Any]]:
        """Every event of the call, once, also when the way to the server breaks in between."""
        last, tries = 0, TRIES
        address = f"ws{self._url.removeprefix('http')}/ws/events/{call_id}"
        while tries:
            try:
                async with connect(f"{address}?after={last}", additional_headers=self._headers) as socket:
                    async for message in socket:
                        event = orjson.loads(message)
                        last, tries = event.get("seq", last), TRIES
                        yield event
                if socket.close_code == 1000:
                    return
            except (OSError, ConnectionClosed, InvalidStatus):
                pass
            tries -= 1
            await asyncio.sleep(LOST_S)
        raise ConfigError(f"The server is gone; `offhook calls show {call_id}` tells what came of the call.")

    def _shown(self, event: dict[str, Any]) -> str | None:
        match event["type"]:
            case "status" if event["state"] != "connecting" and event["status"] in SHOWN:
                if event["status"] == "ending" and self._status in ("", "ringing"):
                    return None  # it had hardly begun
                before, self._status = self._status, event["status"]
                return f"  {SHOWN[event['status']]}" if before != self._status else None
            case "answered_by":
                return f"  a {event['by']} answered" if event["by"] in ("machine", "fax") else None
            case "transcript":
                who = "callee" if event["role"] == "user" else "agent "
                unheard = f" […not heard: {event['unheard']}]" if event.get("unheard") else ""
                return _plain(f"  {who}  {event['text']}{unheard}")
            case "tool" if event["status"] == "started":
                return _plain(f"  tool    {event['name']} {_short(event['arguments'])}")
            case "tool":
                return _plain(
                    f"          {'refused: ' if event['status'] == 'failed' else '→ '}{_short(event['output'])}"
                )
            case "transfer" if event["status"] != "asked":  # which its tool has told
                return _plain(f"  transfer to {event['to']}: {event['status']}")
            case "problem":
                return _plain(f"  the agent was lost: {event['message']}")
            case "ended":
                return f"  {event['result']}: {event['reason']}"
        return None


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + " …"


def _plain(text: str) -> str:
    """Without what moves a terminal: callees and models may say anything."""
    return "".join(char if char.isprintable() else " " for char in text)
