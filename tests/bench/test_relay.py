import pytest

from offhook.bench import bridges as module
from offhook.bench.bridges import bridges, compiler
from offhook.bench.relay import value
from tests.bench.end_to_end import short_run
from tests.linux import needs_linux


def test_a_string_is_cut_out():
    assert value(b'{"a":"1","payload":"xyz","b":"2"}', b"payload") == b"xyz"


@needs_linux
def test_the_relay_in_c_carries_every_frame(monkeypatch):
    if compiler() is None:
        pytest.skip("no C compiler here")
    with bridges(("relay",)) as (relay,):
        short_run(relay, monkeypatch)


@needs_linux
def test_the_relay_in_python_carries_every_frame(monkeypatch):
    monkeypatch.setattr(module, "compiler", lambda: None)
    with bridges(("relay",)) as (relay,):
        short_run(relay, monkeypatch)
