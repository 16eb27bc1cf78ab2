"""Every screen in a real browser: what it shows, how it answers, and that nobody is kept out; both themes."""

import re

import httpx
import pytest

from tests.console.desk import Desk, begin, caller, coffee, end

SCREENS = {
    "live": ("/", "#root .entry"),
    "call": ("/calls/done", ".row"),
    "history": ("/history", ".found"),
    "agents": ("/agents", ".profile"),
    "doctor": ("/doctor", ".findings li"),
    "talk": ("/talk", "main h1"),
}


@pytest.fixture(scope="module")
def desk(desk):
    desk.write(*coffee("on", "+442079460018"))
    desk.write(*coffee("done"), *end("done", 14_000))
    desk.write(*begin("failed", "+493055501180"), *end("failed", 900, "failed"))
    for number in range(130):
        desk.write(*begin(f"old{number}", f"+16285550{number:03}"), caller(f"old{number}", 1, 10, f"good bye {number}"),
                   *end(f"old{number}", 60_000))  # fmt: skip
    return desk


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SCREENS)
def test_nobody_is_kept_out(page, desk, axe, name, scheme):
    path, there = SCREENS[name]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(desk.origin + path)
    page.locator(there).first.wait_for()
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == scheme
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]] == []


@pytest.mark.parametrize("dialog", ["call", "keys", "hang up", "sign in"])
def test_nobody_is_kept_out_of_a_dialog(page, desk, axe, dialog, tmp_path):
    if dialog == "sign in":
        with Desk(tmp_path, token="t0ken") as guarded:
            page.goto(guarded.origin)
            page.get_by_label("Operator's token", exact=True).wait_for()
            page.evaluate(axe)
            found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        page.problems = [each for each in page.problems if "401" not in each]
    else:
        page.goto(f"{desk.origin}/calls/on")
        page.get_by_role("button", name="Interrupt").wait_for()
        page.keyboard.press({"call": "n", "keys": "?", "hang up": "h"}[dialog])
        page.get_by_role("dialog").wait_for()
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]] == []


@pytest.mark.parametrize("width", [390, 1024, 1440])
@pytest.mark.parametrize("name", SCREENS)
def test_nothing_is_wider_than_the_screen(page, desk, name, width):
    path, there = SCREENS[name]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(desk.origin + path)
    page.locator(there).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_history_finds_what_was_said_and_shows_the_sentence(page, desk):
    page.goto(desk.origin + "/history")
    page.get_by_text("133 calls").wait_for()
    assert page.locator(".found").count() < 60, "rows that are not seen are not there"
    page.get_by_role("searchbox").fill("brown sug")
    page.locator(".match mark", has_text="brown").first.wait_for()
    page.get_by_text("2 calls").wait_for()
    assert page.url.endswith("/history#q=brown%20sug")
    assert "q=brown+sug" in page.get_by_role("link", name="Export CSV").get_attribute("href")
    page.get_by_role("searchbox").fill("outcome:failed")
    page.get_by_text("1 call", exact=True).wait_for()
    page.get_by_role("searchbox").fill("outcome:odd")
    page.get_by_text("try outcome:completed").wait_for()
    page.get_by_role("searchbox").fill("nobody said this")
    page.get_by_text("No call is like that.").wait_for()
    page.get_by_role("button", name="Show all calls").click()
    page.get_by_text("133 calls").wait_for()
    page.locator(".found").nth(3).click()
    page.wait_for_url(re.compile("/calls/"))
    page.go_back()
    page.get_by_text("133 calls").wait_for()


def test_history_goes_on_as_one_reads(page, desk):
    page.goto(desk.origin + "/history")
    page.get_by_text("133 calls").wait_for()
    scroll = page.locator(".history .scroll")
    scroll.evaluate("box => box.scrollTop = box.scrollHeight")
    page.wait_for_function("() => document.querySelector('.history .scroll > div').offsetHeight > 130 * 30")
    # Rows are as high as they turn out to be: the end is reached by going on.
    page.wait_for_function(
        "() => { const box = document.querySelector('.history .scroll'); box.scrollTop = box.scrollHeight;"
        " return [...document.querySelectorAll('.found')].some(row => row.textContent.includes('+1 415 555 0102')) }"
    )


def test_a_number_is_understood_while_it_is_typed(page, desk):
    page.goto(desk.origin)
    page.get_by_role("banner").get_by_role("button", name="Call…").click()
    dialog = page.get_by_role("dialog", name="Call")
    call = dialog.get_by_role("button", name="Call", exact=True)
    number = dialog.get_by_label("Number")
    number.fill("020 7946")
    dialog.get_by_text("Begin with +").wait_for()
    assert call.is_disabled()
    number.fill("+44 20 7946 0018")
    dialog.get_by_text("🇬🇧 United Kingdom · +44 207 946 0018").wait_for()
    assert call.is_enabled()


def test_the_doctor_says_what_to_mend_first(page, desk):
    page.goto(desk.origin + "/doctor")
    page.get_by_text("1 of 4 to mend, PORT first.").wait_for()
    with page.expect_response(lambda answer: answer.url.endswith("/api/doctor?online=true")):
        page.get_by_role("button", name="Look outside too").click()


def test_agents_show_their_tools_with_what_these_take(page, desk):
    page.goto(desk.origin + "/agents")
    page.get_by_text("shop.py").wait_for()
    page.get_by_text("opening_hours").click()
    page.get_by_role("cell", name=re.compile("a weekday")).first.wait_for()


def test_an_operator_signs_in_once_and_the_token_is_in_no_url(page, tmp_path, browser):
    with Desk(tmp_path, token="t0ken") as desk:
        page.goto(desk.origin + "/doctor")
        field = page.get_by_label("Operator's token", exact=True)
        field.fill("wrong")
        field.press("Enter")
        page.get_by_text("That is not the operator's token.").wait_for()
        field.fill("t0ken")
        field.press("Enter")
        page.get_by_text("1 of 4 to mend").wait_for()
        page.reload()
        page.get_by_text("1 of 4 to mend").wait_for()
        assert "t0ken" not in page.url and page.evaluate("document.cookie") == ""
        foreign = httpx.post(desk.origin + "/api/session", headers={"origin": "http://evil.example"})
        assert foreign.status_code == 403
    page.problems = [each for each in page.problems if "401" not in each]


def test_a_theme_that_was_chosen_stays(page, desk):
    page.emulate_media(color_scheme="light")
    page.goto(desk.origin)
    page.get_by_role("button", name="Change to the dark theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"
    page.get_by_role("button", name="Change to the light theme").wait_for()


def test_a_printed_call_is_its_whole_transcript(page, desk):
    desk.write(*begin("long"), *(caller("long", n, 1000.0 * n, f"turn {n}") for n in range(1, 120)), *end("long", 1e6))
    page.goto(desk.origin + "/calls/long")
    page.locator(".row").first.wait_for()
    assert page.locator(".row").count() < 100
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".row").count() == 119
    assert not page.locator(".top").is_visible() and not page.locator(".timeline").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".row").count() < 100


def test_a_call_that_is_none_is_told(page, desk):
    page.goto(desk.origin + "/calls/nowhere")
    page.get_by_text("There is no such call.").wait_for()
    page.problems = [each for each in page.problems if "404" not in each]


def test_the_first_load_is_small_and_quick(page, desk):
    sizes = {}
    page.on("response", lambda answer: sizes.update({answer.url: int(answer.headers.get("content-length", 0))}))
    page.goto(desk.origin)
    page.locator(".entry").first.wait_for()
    assets = {url: size for url, size in sizes.items() if "/assets/" in url}
    assert assets and sum(sizes.values()) < 300_000, sizes
    page.reload()  # nothing of it is fetched again
    page.locator(".entry").first.wait_for()
    again = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.includes('/assets/')).map(e => e.transferSize)"
    )
    assert again and set(again) == {0}
