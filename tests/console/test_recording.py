"""A call that was recorded: it is played, and what plays is pointed at. The recording is the test's own."""

import io
import math
import re
import wave

import pytest

from tests.console.desk import coffee, end

RATE = 8000


def recording(seconds: int) -> bytes:
    """The caller left in the first half of each second, the agent right in the second."""
    frames = bytearray()
    for n in range(RATE * seconds):
        value = int(8000 * math.sin(n * 2 * math.pi * 440 / RATE)).to_bytes(2, "little", signed=True)
        frames += value + b"\0\0" if n % RATE < RATE // 2 else b"\0\0" + value
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(frames))
    return file.getvalue()


@pytest.fixture
def recorded(page, desk):
    """A page that shows a call with a recording."""

    def with_recording(route):
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"recording": "/api/calls/rec/recording"})

    def part(route):
        whole = recording(14)
        wanted = re.match(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", ""))
        first, last = (int(wanted[1]), int(wanted[2] or len(whole) - 1)) if wanted else (0, len(whole) - 1)
        headers = {"accept-ranges": "bytes", "content-range": f"bytes {first}-{last}/{len(whole)}"}
        route.fulfill(
            status=206 if wanted else 200, headers=headers, content_type="audio/wav", body=whole[first : last + 1]
        )

    desk.write(*coffee("rec"), *end("rec", 14_000))
    page.route("**/api/calls/rec", with_recording)
    page.route("**/api/calls/rec/recording", part)
    page.goto(f"{desk.origin}/calls/rec")
    page.get_by_role("button", name="Play").wait_for()
    return page


def test_space_plays_and_pauses_and_the_line_that_is_heard_is_marked(recorded):
    recorded.keyboard.press("Space")
    recorded.get_by_role("button", name="Pause").wait_for()
    recorded.locator(".row[data-pointed]").wait_for()
    recorded.keyboard.press("Space")
    recorded.get_by_role("button", name="Play").wait_for()


def test_a_word_that_is_pressed_is_heard(recorded):
    recorded.locator(".word", has_text="Three").click()
    recorded.get_by_role("button", name="Pause").wait_for()
    recorded.wait_for_function("() => document.querySelector('audio').currentTime > 11.5")
    assert "Three euros fifty" in recorded.locator(".row[data-pointed]").inner_text()


def test_the_recording_is_drawn(recorded):
    ink = """() => {
        const from = document.querySelector('canvas'), ratio = devicePixelRatio;
        const copy = Object.assign(document.createElement('canvas'), { width: from.width, height: from.height });
        const context = copy.getContext('2d', { willReadFrequently: true });
        context.drawImage(from, 0, 0);
        const lane = context.getImageData(60 * ratio, 4 * ratio, copy.width - 80 * ratio, 12 * ratio).data;
        let dark = 0;
        for (let at = 3; at < lane.length; at += 4) dark += lane[at] > 200 ? 1 : 0;
        return dark > 2000;
    }"""
    recorded.wait_for_function(ink)
