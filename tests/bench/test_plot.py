import xml.etree.ElementTree as ET

from offhook.bench.measured import Run, Spread
from offhook.bench.plot import svg

SVG = "{http://www.w3.org/2000/svg}"


def run(bridge, calls, cpu, p50=1.0, p99=10.0, **more):
    made = Run(bridge, calls, 10.0, cpu_seconds=cpu, sent_share=1.0, up_ms=Spread(p50, p99), down_ms=Spread(0.1, 0.1))
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_it_draws_a_bar_for_each_bridge_and_a_line_for_each_percentile():
    runs = [run("a", 100, 1.0), run("b", 100, 2.0), run("a", 200, 2.0, p99=100.0), run("b", 200, 1.0, missing=1)]
    root = ET.fromstring(svg(runs, {"a": "first <one>", "b": "second"}))
    bars = [rect for rect in root.iter(f"{SVG}rect") if rect.get("fill", "").startswith("#")]
    heights = [float(bar.get("height")) for bar in bars]
    assert len(bars) == 2 and abs(heights[0] * 2 - heights[1]) < 0.2
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert "first <one>" in words and "2.00" in words and "200" in words
    # Two numbers of calls for a, one that counts for b, each with p50 and p99.
    assert len(list(root.iter(f"{SVG}circle"))) == 6


def test_the_worse_direction_is_drawn_on_a_logarithmic_scale():
    root = ET.fromstring(svg([run("a", 100, 1.0, p50=1.0, p99=10.0)], {"a": "a"}))
    p50, p99 = (float(circle.get("cy")) for circle in root.iter(f"{SVG}circle"))
    root = ET.fromstring(svg([run("a", 100, 1.0, p50=10.0, p99=100.0)], {"a": "a"}))
    assert float(next(root.iter(f"{SVG}circle")).get("cy")) == p99 < p50


def test_nothing_measured_is_still_a_drawing():
    ET.fromstring(svg([], {"a": "a"}))
    ET.fromstring(svg([run("a", 100, 1.0, failed=1)], {"a": "a"}))
