"""The product as the bench runs it: the real server, with its signatures, tokens and log, and an agent leg to a model.

`python -m offhook.bench.product MODEL_PORT` listens on a free port of the loopback and prints it.
"""

import sys

import uvloop

from offhook.bench.carrier import ACCOUNT
from offhook.bench.process import announce
from offhook.bench.realtime import RealtimeLeg
from offhook.phone.twilio.signature import Key
from offhook.server.app import App, Options
from offhook.server.lifetime import Listening, serve
from offhook.server.logs import start_logging


async def product(model_port: int) -> None:
    """Serves until it is ended."""
    options = Options(ACCOUNT.sid, [Key(ACCOUNT.token)])
    app = App(options, lambda _info: RealtimeLeg(model_port))
    await serve(app, Listening(port=0, drain_seconds=0.0), on_ready=announce)


if __name__ == "__main__":
    start_logging("info", "text", None)
    uvloop.run(product(int(sys.argv[1])))
