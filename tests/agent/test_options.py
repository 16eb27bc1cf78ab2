"""Options of realtime models: immutable, and with defaults that suit a telephone."""

import dataclasses

import pytest

from offhook import Agent
from offhook.agent import options


def test_the_defaults_suit_a_telephone():
    told = options.Realtime()
    assert (told.audio, told.echo_cancellation, told.tool_choice) == ("mulaw", False, "auto")
    assert told.transcription == options.Transcription()


def test_agents_with_options_are_still_values():
    assert Agent(realtime=options.Realtime(temperature=0.8)) == Agent(realtime=options.Realtime(temperature=0.8))
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.ServerVad().threshold = 0.1
