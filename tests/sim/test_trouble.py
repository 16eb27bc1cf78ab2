import pytest

from offhook.errors import ConfigError
from offhook.sim.trouble import Frames, Trouble, close_frame, refusal

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
SHORT = b"\x81\x05hello"
LONG = b"\x81\x7e\x01\x00" + b"x" * 256
LONGEST = b"\x81\x7f" + (70_000).to_bytes(8, "big") + b"y" * 70_000
EMPTY = b"\x89\x00"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100, 65536, 10**6])
def test_the_ends_of_frames_are_found_however_the_bytes_come(step):
    stream = HEAD + SHORT + LONG + EMPTY + LONGEST + SHORT
    ends, at = set(), 0
    for part in (HEAD, SHORT, LONG, EMPTY, LONGEST, SHORT):
        at += len(part)
        ends.add(at)
    frames, found = Frames(), set()
    for begin in range(0, len(stream), step):
        piece = stream[begin : begin + step]
        if offset := frames.follow(piece):
            found.add(begin + offset)
        assert frames.between is (begin + len(piece) in ends)
    assert found <= ends and max(found) == len(stream)
    if step == 1:
        assert found == ends


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("none", Trouble()),
        ("reset,after-ms=4000", Trouble(reset=True, after_ms=4000.0)),
        ("stall, ways=up, stall-ms=3000", Trouble(stall=True, ways="up", stall_ms=3000.0)),
        ("status=429,retry-after=3", Trouble(status=429, retry_after="3")),
        ("close=1012,after-bytes=5000", Trouble(close=1012, after_bytes=5000)),
        ("bytes-per-s=2000", Trouble(bytes_per_s=2000.0)),
    ],
)
def test_a_plan_is_read_from_a_line(text, trouble):
    assert Trouble.parse(text) == trouble


@pytest.mark.parametrize(
    "text",
    ["explode", "reset=1", "status=many", "ways=left", "after-ms=-5", "stall-ms=nan", "close", "", "bytes-per-s=0"],
)
def test_a_plan_that_is_none_is_told_in_a_sentence(text):
    with pytest.raises(ConfigError, match=r"\.$"):
        Trouble.parse(text)


def test_a_refusal_is_http_and_a_close_is_a_frame():
    told = refusal(Trouble(status=429, retry_after="3")).decode()
    head, body = told.split("\r\n\r\n")
    assert head.startswith("HTTP/1.1 429 Too Many Requests\r\n") and "Retry-After: 3" in head
    assert f"Content-Length: {len(body)}" in head
    assert close_frame(1012) == b"\x88\x02\x03\xf4"
