"""`offhook bench`: what it refuses, and one small run of the whole command."""

import json

import pytest
from typer.testing import CliRunner

from offhook.bench import load
from offhook.cli import bench as module
from offhook.cli.main import _app
from offhook.errors import ConfigError
from tests.linux import needs_linux


def run(*arguments):
    return CliRunner().invoke(_app(["bench"]), ["bench", *arguments])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "pipecat"], "--only takes relay, sample, offhook, unkept"),
        (["--json", "no/such/folder.json"], "there is no folder no/such"),
        (["--plot", "no/such/folder.svg"], "there is no folder no/such"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(arguments, sentence):
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError) and sentence in str(result.exception)


@needs_linux
def test_a_small_run_leaves_a_table_a_record_and_a_drawing(tmp_path, monkeypatch):
    async def without_interruptions(bridge, calls, seconds, *, interrupt):
        return await load.measure(bridge, calls, seconds, interrupt=False)

    monkeypatch.setattr(load, "WARM_SECONDS", 0.1)
    monkeypatch.setattr(module, "measure", without_interruptions)
    record, drawing = tmp_path / "run.json", tmp_path / "run.svg"
    monkeypatch.setattr(module, "QUICK", {"calls": 2, "seconds": 0.3, "rounds": 1})
    result = run("--quick", "--only", "relay", "--json", str(record), "--plot", str(drawing))
    assert result.exit_code == 0, result.output
    assert "CPU ms/call-second" in result.output
    told = json.loads(record.read_text())
    assert [each["bridge"] for each in told["runs"]] == ["relay"] and told["machine"]["cpus"]
    assert drawing.read_text().startswith("<svg")


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        module._write(tmp_path, "x")


def test_the_help_names_it():
    assert "bench" in CliRunner().invoke(_app([]), ["--help"]).output
