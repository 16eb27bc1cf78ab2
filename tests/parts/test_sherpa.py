import pytest

from offhook import ConfigError
from offhook.parts import sherpa
from offhook.parts.keys import Keys
from offhook.speech.engines import sherpa as engine


def test_its_folder_must_be_named(tmp_path, monkeypatch):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: name)
    with pytest.raises(ConfigError, match="sherpa:FOLDER"):
        sherpa.stt("", Keys())
    with pytest.raises(ConfigError, match=r"lacks encoder\*\.onnx"):
        sherpa.stt(str(tmp_path), Keys())
