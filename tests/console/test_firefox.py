"""Every screen, and the browser's phone, in a real Firefox; skipped where there is none."""

import base64
import json
from pathlib import Path

import pytest

from tests.console import firefox
from tests.console.desk import coffee, end
from tests.console.human import COFFEE, recording

INIT = (Path(__file__).parent / "talking.js").read_text()
SCREENS = {
    "/": ".entry", "/calls/done": ".row", "/history": ".found", "/agents": ".profile", "/doctor": ".findings li",
    "/talk": ".talk-button",
}  # fmt: skip

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def fox(browser, tmp_path):
    program = firefox.find()
    if program is None:
        pytest.skip("there is no Firefox: install one, or name it in OFFHOOK_FIREFOX")
    with firefox.Firefox(program, tmp_path) as fox:
        yield fox
    assert fox.problems == []


def test_every_screen_is_there_and_fits(fox, desk):
    desk.write(*coffee("done"), *end("done", 14_000))
    for width in (1440, 390):
        fox.size(width, 800)
        for path, there in SCREENS.items():
            fox.open(desk.origin + path)
            fox.until(f"document.querySelector({json.dumps(there)}) !== null")
            assert fox.ask("document.documentElement.scrollWidth") <= width, path


def test_a_human_voice_is_understood(fox, demo):
    words, sound = recording(COFFEE)
    fox.before(INIT)
    fox.open(f"http://127.0.0.1:{demo}/talk")
    fox.press(".talk-button")
    fox.until("document.querySelector('.talk').dataset.state === 'talking'")
    fox.until("seen.sent.some(each => each.type === 'heard' && each.ms > 1700)")
    fox.ask(f"say({json.dumps(base64.b64encode(sound).decode())}).then(() => true)")
    fox.until(f"document.querySelector('.transcript')?.innerText.includes({json.dumps(words)})")
    fox.press(".talk-button")
    fox.until("document.querySelector('.talk').dataset.state === 'idle'")
    heard = [each for each in fox.ask("seen.sent") if each.get("type") == "heard"]
    assert heard and all(each["ms"] * 24 == pytest.approx(round(each["ms"] * 24), abs=0.01) for each in heard), (
        "reports are whole samples of the call's rate"
    )
