"""Calls watched as they happen, in a real browser."""

import re

from tests.console.desk import agent, begin, caller, coffee, end, pulse


def lines(page) -> list[str]:
    return [re.sub(r"\s+", " ", each).strip() for each in page.locator(".row .what").all_inner_texts()]


def said(page, text: str) -> None:
    page.locator(".row", has_text=text).first.wait_for()


def test_a_call_grows_on_the_page_as_it_happens(page, own_desk):
    desk = own_desk
    page.goto(desk.origin)
    page.get_by_role("heading", name="No calls yet").wait_for()
    assert "sim call --url" in page.locator(".command pre").inner_text()

    desk.write(*begin("c1"))
    page.get_by_role("heading", name="+1 415 555 0102").wait_for()
    page.wait_for_function("() => document.title === '(1) offhook'")
    assert page.locator("link[rel=icon]").get_attribute("href").startswith("data:image/svg+xml")

    desk.write(agent("c1", 1, 3000, "Good morning.", latency_ms=None), caller("c1", 2, 5000, "a latte please"))
    said(page, "a latte please")
    saying = [{"turn": 3, "item": "item3", "text": "One latte. Anything else?"}]
    desk.write(("c1", "latency", 5600, {"item": "item3", "latency_ms": 540.0}))
    desk.write(pulse("c1", 5700, agent_db=-20, turn="speaking", saying=saying))
    page.locator(".row.agent", has_text="One latte. Anything else?").locator(".saying").wait_for()

    cut = {"heard_ms": 840.0, "generated_ms": 2000.0, "unheard": " Anything else?"}
    desk.write(("c1", "barge_in", 6400, {"heard_ms": 840.0, "items": {}}), agent("c1", 3, 6400, "One latte.", **cut))
    page.locator(".row.agent del", has_text="Anything else?").wait_for()
    assert lines(page)[2] == "One latte. Anything else? ⟂ cut off after 840 ms"
    assert page.locator(".saying").count() == 0
    assert page.locator(".wait", has_text="540 ms").count() == 1
    assert "1 interruption" in page.locator(".figures").inner_text()

    desk.write(*end("c1", 7000))
    page.locator(".standing", has_text="completed · caller hung up").wait_for()
    page.locator(".entry", has_text="completed").wait_for()
    page.wait_for_function("() => document.title === 'offhook'")
    assert page.get_by_role("button", name="Interrupt").count() == 0


def test_a_server_that_is_killed_and_comes_back_leaves_no_gap_and_no_double(page, own_desk):
    desk = own_desk
    desk.write(*coffee("c1"))
    page.goto(f"{desk.origin}/calls/c1")
    said(page, "Three euros fifty")
    before = lines(page)
    desk.kill()
    page.get_by_text("The server is away. This page comes back").wait_for()
    desk.start()
    desk.write(caller("c1", 10, 20_000, "are you there"))
    desk.write(agent("c1", 11, 22_000, "I am, and I know what you ordered."))
    said(page, "I know what you ordered")
    assert lines(page) == [*before, "are you there", "I am, and I know what you ordered."]
    page.get_by_text("The server is away.").wait_for(state="hidden")
    page.problems = [each for each in page.problems if "ERR_CONNECTION_REFUSED" not in each and "WebSocket" not in each]


def test_several_calls_are_walked_through_with_the_keyboard(page, desk):
    for number in range(3):
        desk.write(*begin(f"k{number}", f"+1415555010{number}", at=number))
    page.goto(desk.origin)
    page.locator(".entry").nth(2).wait_for()
    order = page.locator(".entry").evaluate_all("entries => entries.map(entry => entry.getAttribute('href'))")
    first = order.index(page.locator(".entry[aria-current]").get_attribute("href"))
    page.keyboard.press("j")
    page.wait_for_url(f"**{order[first + 1]}")
    page.keyboard.press("j")
    page.wait_for_url(f"**{order[first + 2]}")
    page.keyboard.press("k")
    page.wait_for_url(f"**{order[first + 1]}")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="hidden")
    page.keyboard.press("/")
    page.get_by_role("searchbox", name="Search calls").wait_for()
    page.keyboard.type("n j t")  # typed, not acted on
    assert page.get_by_role("searchbox").input_value() == "n j t"


def test_hanging_up_asks_first_and_what_is_refused_is_said(page, desk):
    desk.write(*begin("h1"))
    page.goto(f"{desk.origin}/calls/h1")
    page.get_by_role("button", name="Interrupt").wait_for()
    page.keyboard.press("h")
    asked = page.get_by_role("dialog", name=re.compile("Hang up on"))
    asked.wait_for()
    asked.get_by_role("button", name="Keep talking").click()
    asked.wait_for(state="hidden")
    page.keyboard.press("i")
    told = page.locator(".told")
    page.wait_for_function("() => !['', 'Interrupting …'].includes(document.querySelector('.told').textContent)")
    assert told.inner_text().endswith(".") and "{" not in told.inner_text()
    page.problems = [each for each in page.problems if "Failed to load resource" not in each]


def test_a_reader_further_up_is_told_of_what_is_new_and_not_moved(page, desk):
    desk.write(*begin("r1"), *(caller("r1", n, 1000.0 * n, f"turn {n} " + "word " * 30) for n in range(1, 60)))
    page.goto(f"{desk.origin}/calls/r1")
    said(page, "turn 59")
    transcript = page.get_by_role("log", name="Transcript")
    transcript.evaluate("box => box.scrollTop = 200")
    page.locator(".row", has_text="turn 3 word").wait_for()
    top = transcript.evaluate("box => box.scrollTop")
    desk.write(caller("r1", 60, 60_000, "turn 60"), caller("r1", 61, 61_000, "turn 61"))
    page.get_by_role("button", name="2 new ↓").click()
    said(page, "turn 61")
    assert top < transcript.evaluate("box => box.scrollTop")
    assert page.locator(".row").count() < 60, "rows that are not seen are not there"


def test_a_link_to_a_second_of_a_call_shows_that_second(page, desk):
    desk.write(
        *begin("l1"),
        *(caller("l1", n, 1000.0 * n, f"turn {n} " + "word " * 30) for n in range(1, 80)),
        *end("l1", 80_000),
    )
    page.goto(f"{desk.origin}/calls/l1#t=40.0")
    page.locator(".row", has_text="turn 40 ").wait_for()
    shown = page.locator(".row", has_text="turn 40 ").evaluate(
        "row => { const box = row.closest('.transcript').getBoundingClientRect(), at = row.getBoundingClientRect();"
        " return at.top >= box.top && at.bottom <= box.bottom }"
    )
    assert shown


def test_pointing_at_a_moment_points_at_it_everywhere(page, desk):
    desk.write(*coffee("p1"), *end("p1", 14_000))
    page.goto(f"{desk.origin}/calls/p1")
    said(page, "Three euros fifty")
    picture = page.get_by_role("img", name=re.compile("Timeline"))
    box = picture.bounding_box()
    left, right = box["x"] + 56, box["x"] + box["width"] - 12
    page.mouse.move(left + (right - left) * 6.3 / 20, box["y"] + 20)  # 6.3 s of the 20 s that are shown at least
    page.locator(".row[data-pointed]").wait_for()
    assert "add_to_order" in page.locator(".row[data-pointed]").inner_text()
