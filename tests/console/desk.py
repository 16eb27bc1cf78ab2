"""The test's side of tests/console/serving.py: a server process that is started, written to and killed; and calls to write."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent


class Desk:
    """A server process. `kill` it and `start` it again: same folder, same port."""

    def __init__(self, folder: Path, token: str = "") -> None:
        self._folder, self._token = folder, token
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.console.serving", str(self._folder), str(self.port), self._token]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.port = int(self._line())

    def kill(self) -> None:
        """As the kernel does it: no goodbye to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
            self._process = None

    def _line(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server ended"
        return line

    def write(self, *records: tuple[str, str, float, dict[str, Any]]) -> None:
        """Events happen: (call id, type, at_ms, body) each."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps({"records": records}) + "\n")
        self._process.stdin.flush()
        assert self._line() == "done\n"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def begin(call_id: str, caller: str = "+14155550102", at: float = 0.0) -> list[tuple[str, str, float, dict[str, Any]]]:
    """A call that is on, with its agent."""
    call = {
        "sid": f"CA{call_id}", "account_sid": "AC1", "direction": "inbound", "caller": caller, "called": "+15550100002",
        "variables": {},
    }  # fmt: skip
    return [
        (call_id, "call", at, call),
        (call_id, "status", at, {"status": "ringing", "state": "connecting"}),
        (call_id, "agent", at + 5, {"agent": "cafe", "backend": "openai:gpt-realtime"}),
        (call_id, "status", at + 20, {"status": "in-progress", "state": "connected"}),
    ]


def caller(call_id: str, turn: int, at: float, text: str) -> tuple[str, str, float, dict[str, Any]]:
    """The caller's turn."""
    return call_id, "transcript", at, {"turn": turn, "role": "user", "text": text, "final": True}


def agent(call_id: str, turn: int, at: float, text: str, **more: Any) -> tuple[str, str, float, dict[str, Any]]:
    """The agent's turn, heard to the end at `at` unless told otherwise."""
    body = {"turn": turn, "role": "assistant", "text": text, "final": True, "item": f"item{turn}", "unheard": ""}
    return call_id, "transcript", at, body | {"heard_ms": 1500.0, "generated_ms": 1500.0, "latency_ms": 540.0} | more


def pulse(call_id: str, at: float, **more: Any) -> tuple[str, str, float, dict[str, Any]]:
    """How loud both are."""
    return call_id, "pulse", at, {"caller_db": -90, "agent_db": -90, "turn": "listening", "saying": []} | more


def end(call_id: str, at: float, result: str = "completed") -> list[tuple[str, str, float, dict[str, Any]]]:
    """The end."""
    return [
        (call_id, "status", at, {"status": result, "state": "ended"}),
        (call_id, "ended", at, {"result": result, "reason": "caller hung up"}),
    ]


def coffee(call_id: str, number: str = "+14155550102") -> list[tuple[str, str, float, dict[str, Any]]]:
    """A conversation with a bit of everything."""
    tool = {"id": "use1", "name": "add_to_order"}
    return [
        *begin(call_id, number),
        agent(call_id, 1, 3000, "Blue Door Café, good morning.", latency_ms=None),
        caller(call_id, 2, 6000, "I'd like a small latte please"),
        (call_id, "tool", 6010, tool | {"status": "started", "arguments": '{"drink":"latte","size":"small"}'}),
        (call_id, "tool", 6048, tool | {"status": "finished", "output": '{"number":1}', "took_ms": 38.2}),
        (call_id, "barge_in", 8440, {"heard_ms": 1840.0, "items": {"item3": 1840.0}}),
        agent(call_id, 3, 8440, "One small latte. Anything with that,", unheard=" or is that all?", heard_ms=1840.0,
              generated_ms=2900.0),
        caller(call_id, 4, 9300, "yes, a brown sugar"),
        agent(call_id, 5, 13000, "With brown sugar. Three euros fifty.", latency_ms=1910.0),
        (call_id, "key", 13500, {"digit": "1"}),
        (call_id, "usage", 13600, {
            "model": "gpt-realtime", "usd": 0.0123, "item": "item5", "text_in": 10, "audio_in": 100, "cached_in": 0,
            "text_out": 10, "audio_out": 100, "seconds": 0.0, "cost_usd": 0.0123, "unpriced": False,
        }),
    ]  # fmt: skip
