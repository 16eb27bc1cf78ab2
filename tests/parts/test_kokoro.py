import pytest

from offhook import ConfigError
from offhook.parts import kokoro
from offhook.parts.keys import Keys
from offhook.speech.engines import kokoro as engine


def test_its_folder_must_be_named(tmp_path, monkeypatch):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: name)
    with pytest.raises(ConfigError, match="kokoro:FOLDER"):
        kokoro.tts("", Keys())
    (tmp_path / "kokoro.onnx").write_bytes(b"")
    (tmp_path / "voices.bin").write_bytes(b"")
    assert str(tmp_path / "kokoro.onnx") in kokoro.tts(str(tmp_path), Keys())._worker._command
