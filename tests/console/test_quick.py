"""How soon the largest screens can be used, on this machine; and that they stay light under the hand."""

import pytest

from tests.console.desk import agent, begin, caller, end

CALLS, TURNS = 10_000, 400
SEEN = """
window.seenAt = 0; window.busyUntil = 0;
new PerformanceObserver(list => list.getEntries().forEach(each => { busyUntil = Math.max(busyUntil, each.startTime + each.duration) }))
  .observe({ type: "longtask", buffered: true });
new MutationObserver(() => { if (!seenAt && document.querySelector(WHAT)) requestAnimationFrame(() => setTimeout(() => { seenAt ||= performance.now() })) })
  .observe(document, { childList: true, subtree: true });
"""
SCROLL = """async () => {
  const box = document.querySelector(".transcript"), took = [];
  for (let step = 0; step < 60; step++) {
    const began = performance.now();
    box.scrollTop = (box.scrollHeight * step) / 60;
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b)[30];
}"""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def full(desk):
    """A desk with years of calls, and one call of twenty minutes."""
    for first in range(0, CALLS, 500):
        told = []
        for number in range(first, first + 500):
            call = f"old{number}"
            told += [
                *begin(call, f"+1628555{number:04}"),
                caller(call, 1, 10, f"latte {number} please"),
                *end(call, 60_000),
            ]
        desk.write(*told)
    words = "We have oat milk, soy milk and the ordinary kind, and all of it is a matter of taste. "
    told = [*begin("long")]
    for turn in range(1, TURNS, 2):
        at = 3000.0 * turn
        told += [
            caller("long", turn, at, "tell me a little more about that"),
            agent("long", turn + 1, at + 2500, words * (turn % 3 + 1)),
        ]
    desk.write(*told, *end("long", 3000.0 * TURNS))
    return desk


@pytest.mark.parametrize(
    ("path", "there"),
    [("/calls/long", ".row"), ("/history", ".found"), ("/history#q=latte%20999", ".match"), ("/", ".entry")],
)
def test_the_largest_screens_can_be_used_within_a_second(browser, full, path, there):
    took = []
    for _ in range(3):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.add_init_script(SEEN.replace("WHAT", repr(there)))
        page.goto(full.origin + path)
        page.wait_for_function("() => window.seenAt > 0")
        page.wait_for_timeout(1000)
        took.append(page.evaluate("Math.max(seenAt, busyUntil)"))
        context.close()
    print(f"{path}: {min(took):.0f} ms at best, {max(took):.0f} at worst")
    assert min(took) < 1000


def test_a_long_talk_scrolls_at_the_pace_of_the_screen(page, full):
    page.goto(full.origin + "/calls/long")
    page.locator(".row").first.wait_for()
    took = page.evaluate(SCROLL)
    print(f"a frame while scrolling: {took:.1f} ms, median")
    assert took < 50
