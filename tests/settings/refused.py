"""What is said of a value that a setting may not have."""

import pytest

from offhook.errors import ConfigError
from offhook.settings import Settings


def refusal(monkeypatch, name, value):
    """The sentence."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        Settings.load()
    return str(refused.value)
