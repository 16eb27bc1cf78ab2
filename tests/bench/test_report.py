import io
import json

from rich.console import Console

from offhook.bench import report
from offhook.bench.measured import Interruption, Run, Spread
from offhook.bench.run import Found

TITLES = {"relay": "bare relay in C", "offhook": "offhook"}


def run(bridge, cpu, **more):
    made = Run(
        bridge,
        100,
        10.0,
        cpu_seconds=cpu,
        memory_kb=90.0,
        sent_share=1.0,
        up_ms=Spread(0.1, 2.0),
        down_ms=Spread(0.2, 3.0),
    )
    for name, value in more.items():
        setattr(made, name, value)
    return made


def text(runs):
    console = Console(file=io.StringIO(), width=120)
    console.print(report.table(runs, TITLES))
    return console.file.getvalue()


def row(shown, name):
    (line,) = (line for line in shown.splitlines() if name in line)
    return [cell.strip() for cell in line.strip("│").split("│")[1:]]


def test_the_table_has_medians_of_the_rounds_that_count():
    cuts = [Interruption(1, 800.0, 795.0, False, 0.4), Interruption(2, 500.0, 500.0, False, 0.6)]
    shown = text(
        [
            run("relay", 1.0), run("offhook", 2.0, interruptions=cuts),
            run("relay", 1.0), run("offhook", 1.6, interruptions=cuts),
            run("relay", 1.0), run("offhook", 99.0, missing=1),
        ]
    )  # fmt: skip
    assert row(shown, "CPU ms/call-second") == ["1.00", "1.80"]
    assert row(shown, "times the relay") == ["1.00 (1.00–1.00)", "1.80 (1.60–2.00)"]
    assert row(shown, "down") == ["0.20 / 3.00", "0.20 / 3.00"]
    assert row(shown, "clear") == ["–", "0.40 / 0.60"]
    assert row(shown, "cut error") == ["–", "5 / 5"]
    assert row(shown, "right item") == ["–", "2 of 2"]
    assert row(shown, "rounds that count") == ["3 of 3", "2 of 3"]


def test_a_run_is_one_line():
    assert report.line(run("relay", 1.0), "x").startswith("x: 100 calls, 1.00 ms per call-second, up 0.1 / 2.0")
    assert report.line(run("relay", 1.0, failed=2), "x") == "x: 100 calls, does not count: 2 calls failed"


def test_what_was_found_is_told():
    assert report.found_line(Found("relay", 400, 450, "1 frames lost"), "x") == (
        "x: carries 400 calls on one core; 450 were too many (1 frames lost)"
    )
    assert report.found_line(Found("relay", 1600), "x") == "x: carries at least 1600 calls on one core"


def test_the_record_is_json_without_numbers_that_are_none():
    made = report.record([run("relay", 1.0)], [Found("relay", 50, runs=[run("relay", 1.0)])], {"cpus": 2})
    again = json.loads(json.dumps(made, allow_nan=False))
    assert again["runs"][0]["cost_ms"] == 1.0
    assert again["runs"][0]["truncation_ms"] == {"p50": None, "p99": None}
    assert again["search"][0]["carried"] == 50 and again["machine"] == {"cpus": 2}


def test_what_the_journal_costs_is_the_difference_of_the_medians():
    runs = [run("offhook", 1.3), run("offhook", 1.5), run("offhook", 1.4), run("unkept", 1.1), run("unkept", 1.3)]
    assert report.journal_line(runs, "offhook", "unkept") == "The journal costs 0.20 ms of CPU per call-second."
    assert report.journal_line(runs[:3], "offhook", "unkept") is None
