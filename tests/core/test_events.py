"""Every event and command, found by reflection: a new one is checked the day it is written."""

import dataclasses
import inspect
import typing

from offhook.core import events as e

KINDS = [kind for _, kind in inspect.getmembers(e, dataclasses.is_dataclass)]


def test_each_is_either_an_event_or_a_command():
    declared = set(typing.get_args(e.Event)) | set(typing.get_args(e.Command))
    assert set(KINDS) == declared
    assert not set(typing.get_args(e.Event)) & set(typing.get_args(e.Command))


def test_each_says_what_it_means_and_carries_its_fields_in_slots():
    for kind in KINDS:
        assert kind.__doc__, kind
        assert hasattr(kind, "__slots__"), kind


def test_what_is_not_said_is_nothing_special():
    assert e.CallerTurnEnded("yes").spoken_ms == 0.0
    assert e.HangUpAsked(e.Reason.AGENT_HUNG_UP) == e.HangUpAsked(e.Reason.AGENT_HUNG_UP, at_once=False, goodbye=False)
    assert e.Respond("yes") == e.Respond("yes", keys="", going_on=False, leaving=False)
    assert e.ToolFinished("1", "done") == e.ToolFinished("1", "done", failed=False)
