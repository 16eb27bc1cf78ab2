"""The wire between a process and its worker."""

import subprocess
import sys

import pytest

from offhook.speech.engines.messages import DONE, FAILED, HEAD_BYTES, pack, unpack_head
from tests.speech.engines.odd_worker import DIE, ECHO, PRINT, REFUSE


def _converse(*messages: bytes) -> tuple[list[tuple[int, int, int, bytes]], int]:
    """Runs the odd worker over messages: its answers as (stream, serial, kind, body), and its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.speech.engines.odd_worker"],
        input=b"".join(messages),
        capture_output=True,
        check=False,
    )
    answers, rest = [], done.stdout
    while rest:
        length, stream, serial, kind = unpack_head(rest[:HEAD_BYTES])
        answers.append((stream, serial, kind, rest[HEAD_BYTES : HEAD_BYTES + length]))
        rest = rest[HEAD_BYTES + length :]
    return answers, done.returncode


def test_a_head_survives_packing() -> None:
    assert unpack_head(pack(7, 4_000_000_000, 3, b"body")[:HEAD_BYTES]) == (4, 7, 4_000_000_000, 3)


def test_requests_are_answered_in_order_and_posts_are_not() -> None:
    answers, status = _converse(pack(1, 5, ECHO, b"a"), pack(2, 0, ECHO, b"b"), pack(3, 6, ECHO, b"c"))
    assert answers == [(1, 5, DONE, b"1:a"), (3, 6, DONE, b"3:c")]
    assert status == 0


def test_a_refusal_is_an_answer_and_the_worker_goes_on() -> None:
    answers, _ = _converse(pack(1, 1, REFUSE, b""), pack(1, 2, ECHO, b"x"))
    assert answers == [(1, 1, FAILED, b"not today"), (1, 2, DONE, b"1:x")]


def test_what_a_library_prints_does_not_reach_the_pipe() -> None:
    answers, _ = _converse(pack(1, 1, PRINT, b"x"))
    assert answers == [(1, 1, DONE, b"1:x")]


@pytest.mark.parametrize("cut", [3, HEAD_BYTES, HEAD_BYTES + 2])
def test_the_worker_ends_when_the_pipe_does_even_within_a_message(cut: int) -> None:
    assert _converse(pack(1, 1, ECHO, b"long")[:cut]) == ([], 0)


def test_a_death_answers_nothing() -> None:
    assert _converse(pack(1, 1, DIE, b""), pack(1, 2, ECHO, b"")) == ([], 3)
