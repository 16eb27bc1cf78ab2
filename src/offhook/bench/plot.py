"""Draws what was measured as plain SVG: the cost of each bridge, and the delay over the number of calls. Pure."""

import math
from collections.abc import Sequence
from html import escape

from offhook.bench.measured import Run, Spread, median

WIDTH, HEIGHT = 860, 360
_PANEL = 360  # width of one of the two drawings
_TOP, _BOTTOM, _LEFT = 50, 60, 55
_COLOURS = ("#2f6f9f", "#c1692b", "#3d8a52", "#7a5195")


def svg(runs: Sequence[Run], titles: dict[str, str]) -> str:
    """Both drawings. `runs` may hold several numbers of calls; `titles` names each bridge and gives their order."""
    body = _costs(runs, titles) + _delays(runs, titles)
    style = "text{font:12px sans-serif;fill:#222}.axis{stroke:#888;fill:none}.head{font-weight:bold}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">\n'
        f'<style>{style}</style>\n<rect width="100%" height="100%" fill="white"/>\n{body}</svg>\n'
    )


def _costs(runs: Sequence[Run], titles: dict[str, str]) -> str:
    calls = min((run.calls for run in runs), default=0)
    costs = {
        name: median([run.cost_ms for run in runs if run.bridge == name and run.calls == calls and not run.rejected])
        for name in titles
    }
    most = max((cost for cost in costs.values() if not math.isnan(cost)), default=1.0)
    step = _PANEL / max(1, len(titles))
    floor = HEIGHT - _BOTTOM
    parts = [
        _text(_LEFT, 25, f"CPU ms per call-second, {calls} calls", "head"),
        _line([(_LEFT, floor), (_LEFT + _PANEL - 40, floor)], "axis"),
    ]
    for at, (name, cost) in enumerate(costs.items()):
        left = _LEFT + at * step
        parts.append(_text(left, floor + 18, titles[name]))
        if not math.isnan(cost):
            height = (floor - _TOP - 20) * cost / most
            parts.append(
                f'<rect x="{left:.1f}" y="{floor - height:.1f}" width="{step * 0.6:.1f}" height="{height:.1f}" fill="{_colour(at)}"/>\n'
            )
            parts.append(_text(left, floor - height - 6, f"{cost:.2f}"))
    return "".join(parts)


def _delays(runs: Sequence[Run], titles: dict[str, str]) -> str:
    left, floor = _LEFT + _PANEL + 60, HEIGHT - _BOTTOM
    width, height = _PANEL - 60, floor - _TOP
    good = [run for run in runs if not run.rejected]
    most_calls = max((run.calls for run in good), default=1)

    # Tenths of a millisecond and whole seconds on one scale: logarithmic, from 0.01 to 1000 ms.
    def point(calls: int, ms: float) -> tuple[float, float]:
        return left + width * calls / most_calls, floor - height * (math.log10(min(max(ms, 0.01), 1000.0)) + 2) / 5

    parts = [_text(left, 25, "added delay, ms (p50 full, p99 dashed)", "head")]
    parts.append(_line([(left, _TOP), (left, floor), (left + width, floor)], "axis"))
    parts += [_text(left - 42, point(0, ms)[1] + 4, f"{ms:g}") for ms in (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)]
    for at, name in enumerate(titles):
        own = [run for run in good if run.bridge == name]
        numbers = sorted({run.calls for run in own})
        for percentile, dash in (("p50", ""), ("p99", ' stroke-dasharray="5 4"')):
            points = [point(calls, _worse(own, calls, percentile)) for calls in numbers]
            parts.append(_line(points, "", f' stroke="{_colour(at)}" stroke-width="2"{dash}'))
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_colour(at)}"/>\n' for x, y in points]
        parts.append(_text(left + 10, _TOP + 12 + 16 * at, titles[name], colour=_colour(at)))
    parts += [
        _text(left + width * calls / most_calls - 8, floor + 18, str(calls))
        for calls in sorted({r.calls for r in good})
    ]
    parts.append(_text(left + width / 2 - 15, floor + 38, "calls"))
    return "".join(parts)


def _worse(runs: Sequence[Run], calls: int, percentile: str) -> float:
    """The worse of the two directions, in the middle of the runs."""

    def of(spread: Spread) -> float:
        return float(getattr(spread, percentile))

    return median([max(of(run.up_ms), of(run.down_ms)) for run in runs if run.calls == calls])


def _colour(at: int) -> str:
    return _COLOURS[at % len(_COLOURS)]


def _text(x: float, y: float, words: str, kind: str = "", colour: str = "") -> str:
    style = f' style="fill:{colour}"' if colour else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"{style}>{escape(words)}</text>\n'


def _line(points: Sequence[tuple[float, float]], kind: str, more: str = "") -> str:
    where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{where}" class="{kind}" fill="none"{more}/>\n'
