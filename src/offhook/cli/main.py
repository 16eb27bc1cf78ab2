"""The command line: `offhook`. Errors on purpose are one sentence on standard error and exit code 2."""

import importlib
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from offhook.errors import ConfigError, OffhookError

OWN = ("demo", "serve", "doctor", "--version")


def main() -> None:
    """Entry point of the `offhook` script."""
    try:
        _app(sys.argv[1:])()
    except KeyboardInterrupt:
        sys.exit(130)
    except OffhookError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


def _app(arguments: list[str]) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_options)
    app.command("demo")(demo)
    app.command("serve")(serve)
    app.command("doctor")(doctor)
    # What a command does not need is not imported: `offhook demo` is to answer at once.
    if not any(argument in OWN for argument in arguments[:1]):
        app.command("call")(importlib.import_module("offhook.cli.call").call)
    if not any(argument in (*OWN, "call") for argument in arguments[:1]):
        app.add_typer(
            importlib.import_module("offhook.cli.sim").app,
            name="sim",
            help="Stand in for a caller, the carrier, or a speech model.",
        )
        app.add_typer(importlib.import_module("offhook.cli.calls").app, name="calls", help="What is kept of calls.")
        app.add_typer(
            importlib.import_module("offhook.cli.number").app, name="number", help="The account's numbers at Twilio."
        )
        app.command("bench")(importlib.import_module("offhook.cli.bench").bench)
        app.command("test")(importlib.import_module("offhook.cli.scenarios").run_tests)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"offhook {version('offhook')}")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Puts an AI on the telephone."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise ConfigError("The current folder is not there any more: go to one that exists.") from None


def demo(
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 takes a free one. Default: PORT, or 8000.")
    ] = None,
) -> None:
    """Serve the built-in agent on this machine: no account, no keys."""
    from offhook.cli.serve import run_demo

    run_demo(port)


def serve(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODULE:AGENT]",
            help="An agent, agents by number, or a function of the call, in a Python module; without it the environment says.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on. Default: HOST, or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on. Default: PORT, or 8000.")] = None,
    reload: Annotated[
        bool | None, typer.Option("--reload", help="Load the agents anew when a Python file of this folder changes.")
    ] = None,
    tunnel: Annotated[
        bool | None,
        typer.Option(
            "--tunnel", help="Open a tunnel of ngrok's, so that Twilio reaches this machine.", show_default=False
        ),
    ] = None,
) -> None:
    """Serve an agent to the telephone."""
    from offhook.cli.serve import run_serve

    run_serve(target, host=host, port=port, reload=reload, tunnel=tunnel)


def doctor(
    target: Annotated[
        str | None,
        typer.Argument(metavar="[MODULE:AGENT]", help="As for serve: what would answer the calls.", show_default=False),
    ] = None,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Also ask Twilio, PUBLIC_URL and the speech models, which leaves this machine; "
            "a model is spoken to for a second, which costs less than a cent.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what is configured, reachable and missing, and the next step."""
    from offhook.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(target, online=online, as_json=as_json))
