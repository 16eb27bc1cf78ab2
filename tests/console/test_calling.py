"""Calls that are placed from the page, to the demo's own telephones: watched, stepped into, ended."""

import re

import pytest

pytestmark = pytest.mark.timeout(90)
LATTE, BUSY, MACHINE = "+1 202 555 0101", "+1 202 555 0102", "+1 202 555 0104"


def dial(page, demo: int, number: str, *, detects: bool = False) -> None:
    page.goto(f"http://127.0.0.1:{demo}/")
    page.get_by_role("banner").get_by_role("button", name="Call…").click()
    dialog = page.get_by_role("dialog", name="Call")
    dialog.get_by_role("button", name=number).click()
    if detects:
        dialog.get_by_label("Find out whether a machine answers").check()
    dialog.get_by_role("button", name="Call", exact=True).click()
    page.wait_for_url(re.compile("/calls/"))


def test_whom_one_calls_in_the_demo_is_watched_and_stepped_into(page, demo):
    page.set_default_timeout(30_000)
    dial(page, demo, LATTE)
    page.locator(".standing", has_text="live").wait_for()
    page.get_by_role("button", name="Listen").click()
    page.get_by_role("button", name="● Listening").wait_for()
    page.locator(".row.caller", has_text="large latte with oat milk").wait_for()
    page.locator(".row.tool", has_text="add_to_order").wait_for()
    page.locator(".row.agent del").first.wait_for()  # the change cuts into the answer
    page.locator(".figures", has_text="1 interruption").wait_for()

    page.get_by_role("button", name="Say…").click()
    page.get_by_label("What the agent says").fill("One moment please.")
    page.keyboard.press("Enter")
    page.locator(".row.agent", has_text="One moment please.").wait_for()
    page.keyboard.press("i")
    page.locator(".told").get_by_text(re.compile("Interrupted|was not speaking")).wait_for()
    page.keyboard.press("h")
    page.get_by_role("dialog").get_by_role("button", name="Hang up", exact=True).click()
    page.locator(".standing", has_text="completed").wait_for()
    page.get_by_text("An operator ended the call.").wait_for()
    assert page.get_by_role("button", name="Interrupt").count() == 0


def test_a_busy_line_is_told_with_the_reason(page, demo):
    dial(page, demo, BUSY)
    page.locator(".standing", has_text="busy").wait_for()
    page.get_by_text("Nothing was said in this call.").wait_for()


def test_a_machine_is_found_out_where_that_is_asked_for(page, demo):
    dial(page, demo, MACHINE, detects=True)
    page.locator(".row", has_text="An answering machine answered.").wait_for()
    page.locator(".standing", has_text="a machine answered").wait_for()


def test_the_demo_calls_nobody_else(page, demo):
    page.goto(f"http://127.0.0.1:{demo}/")
    page.get_by_role("banner").get_by_role("button", name="Call…").click()
    dialog = page.get_by_role("dialog", name="Call")
    dialog.get_by_label("Number").fill("+12125550123")
    dialog.get_by_text("The demo calls nobody outside this machine").wait_for()
    assert dialog.get_by_role("button", name="Call", exact=True).is_disabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out_of_what_only_the_demo_has(page, demo, axe, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"http://127.0.0.1:{demo}/")
    page.get_by_role("heading", level=1).first.wait_for()
    page.evaluate(axe)
    check = "axe.run(document, { resultTypes: ['violations'] })"
    screen = page.evaluate(check)
    page.get_by_role("banner").get_by_role("button", name="Call…").click()
    page.get_by_role("group", name="Simulated telephones").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name=LATTE, pressed=True).wait_for()
    dialog = page.evaluate(check)
    found = [*screen["violations"], *dialog["violations"]]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []
