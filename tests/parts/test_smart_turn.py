import pytest

from offhook import ConfigError
from offhook.parts import smart_turn
from offhook.parts.keys import Keys
from offhook.speech.engines import smart_turn as engine


def test_a_model_of_ones_own_is_named_by_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: name)
    file = tmp_path / "mine.onnx"
    with pytest.raises(ConfigError, match=r"mine\.onnx"):
        smart_turn.turn(str(file), Keys())
    file.write_bytes(b"")
    assert str(file) in smart_turn.turn(str(file), Keys())._worker._command
