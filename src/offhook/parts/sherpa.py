"""Streaming recognition on this machine by sherpa-onnx: the extra `sherpa`. The model is the folder that holds its files."""

from pathlib import Path

from offhook.errors import ConfigError
from offhook.parts.keys import Keys
from offhook.speech.engines.sherpa import SherpaPool


def stt(model: str, _keys: Keys) -> SherpaPool:
    """Recognition. Raises ConfigError without a folder, or if the extra is not installed."""
    if not model:
        raise ConfigError('sherpa needs the folder of a model: name the stt "sherpa:FOLDER" (docs/cascade.md).')
    return SherpaPool(Path(model).expanduser())
