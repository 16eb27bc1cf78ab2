import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from offhook.cli import main as module
from offhook.errors import ConfigError


def run(*arguments):
    return CliRunner().invoke(module._app(list(arguments)), list(arguments))


def test_the_version_is_the_packages():
    assert run("--version").output.startswith("offhook 0.")


@pytest.mark.parametrize("command", ["demo", "serve", "sim", "calls", "test"])
def test_the_help_names_every_command(command):
    assert command in run("--help").output


def test_an_error_on_purpose_is_one_sentence_and_exit_code_2(monkeypatch, capsys):
    def refuse(_arguments):
        app = typer.Typer()

        @app.command()
        def command() -> None:
            raise ConfigError("Set THIS.")

        return app

    monkeypatch.setattr(module, "_app", refuse)
    monkeypatch.setattr(sys, "argv", ["offhook"])
    with pytest.raises(SystemExit) as left:
        module.main()
    assert (left.value.code, capsys.readouterr().err) == (2, "Set THIS.\n")


def test_the_demo_starts_without_what_it_does_not_need():
    code = "import sys; from offhook.cli.main import _app; _app(['demo']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("offhook.cli.sim", "offhook.sim", "fastapi", "numpy", "twilio"):
        assert f"'{name}'" not in loaded


@pytest.mark.parametrize("command", ["doctor", "serve", "sim"])
def test_a_folder_that_was_deleted_is_told_in_one_sentence(monkeypatch, tmp_path, command):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    refused = run(command).exception
    assert isinstance(refused, ConfigError)
    assert str(refused) == "The current folder is not there any more: go to one that exists."
