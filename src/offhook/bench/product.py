"""The product as the bench runs it: the real server, with its signatures, tokens and log, and its own realtime leg.

`python -m offhook.bench.product MODEL_PORT` listens on a free port of the loopback and prints it.
"""

import sys

import uvloop

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.models import engine_for
from offhook.bench.carrier import ACCOUNT
from offhook.bench.process import announce
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.server.lifetime import Listening, serve
from offhook.server.logs import start_logging


async def product(model_port: int) -> None:
    """Serves until it is ended."""
    options = Options(ACCOUNT.sid, [Key(ACCOUNT.token)])
    agent = Agent("You answer the telephone.", model="openai:bench", greeting="")
    engine = engine_for("openai:bench", Credentials(openai_base_url=f"ws://127.0.0.1:{model_port}"))
    app = App(options, lambda _info: engine.leg(agent))
    await serve(app, Listening(port=0, drain_seconds=0.0), on_ready=announce)


if __name__ == "__main__":
    start_logging("info", "text", None)
    uvloop.run(product(int(sys.argv[1])))
