"""People and machines of a telephone book, with their voices."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from offhook.errors import ConfigError
from offhook.sim.answering import callees_of
from offhook.sim.book import parse
from offhook.sim.caller import Caller
from offhook.sim.clock import run
from offhook.sim.machine import Machine
from offhook.sim.orders import Callee
from offhook.sim.stream import StreamPlayback
from offhook.sim.voicing import Voices

if importlib.util.find_spec("espeakng_loader") is None:
    pytest.skip("the voices are not installed: pip install 'offhook[local]'", allow_module_level=True)


def voiced(text: str, folder: Path) -> Callable[[str], Callee]:
    async def main() -> Callable[[str], Callee]:
        async with Voices() as voices:
            return await callees_of(parse(text, "book.yaml"), folder, voices)

    return run(main())


def test_a_person_says_hello_at_once_and_each_call_has_its_own(tmp_path: Path) -> None:
    callee = voiced('callees:\n  "+12025550101": {says: [hello, goodbye], answers: 1s}', tmp_path)("+12025550101")
    assert callee.after_ms == 1000 and 200 < callee.speech_ms < 1500
    first, second = callee.person(0), callee.person(5000)
    assert isinstance(first, Caller) and first is not second
    first.frame(20, StreamPlayback())
    assert len(first.left) == 4  # listens, says good-bye, listens, leaves


def test_a_machine_greets_and_beeps(tmp_path: Path) -> None:
    book = voiced("callees:\n  other: {machine: Please leave a message after the tone., answers: 4s}", tmp_path)
    callee = book("+12025550177")
    assert isinstance(callee.person(0), Machine) and callee.after_ms == 4000
    assert callee.beep_ms is not None and callee.beep_ms > callee.speech_ms > 1500
    assert callee.leaves_ms is not None and callee.leaves_ms > 60_000


def test_a_person_may_follow_a_script(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text("steps:\n  - say now: hello\n  - wait: greeting\n")
    callee = voiced('callees:\n  "+12025550101": {script: order.yaml}', tmp_path)("+12025550101")
    assert callee.speech_ms > 200 and isinstance(callee.person(0), Caller)


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        voiced('callees:\n  "+12025550101": {script: order.yaml}', tmp_path)


def test_whoever_says_nothing_needs_no_voice(tmp_path: Path) -> None:
    book = voiced('callees:\n  "+12025550102": busy\n  other: {answers: 3s}', tmp_path)
    assert book("+12025550102").does == "busy" and book("+12025550103").after_ms == 3000
