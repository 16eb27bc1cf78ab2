"""The product as the bench runs it: the real server, with its signatures, tokens, log and journal, and its own realtime
leg.

`python -m offhook.bench.product MODEL_PORT` listens on a free port of the loopback and prints it; with `--unkept` it
keeps nothing, which tells what the journal costs.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.models import engine_for
from offhook.bench.carrier import ACCOUNT
from offhook.bench.process import announce
from offhook.journal.journal import Journal
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.server.lifetime import Listening, serve
from offhook.server.logs import start_logging
from offhook.store.store import Store

UNKEPT = "--unkept"


async def product(model_port: int, folder: Path | None) -> None:
    """Serves until it is ended. `folder`: where calls are kept, if they are."""
    options = Options(ACCOUNT.sid, [Key(ACCOUNT.token)])
    agent = Agent("You answer the telephone.", model="openai:bench", greeting="")
    engine = engine_for("openai:bench", Credentials(openai_base_url=f"ws://127.0.0.1:{model_port}"))
    journal = Journal(Store(f"sqlite:///{folder}/calls.db"), folder / "spool") if folder else None
    app = App(options, lambda _info: engine.leg(agent), journal=journal)
    await serve(app, Listening(port=0, drain_seconds=0.0), on_ready=announce)


if __name__ == "__main__":
    start_logging("info", "text", None)
    arguments = [argument for argument in sys.argv[1:] if argument != UNKEPT]
    with TemporaryDirectory(prefix="offhook-bench-") as made:
        uvloop.run(product(int(arguments[0]), None if UNKEPT in sys.argv else Path(made)))
