"""`offhook sim`: calls a server as a carrier and a caller would, without an account."""

import asyncio
import contextlib
import json
import secrets
import signal
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from offhook.cli.sim_model import model
from offhook.cli.talk import show
from offhook.errors import ConfigError
from offhook.server.simulator_account import data_folder, simulator_account
from offhook.settings import Settings
from offhook.sim.caller import BargeIn, Caller, Leave, Listen, Say, Step
from offhook.sim.carrier import CarrierCall
from offhook.sim.network import Link
from offhook.sim.orders import Setup
from offhook.sim.phone import place_call
from offhook.sim.report import report
from offhook.sim.signature import Account

app = typer.Typer(no_args_is_help=True, help="Stand in for a caller.")

LONGEST_S = 300.0
"""A simulated caller's own limit."""


app.command("model")(model)


@app.callback()
def _sim() -> None:
    """Stand in for a caller."""


@app.command()
def call(
    url: Annotated[str, typer.Option(help="The voice URL of the number that is called.")],
    say: Annotated[
        list[str] | None, typer.Option(help="What the caller says, one turn each.", show_default=False)
    ] = None,
    audio: Annotated[Path | None, typer.Option(help="A WAV or FLAC file the caller plays instead.")] = None,
    delay: Annotated[float, typer.Option(min=0, help="Delay of the stream, each way, in ms.")] = 0.0,
    jitter: Annotated[float, typer.Option(min=0, help="Standard deviation of that delay, in ms.")] = 0.0,
    barge_in_at: Annotated[
        float | None, typer.Option(min=0, help="Say the last turn this many ms into the agent's speech.")
    ] = None,
    hang_up_after: Annotated[float | None, typer.Option(min=0, help="Hang up after so many seconds.")] = None,
    caller: Annotated[str, typer.Option("--from", help="Who calls.")] = "+15550100001",
    called: Annotated[str, typer.Option("--to", help="Who is called.")] = "+15550100002",
    voice: Annotated[str, typer.Option(help="The caller's voice, as espeak-ng names it.")] = "en-us",
    record: Annotated[Path | None, typer.Option(help="Keep a WAV: left the caller, right what was heard.")] = None,
    status_callback: Annotated[
        str, typer.Option(help="Where the end of the call is told; relative to --url; empty for nowhere.")
    ] = "/twilio/status",
    public_url: Annotated[
        str | None, typer.Option(help="The server's PUBLIC_URL, which is what is signed.", show_default=False)
    ] = None,
    account_sid: Annotated[str | None, typer.Option(help="Sign for this account.")] = None,
    auth_token: Annotated[str | None, typer.Option(help="Its auth token.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Call a server, talk to its agent, and tell what a person would have noticed."""
    _check(url, bool(say), audio is not None, barge_in_at, record)
    accounts = _accounts(account_sid, auth_token)
    turns = [(_read(audio), audio.name)] if audio else asyncio.run(_speak(say or [], voice))
    if not as_json:
        typer.echo(f"Calling {url} (Ctrl-C hangs up) ...", err=True)
    for account in accounts:
        setup = Setup(
            public_url.rstrip("/") + urlsplit(url).path if public_url else url,
            account,
            upstreams=("{0.scheme}://{0.netloc}".format(urlsplit(url)),) if public_url else (),
            caller=caller,
            called=called,
            call_sid="CA" + secrets.token_hex(16),
            status_callback=status_callback or None,
            hang_up_after_ms=(LONGEST_S if hang_up_after is None else hang_up_after) * 1000.0,
            epoch_s=time.time(),
        )
        person = Caller(_script(turns, barge_in_at))
        simulated = CarrierCall(setup, person)
        asyncio.run(_place(simulated, delay, jitter))
        if not _refused(simulated):
            break
    if record:
        _keep(simulated, record)
    _tell(report(simulated, person), as_json)


def _check(url: str, say: bool, audio: bool, barge_in_at: float | None, record: Path | None) -> None:
    """Raises ConfigError for what would fail only after the call, or make no sense."""
    if say and audio:
        raise ConfigError("Give either --say or --audio, not both.")
    if barge_in_at is not None and not (say or audio):
        raise ConfigError("A barge-in needs words: give --say or --audio with --barge-in-at.")
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"--url must be an http or https address, not {url!r}.")
    if record and not record.parent.is_dir():
        raise ConfigError(f"{record} cannot be written: there is no folder {record.parent}.")


async def _place(simulated: CarrierCall, delay: float, jitter: float) -> None:
    """Makes the call; Ctrl-C hangs up as a person would, and the call is told all the same."""
    hang_up = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # no signal handlers on Windows: there Ctrl-C just ends it
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, hang_up.set)
    await place_call(simulated, Link(delay, jitter, seed=1), Link(delay, jitter, seed=2), hang_up)


def _tell(result: dict[str, Any], as_json: bool) -> None:
    """Prints the result; a call that did not work ends the command with one sentence and exit code 1."""
    if as_json:
        typer.echo(json.dumps(result))
    elif result["talk"] or not result["why"]:
        show(result)
    if result["why"]:
        typer.echo(result["why"], err=True)
        raise typer.Exit(1)


def _script(turns: list[tuple[bytes, str]], barge_in_at: float | None) -> list[Step]:
    """Each turn after the agent has fallen silent, the last one into its speech if so asked."""
    steps: list[Step] = []
    for number, (audio, words) in enumerate(turns):
        if barge_in_at is not None and number == len(turns) - 1:
            steps.append(BargeIn(barge_in_at, audio, words))
        else:
            steps += [Listen(), Say(audio, words)]
    return [*steps, Listen(), Leave()]


def _accounts(sid: str | None, token: str | None) -> list[Account]:
    """Who may sign: what was given; else the environment's account, and the simulator's, which a demo takes in any case."""
    if sid and token:
        return [Account(sid, token)]
    if sid or token:
        raise ConfigError("--account-sid and --auth-token are needed together.")
    wanted = ("twilio_account_sid", "twilio_auth_token", "offhook_data")
    settings = Settings.load(ignored=[name for name in Settings.model_fields if name not in wanted])
    accounts = []
    if settings.twilio_account_sid and settings.twilio_auth_token:
        accounts.append(Account(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()))
    own = simulator_account(data_folder(settings.offhook_data))
    return [*accounts, Account(own.account_sid, own.auth_token)]


def _refused(call: CarrierCall) -> bool:
    """Whether the webhook did not know the signature."""
    return any(
        entry["what"] == "answer" and entry["purpose"] == "voice" and entry["status"] == 403 for entry in call.log
    )


async def _speak(turns: list[str], voice: str) -> list[tuple[bytes, str]]:
    """The caller's words as µ-law."""
    if not turns:
        return []
    from offhook.speech.espeak import EspeakSynthesizer  # needs the extra, which --audio does not

    synthesizer = EspeakSynthesizer(voice)
    try:
        await synthesizer.start()
        return [((await synthesizer.speak(words)).audio, words) for words in turns]
    finally:
        await synthesizer.close()


def _read(path: Path) -> bytes:
    from offhook.audio import g711, wav

    return g711.encode(wav.read_audio(path, 8000))


def _keep(call: CarrierCall, path: Path) -> None:
    from offhook.audio import wav
    from offhook.sim.recording import RATE, stereo

    try:
        with path.open("wb") as file:
            wav.write_wav(file, stereo(call), RATE, channels=2)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}); give --record another path.") from error
