"""`offhook sim model`: a speech model's realtime service on this machine, without an account."""

import asyncio
import contextlib
import itertools
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from secrets import randbits
from typing import TYPE_CHECKING, Annotated

import typer

from offhook.errors import ConfigError
from offhook.sim.model_orders import Faults, Setup
from offhook.sim.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.server import Server

    from offhook.sim.model_socket import SocketServer


def model(
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")] = 9020,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    tls: Annotated[bool, typer.Option("--tls", help="Serve wss:// with a certificate made for now.")] = False,
    cert: Annotated[Path | None, typer.Option(help="A certificate of your own (PEM), for wss://.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    api_key: Annotated[str | None, typer.Option(help="The key clients must have; without it any will do.")] = None,
    latency: Annotated[float, typer.Option(min=0, help="From a response's beginning to its first audio, in ms.")] = 300,
    delta: Annotated[int, typer.Option(min=20, max=5000, help="Audio in one event, in ms.")] = 200,
    pace: Annotated[float, typer.Option(min=0.1, help="How many times faster than it sounds audio comes.")] = 8,
    lifetime: Annotated[float, typer.Option(min=1, help="Seconds after which a session expires.")] = 3600,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Something that is to go wrong, as name or name=number; docs/sim-model.md lists them.",
            show_default=False,
        ),
    ] = None,
    trouble: Annotated[
        list[str] | None,
        typer.Option(
            help="What happens to a connection, as reset,after-ms=9000 or none; more of them take turns. "
            "docs/sim-model.md lists them.",
            show_default=False,
        ),
    ] = None,
    voice: Annotated[str, typer.Option(help="The model's voice, as espeak-ng names it.")] = "en-us+f3",
) -> None:
    """Stand in for OpenAI's Realtime API and Azure Voice Live: real speech, strict, no account."""
    setup = Setup(
        api_key=api_key,
        first_audio_ms=latency,
        delta_ms=delta,
        pace=pace,
        lifetime_s=lifetime,
        faults=Faults.parse(fault or []),
        keep_log=False,
        seed=randbits(32),
    )
    context, troubles = _context(tls, cert, key), [Trouble.parse(each) for each in trouble or []]
    if context is not None and any(each.speaks for each in troubles):
        raise ConfigError("Under TLS a proxy cannot speak: leave --tls, or the troubles close, garbage and status.")
    asyncio.run(_serve(setup, host, port, context, voice, troubles))


async def _serve(
    setup: Setup, host: str, port: int, context: ssl.SSLContext | None, voice: str, troubles: list[Trouble]
) -> None:
    from offhook.sim.model_drive import SpeechEngines  # what `sim call` does not need is not imported for it
    from offhook.sim.model_socket import SocketServer

    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # no signal handlers on Windows
            loop.add_signal_handler(each, over.set)
    setup = replace(setup, epoch_s=time.time() - loop.time())
    engines = SpeechEngines(voice)
    try:
        await engines.start()
        service = SocketServer(setup, engines, typer.echo)
        async with _listening(service, host, port, context, troubles) as server:
            bound = next(iter(server.sockets)).getsockname()[1]
            address = f"{host}:{bound}"
            secure = "s" if context else ""
            typer.echo(
                f"Realtime at ws{secure}://{address}/v1/realtime and ws{secure}://{address}/voice-live/realtime; "
                f"set OPENAI_BASE_URL=http{secure}://{address}/v1 OPENAI_API_KEY={setup.api_key or 'x'} (Ctrl-C ends it)."
            )
            await over.wait()
    except OSError as error:
        raise ConfigError(
            f"Port {port} of {host} cannot be listened on ({error.strerror}); give another --port."
        ) from error
    finally:
        await engines.close()


@contextlib.asynccontextmanager
async def _listening(
    service: "SocketServer", host: str, port: int, context: ssl.SSLContext | None, troubles: list[Trouble]
) -> "AsyncIterator[Server | asyncio.Server]":
    """The service, behind a proxy if there is to be trouble."""
    if not troubles:
        async with service.listen(host, port, context) as server:
            yield server
        return
    from offhook.sim.proxy import Proxy

    loop = asyncio.get_running_loop()
    async with service.listen("127.0.0.1", 0, context) as behind:
        upstream = next(iter(behind.sockets)).getsockname()[1]
        proxy = Proxy(lambda factory: loop.create_connection(factory, "127.0.0.1", upstream))
        proxy.otherwise = itertools.cycle(troubles).__next__
        async with proxy.listen(host, port) as server:
            yield server


def _context(tls: bool, cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """What is needed for wss://, or None. Raises ConfigError."""
    if (cert is None) != (key is None):
        raise ConfigError("--cert and --key are needed together.")
    if cert is None and not tls:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        if cert is not None:
            context.load_cert_chain(cert, key)
        else:
            with tempfile.TemporaryDirectory() as folder:
                context.load_cert_chain(*_made_certificate(Path(folder)))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"The certificate cannot be used: {error}.") from error
    return context


def _made_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine and a month, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise ConfigError("--tls needs the program openssl to make a certificate; or give --cert and --key.")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(cert),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return cert, key
