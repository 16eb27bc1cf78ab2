"""`offhook sim`: calls a server as a carrier and a caller would, without an account."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from offhook.cli.calling import DEFAULT_URL, Server, accounts_of, call_scripted, ring
from offhook.cli.scenarios import load, refuse_inside
from offhook.cli.sim_carrier import carrier
from offhook.cli.sim_model import model
from offhook.cli.talk import show
from offhook.errors import ConfigError
from offhook.sim.caller import Caller
from offhook.sim.carrier import CarrierCall
from offhook.sim.network import Link
from offhook.sim.report import report
from offhook.sim.script import CALLER_VOICE
from offhook.sim.steps import BargeIn, Leave, Listen, Say, Step

app = typer.Typer(no_args_is_help=True, help="Stand in for a caller, the carrier, or a speech model.")

IN_A_SCRIPT = ("say", "audio", "barge_in_at", "delay", "jitter", "caller", "voice")


app.command("model")(model)
app.command("carrier")(carrier)


@app.callback()
def _sim() -> None:
    """Stand in for a caller, the carrier, or a speech model."""


@app.command()
def call(
    context: typer.Context,
    url: Annotated[str, typer.Option(help="The voice URL of the number that is called.")] = DEFAULT_URL,
    script: Annotated[
        Path | None, typer.Option(help="A caller script in YAML: who calls, what is said and what is expected.")
    ] = None,
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
    voice: Annotated[str, typer.Option(help="The caller's voice, as espeak-ng names it.")] = CALLER_VOICE,
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
    accounts = accounts_of(account_sid, auth_token)
    where = Server(url, public_url, called, status_callback or None, hang_up_after)
    if script:
        _refuse_with_script(context)
        (played,) = load([script])
        refuse_inside([played])
        if not as_json:
            _announce(url)
        done = call_scripted(played, where, accounts)
        call_made, result = done.call, done.result
    else:
        turns = [(_read(audio), audio.name)] if audio else asyncio.run(_speak(say or [], voice))
        if not as_json:
            _announce(url)
        links = (Link(delay, jitter, seed=1), Link(delay, jitter, seed=2))
        rung = ring(
            accounts,
            lambda account: where.setup(account, caller=caller),
            lambda: Caller(_script(turns, barge_in_at)),
            links,
        )
        call_made, result = rung.call, report(rung.call, rung.caller)
    if record:
        _keep(call_made, record)
    _tell(result, as_json)


def _announce(url: str) -> None:
    typer.echo(f"Calling {url} (Ctrl-C hangs up) ...", err=True)


def _refuse_with_script(context: typer.Context) -> None:
    """Raises ConfigError for an option whose place is in the script."""
    for name in IN_A_SCRIPT:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = {"caller": "from"}.get(name, name.replace("_", "-"))
            raise ConfigError(f"--{option} does not go with --script: the script says that.")


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


def _tell(result: dict[str, Any], as_json: bool) -> None:
    """Prints the result; a call that did not work ends the command with one sentence and exit code 1."""
    if as_json:
        typer.echo(json.dumps(result))
    elif result["talk"] or not result["why"]:
        show(result)
    if result["why"]:
        for sentence in result.get("failed") or [result["why"]]:
            typer.echo(sentence, err=True)
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


async def _speak(turns: list[str], voice: str) -> list[tuple[bytes, str]]:
    """The caller's words as µ-law."""
    if not turns:
        return []
    from offhook.speech.engines.espeak import EspeakSynthesizer  # needs the extra, which --audio does not

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
