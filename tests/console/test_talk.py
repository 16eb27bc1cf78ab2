"""The browser's phone, from end to end: a real Chromium talks to the demo, with a synthetic voice as its microphone."""

import asyncio
import base64
import contextlib
import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest

from offhook.audio import g711, wav
from offhook.audio.resample import resample
from offhook.speech.engines.espeak import EspeakSynthesizer
from tests.chromium import find
from tests.console.human import COFFEE, OTHER, recording
from tests.console.road import Road
from tests.polling import wait_for

ROOT = Path(__file__).parents[2]
INIT = (Path(__file__).parent / "talking.js").read_text()
FLAGS = [
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
RATE = 24_000
FADE = 64
ORDER, CHANGE = "can i get a large latte with oat milk", "make it a small one please"

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def voices():
    """What the caller says, as WAV files of 48 kHz."""

    async def speak():
        synthesizer = EspeakSynthesizer("en-us")
        await synthesizer.start()
        try:
            return {words: (await synthesizer.speak(words)).audio for words in (ORDER, CHANGE, "yes", "goodbye")}
        finally:
            await synthesizer.close()

    with ThreadPoolExecutor(1) as aside:  # the browser's driver has a loop in this thread
        spoken = aside.submit(asyncio.run, speak()).result()
    return {words: resample(g711.decode(audio), 8000, 48_000) for words, audio in spoken.items()}


@pytest.fixture(scope="module")
def chromium(browser):
    """Starts another Chromium: what its microphone hears is said at its start."""
    found = find()

    @contextlib.contextmanager
    def start(*flags):
        running = browser.browser_type.launch(
            executable_path=found.path, env=os.environ | found.env, chromium_sandbox=os.geteuid() != 0,
            args=[*FLAGS, *flags],
        )  # fmt: skip
        try:
            yield running
        finally:
            running.close()

    return start


@contextlib.contextmanager
def talk_page(chromium, port, *flags, script=INIT, before="", strict=True, **options):
    """The Talk screen; fails for an error in its console."""
    with chromium(*flags) as it:
        page = it.new_context(permissions=["microphone"], **options).new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        page.add_init_script(before + "\n" + script)
        page.goto(f"http://127.0.0.1:{port}/talk")
        page.set_default_timeout(20_000)
        yield page
        if strict:
            assert not errors


def state(page, wanted):
    page.wait_for_selector(f'.talk[data-state="{wanted}"]')


def file(audio):
    """A WAV file of these samples."""
    made = BytesIO()
    wav.write_wav(made, audio, 48_000)
    return made.getvalue()


def say(page, audio):
    page.evaluate("say", base64.b64encode(file(audio)).decode())


def said(page, text):
    """Waits until the transcript has these words."""
    until(page, f"document.querySelector('.transcript')?.innerText.toLowerCase().includes({json.dumps(text)})")


def until(page, expression, seconds=20.0):
    """Waits until a JavaScript expression holds. The driver's own way needs eval, which the page's policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        shown = page.evaluate("document.querySelector('.transcript')?.innerText")
        assert time.monotonic() < deadline, f"not in {seconds} s: {expression}; what was said: {shown}"
        page.wait_for_timeout(20)


def sent(page, kind):
    return [each for each in page.evaluate("seen.sent") if each.get("type") == kind]


def call_of(port, page):
    call_id = page.evaluate("performance.getEntriesByType('resource').map(e => e.name).join(' ')")
    found = re.search(r"/api/calls/([0-9a-f]{16})", call_id)
    return httpx.get(f"http://127.0.0.1:{port}/api/calls/{found[1]}").json()


def test_a_coffee_is_ordered_the_read_back_interrupted_and_every_sample_counted(chromium, demo, voices):
    with talk_page(chromium, demo, before="window.tapSpeaker = true;", bypass_csp=True) as page:
        page.locator(".talk-button").click()
        state(page, "talking")
        until(page, "Object.keys(seen.items).length > 0 && seen.sent.some(m => m.type === 'heard')")
        page.wait_for_timeout(1700)  # the first words of a greeting are not interrupted
        say(page, voices[ORDER])
        said(page, "large latte with oat milk")
        until(page, "seen.sent.filter(m => m.got === 'item').length > 1")
        page.wait_for_timeout(900)
        say(page, voices[CHANGE])
        said(page, "small")
        until(page, "seen.sent.filter(m => m.type === 'cleared').length > 1")
        said(page, "small latte with oat milk")
        page.wait_for_selector(".transcript del")
        page.locator(".talk-button").click()
        state(page, "idle")
        cleared = sent(page, "cleared")
        wait_for(lambda: call_of(demo, page)["result"] == "completed")
        turns = {turn["item"]: turn for turn in call_of(demo, page)["turns"] if turn["item"]}
        spoken = np.frombuffer(base64.b64decode(page.evaluate("speaker()")), np.float32)
        items = {
            item: np.frombuffer(b"".join(map(base64.b64decode, parts)), "<i2") / np.float32(32768)
            for item, parts in page.evaluate("seen.items").items()
        }
    cuts = [each for each in cleared if each["item"] in turns and turns[each["item"]]["unheard"]]
    assert cuts, "somebody was interrupted"
    for cut in cuts:
        assert turns[cut["item"]]["heard_ms"] == round(cut["ms"], 1), "what is kept is what the page told"
        told = round(cut["ms"] * RATE / 1000)
        came = heard(items[cut["item"]], spoken)
        assert np.array_equal(came[: told - FADE], items[cut["item"]][: told - FADE]), "that came out of the speaker"
        assert np.abs(came[told - FADE : told]).max() > 0 or not items[cut["item"]][told - FADE : told].any(), "faded"
        assert not came[told : told + 480].any(), "and not a sample more"


def heard(item, spoken):
    """What came out of the speaker from an item's first sample on."""
    first = np.flatnonzero(np.abs(item) > 0.02)[0]
    key = item[first : first + 200]
    for start in np.flatnonzero(spoken[: -len(key)] == key[0]):
        if np.array_equal(spoken[start : start + len(key)], key):
            return spoken[start - first :]
    raise AssertionError("the item was never heard")


def test_the_browsers_own_microphone_is_understood_under_the_pages_own_policy(chromium, demo, voices, tmp_path):
    silence = bytes(2 * 48_000)
    microphone = tmp_path / "mic.wav"
    microphone.write_bytes(file(3 * silence + voices[ORDER] + 40 * silence))
    script = "window.useFakeMicrophone = false;"
    with talk_page(
        chromium,
        demo,
        f"--use-file-for-fake-audio-capture={microphone}",
        before=script,
        viewport={"width": 390, "height": 844},
    ) as page:
        page.locator(".talk-button").click()
        state(page, "talking")
        said(page, "large latte with oat milk")
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, "it fits a small screen"
        meters = page.evaluate("[...document.querySelectorAll('.talk-meter')].length")
        assert meters == 2
        page.locator(".talk-button").click()
        state(page, "idle")


def test_a_network_that_is_gone_for_five_seconds_costs_no_call(chromium, demo, voices):
    road = Road(demo)
    try:
        with talk_page(chromium, road.port, strict=False) as page:
            page.locator(".talk-button").click()
            state(page, "talking")
            until(page, "seen.sent.some(m => m.type === 'heard' && m.ms > 900)")
            road.cut()
            state(page, "away")
            page.wait_for_timeout(5000)
            road.mend()
            state(page, "talking")
            back = page.evaluate("seen.sent.filter(m => m.type === 'resume').at(-1)")
            again = page.evaluate("seen.sent.filter(m => m.got === 'item').at(-1)")
            assert back["item"] == again["item"] and 0 < again["ms"] <= back["ms"], (
                "it goes on at the word it stopped in"
            )
            say(page, voices[ORDER])
            said(page, "large latte with oat milk")
            page.locator(".talk-button").click()
            state(page, "idle")
            wait_for(lambda: call_of(demo, page)["result"] == "completed")
            assert len(call_of(demo, page)["streams"]) == 2
    finally:
        road.close()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NotAllowedError", "does not let this page use the microphone"),
        ("NotFoundError", "There is no microphone"),
        ("NotReadableError", "cannot be used"),
    ],
)
def test_what_is_wrong_with_the_microphone_is_said(chromium, demo, error, sentence):
    with talk_page(chromium, demo, before=f"window.refuse = '{error}';") as page:
        page.locator(".talk-button").click()
        page.get_by_role("alert").get_by_text(sentence).wait_for()
        state(page, "idle")
        assert httpx.get(f"http://127.0.0.1:{demo}/api/status").json()["calls"] == 0


def test_a_microphone_that_is_unplugged_costs_no_call_and_keys_and_mute_work(chromium, demo):
    with talk_page(chromium, demo) as page:
        page.locator(".talk-button").click()
        state(page, "talking")
        page.evaluate("unplug()")
        page.get_by_role("alert").get_by_text("The microphone is gone").wait_for()
        page.get_by_role("button", name="Keypad").click()
        page.get_by_role("group", name="Keypad").get_by_role("button", name="0", exact=True).click()
        page.keyboard.press("m")
        page.get_by_role("button", name="Unmute").wait_for()
        assert sent(page, "dtmf") == [{"type": "dtmf", "digit": "0"}]
        page.locator(".talk-button").click()
        state(page, "idle")


def test_a_closed_tab_hangs_up(chromium, demo):
    with talk_page(chromium, demo) as page:
        page.locator(".talk-button").click()
        state(page, "talking")
        page.close()
        wait_for(lambda: httpx.get(f"http://127.0.0.1:{demo}/api/status").json()["calls"] == 0)


def test_a_browser_that_refuses_the_rate_gets_its_own(chromium, demo, voices):
    """As Firefox does it: a context of another rate than the microphone's cannot take it."""
    refuses = """
    const make = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
      if (this.sampleRate === 24000) throw new DOMException("rates differ", "NotSupportedError");
      seen.rate = this.sampleRate;
      return make.call(this, stream);
    };"""
    with talk_page(chromium, demo, script=INIT + refuses) as page:
        page.locator(".talk-button").click()
        state(page, "talking")
        until(page, "seen.sent.some(m => m.type === 'heard' && m.ms > 1600)")
        assert page.evaluate("seen.rate") != RATE
        say(page, voices[ORDER])
        said(page, "large latte with oat milk")
        page.locator(".talk-button").click()
        state(page, "idle")


def test_no_time_is_wasted_between_the_press_and_the_greeting(chromium, demo):
    with talk_page(chromium, demo) as page:
        began = time.monotonic()
        page.locator(".talk-button").click()
        until(page, "seen.sent.some(m => m.got === 'item')")
        assert time.monotonic() - began < 5.0


def test_a_person_orders_and_interrupts_the_read_back(chromium, demo):
    ordered, order = recording(COFFEE)
    other, change = recording(OTHER)
    with talk_page(chromium, demo) as page:
        page.locator(".talk-button").click()
        state(page, "talking")
        until(page, "seen.sent.some(m => m.type === 'heard' && m.ms > 1700)")
        page.evaluate("say", base64.b64encode(order).decode())
        said(page, ordered)
        answers = page.evaluate("seen.sent.filter(m => m.got === 'item').length")
        until(
            page, f"document.querySelector('.row.tool') && seen.sent.filter(m => m.got === 'item').length >= {answers}"
        )
        until(page, "document.querySelector('.row.agent .saying') !== null")
        page.wait_for_timeout(700)
        page.evaluate("say", base64.b64encode(change).decode())
        said(page, other)
        page.locator(".transcript del").first.wait_for()
        page.locator(".talk-button").click()
        state(page, "idle")
        wait_for(lambda: call_of(demo, page)["result"] == "completed")
        turns = call_of(demo, page)["turns"]
        told = {each["item"]: each["ms"] for each in sent(page, "cleared") if each["item"]}
        cut = [turn for turn in turns if turn["unheard"] and turn["item"] in told]
        assert cut and all(turn["heard_ms"] == round(told[turn["item"]], 1) for turn in cut)
