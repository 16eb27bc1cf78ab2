import os

import pytest

from offhook.bench import bridges as module
from offhook.bench.bridges import NAMES, bridges, compile_relay, compiler
from offhook.errors import ConfigError
from tests.linux import needs_linux


def test_each_bridge_has_its_command(monkeypatch):
    with bridges() as made:
        assert tuple(bridge.name for bridge in made) == NAMES
        assert [bridge.webhook for bridge in made] == [False, True, True]


@needs_linux
def test_the_relay_is_compiled_where_there_is_a_compiler():
    if compiler() is None:
        pytest.skip("no C compiler here")
    with bridges(("relay",)) as (relay,):
        assert os.access(relay.command[0], os.X_OK) and relay.title.endswith(" C")
    assert not os.path.exists(relay.command[0])


def test_without_a_compiler_the_relay_is_in_python_and_says_so(monkeypatch):
    monkeypatch.setattr(module, "compiler", lambda: None)
    with bridges(("relay",)) as (relay,):
        assert relay.command[-1] == "offhook.bench.relay" and "Python" in relay.title


def test_a_compiler_that_fails_is_told_in_one_sentence(tmp_path, monkeypatch):
    broken = tmp_path / "relay.c"
    broken.write_text("int main(")
    monkeypatch.setattr(module, "RELAY_C", broken)
    if (cc := compiler()) is None:
        pytest.skip("no C compiler here")
    with pytest.raises(ConfigError, match="cannot compile"):
        compile_relay(cc, tmp_path)
