"""Kokoro's voices on this machine: the extra `kokoro`. The model is the folder that holds its files."""

from pathlib import Path

from offhook.errors import ConfigError
from offhook.parts.keys import Keys
from offhook.speech.engines.kokoro import KokoroVoices


def tts(model: str, _keys: Keys) -> KokoroVoices:
    """Voices. Raises ConfigError without a folder, or if the extra is not installed."""
    if not model:
        raise ConfigError('Kokoro needs the folder of its files: name the tts "kokoro:FOLDER" (docs/cascade.md).')
    return KokoroVoices(Path(model).expanduser())
