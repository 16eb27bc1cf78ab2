"""An hour of a call at sixty times its speed, before a page that is left open."""

import time

import pytest

from tests.console.desk import agent, begin, caller, pulse

MINUTES = 60


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_page_left_open_stays_small_and_quick(page, own_desk):
    devtools = page.context.new_cdp_session(page)

    def size() -> tuple[float, int]:
        devtools.send("HeapProfiler.collectGarbage")
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        return heap, page.evaluate("document.getElementsByTagName('*').length")

    own_desk.write(*begin("c1"), *begin("c2", "+442079460018"))
    page.goto(f"{own_desk.origin}/calls/c1")
    sizes, slowest, turn = {}, 0.0, 0
    for minute in range(MINUTES):
        began = time.monotonic()
        for second in range(0, 60, 6):
            at = 60_000.0 * minute + 1000.0 * second
            turn += 2
            saying = [
                {"turn": turn, "item": f"item{turn}", "text": "I will see to that at once, thank you for calling."}
            ]
            own_desk.write(
                caller("c1", turn - 1, at, f"would you please do the thing that has the number {turn}"),
                *(pulse(each, at + 250.0 * n, caller_db=-30, agent_db=-20, turn="speaking", saying=saying)
                  for n in range(24) for each in ("c1", "c2")),
                ("c1", "tool", at + 10, {"id": f"use{turn}", "name": "do_it", "status": "started", "arguments": "{}"}),
                ("c1", "tool", at + 40, {"id": f"use{turn}", "name": "do_it", "status": "finished", "output": "1",
                                         "took_ms": 30.0}),
                agent("c1", turn, at + 5000, "I will see to that at once, thank you for calling."),
            )  # fmt: skip
        page.locator(".row", has_text=f"number {turn}").first.wait_for()
        asked = time.monotonic()
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        slowest = max(slowest, time.monotonic() - asked)
        if minute in (4, 29, 59):
            sizes[minute + 1] = size()
        page.wait_for_timeout(max(0.0, 1000.0 - 1000.0 * (time.monotonic() - began)))
    told = ", ".join(
        f"after {minute} min {heap:.1f} MB and {nodes} elements" for minute, (heap, nodes) in sizes.items()
    )
    print(f"\n{told}; the slowest frame came after {1000 * slowest:.0f} ms")
    assert sizes[60][0] - sizes[5][0] < 12, "what an hour adds is its text and its levels"
    assert sizes[60][1] < 1500
    assert slowest < 1.0
