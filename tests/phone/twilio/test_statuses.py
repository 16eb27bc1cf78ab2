import asyncio
import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from offhook.phone.twilio.statuses import CallStatuses

ACCOUNT = "AC" + "1" * 32
ANSWERS = {
    "CA1": (200, {"sid": "CA1", "status": "completed"}),
    "CA2": (200, {"sid": "CA2", "status": "in-progress"}),
    "CA3": (404, {"code": 20404, "message": "not found", "status": 404}),
    "CA4": (401, {"code": 20003, "message": "authenticate", "status": 401}),
    "CA5": (500, {}),
}


class Twilio(BaseHTTPRequestHandler):
    def do_GET(self):
        given = base64.b64decode(self.headers["authorization"].partition(" ")[2]).decode()
        assert given == f"{ACCOUNT}:t0ken"
        prefix = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/"
        assert self.path.startswith(prefix)
        status, body = ANSWERS[self.path.removeprefix(prefix).removesuffix(".json")]
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_given):
        pass


@pytest.fixture(scope="module")
def twilio():
    with ThreadingHTTPServer(("127.0.0.1", 0), Twilio) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("sid", "status"),
    [("CA1", "completed"), ("CA2", "in-progress"), ("CA3", "unknown"), ("CA4", None), ("CA5", None)],
)
def test_the_status_is_what_twilio_says(twilio, sid, status):
    assert asyncio.run(CallStatuses(ACCOUNT, "t0ken", base_url=twilio)(sid)) == status


def test_a_twilio_that_cannot_be_reached_says_nothing():
    assert asyncio.run(CallStatuses(ACCOUNT, "t0ken", base_url="http://127.0.0.1:9")("CA1")) is None
