"""How exact the heard position is, over seeded links: the table of docs/heard.md.

    python -m bench.heard [CALLS]

Each row is CALLS calls (150) of six barge-ins into one to three items; errors in ms against the simulated carrier's log.
"""

import sys
from statistics import mean

from tests.core.test_heard import LINKS
from tests.heard import barge_ins

from offhook.sim.network import Link

PACES = {
    "ahead": {"speed": 5.0, "delta": 200.0},
    "real time": {"speed": 1.0, "delta": 20.0},
    "underruns": {"speed": 0.8, "delta": 100.0, "pauses": True},
}
CONSTANT = {f"constant {ms} ms": lambda _seed, ms=ms: (Link(ms), Link(ms)) for ms in (0, 80, 300)}


def row(title: str, pace: str, calls: int) -> str:
    """One line of the table."""
    errors, clock, over = [], [], 0
    for seed in range(calls):
        up, down = (CONSTANT | LINKS)[title](seed)
        for cut in barge_ins(up, down, seed=seed, **PACES[pace]).cuts:
            if cut.true_ms or cut.told_ms:
                errors.append(abs(cut.error_ms))
                clock.append(abs(cut.clock_ms - cut.true_ms))
                over += abs(cut.error_ms) > cut.bound_ms
    errors.sort()
    p50, p99 = errors[len(errors) // 2], errors[int(0.99 * len(errors))]
    return f"| {title} | {pace} | {len(errors)} | {p50:.1f} | {p99:.1f} | {mean(errors):.1f} | {mean(clock):.1f} | {over} |"


def main() -> None:
    """Prints the table, row by row."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    print("| link | model | cuts | p50 | p99 | mean | mean of the write clock alone | over the bound |")
    print("|---|---|---|---|---|---|---|---|")
    for title in CONSTANT | LINKS:
        for pace in PACES:
            print(row(title, pace, calls), flush=True)


if __name__ == "__main__":
    main()
