"""The command line: `offhook`. Errors on purpose are one sentence on standard error and exit code 2."""

import importlib
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from offhook.errors import OffhookError

OWN = ("demo", "serve", "--version")


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
    # What a command does not need is not imported: `offhook demo` is to answer at once.
    if not any(argument in OWN for argument in arguments[:1]):
        app.add_typer(importlib.import_module("offhook.cli.sim").app, name="sim", help="Stand in for a caller.")
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
            help="An agent in a Python module; without it the environment says.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on. Default: HOST, or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on. Default: PORT, or 8000.")] = None,
) -> None:
    """Serve an agent to the telephone."""
    from offhook.cli.serve import run_serve

    run_serve(target, host=host, port=port)
