"""Smart Turn v3, which hears whether a turn is over: the extra `turn`. A model is the path of another ONNX file of its kind."""

from pathlib import Path

from offhook.parts.keys import Keys
from offhook.speech.engines.smart_turn import WEIGHTS, SmartTurn


def turn(model: str, _keys: Keys) -> SmartTurn:
    """The turn model. Raises ConfigError if it is not installed."""
    return SmartTurn(Path(model) if model else WEIGHTS)
