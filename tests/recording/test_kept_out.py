"""Whole calls in which something must not be kept: neither told to anybody nor recorded."""

import asyncio

import numpy as np

from offhook.core import events as e
from offhook.core.keeping import Keeping
from offhook.core.keypad import HIDDEN
from offhook.core.redact import CARD
from offhook.core.said import AFTER_MS, BEFORE_MS
from offhook.recording.recorder import TAIL_MS
from offhook.sim.network import Link
from offhook.sim.orders import Press
from tests.recording.taped import Chatterbox, Taped

DELAY_MS = 50.0
CARD_SAID = "it is 4111 1111 1111 1111"


class Tone:
    """A caller who is never silent, and presses keys at moments of the call."""

    keys: tuple[tuple[float, str], ...] = ()

    def __init__(self, _seed):
        self._due = list(self.keys)
        self._acts = []
        self._ms = 0.0

    def frame(self, now, ear):
        self._ms += 20.0
        while self._due and self._due[0][0] <= self._ms:
            self._acts.append(Press(self._due.pop(0)[1]))
        return b"\x80" * 160

    def acts(self):
        acts, self._acts = self._acts, []
        return acts


class Steady(Chatterbox):
    """An agent that is never silent, and does as it is told."""

    can = frozenset({e.Greet, e.Respond})
    turns = "offhook"

    def send(self, command):
        if isinstance(command, e.Greet):
            self._talking = asyncio.create_task(self._hum())
        else:
            self.told = [*getattr(self, "told", []), command]

    async def _hum(self):
        while True:
            self.call.agent_audio("hum", b"\x90" * 8 * 100)
            await asyncio.sleep(0.1)


def quiet(taped, side):
    """The stretches of silence of a side in ms: (begin, length), without what is no longer than a frame."""
    silent = np.concatenate(([False], taped.ours[:, side] == 0, [False]))
    edges = np.flatnonzero(silent[1:] != silent[:-1]).reshape(-1, 2) / 8
    return [(begin, end - begin) for begin, end in edges if end - begin > 20]


def taped(tmp_path, during, *, keeping=Keeping(record=True), party=Tone, agent=Steady):
    return Taped(
        tmp_path, up=Link(DELAY_MS), down=Link(DELAY_MS), ms=14_000.0,
        keeping=keeping, agent=agent, party=party, during=during,
    )  # fmt: skip


def test_a_card_number_reaches_nobody_and_the_turn_is_silent(tmp_path):
    async def during(call, _app):
        await asyncio.sleep(6.0)
        call.made.call.report(e.SpeechStarted())
        await asyncio.sleep(3.0)
        call.made.call.report(e.CallerTurnEnded(CARD_SAID))

    found = taped(tmp_path, during, keeping=Keeping(record=True, redact=frozenset({"cards"})))
    (turn,) = [event for event in found.events if isinstance(event, e.TurnKept) and event.role == "caller"]
    assert turn.text == f"it is {CARD}"
    assert found.made.told[-1] == e.Respond(CARD_SAID), "the agent needs what was said"
    ((begin, length),) = quiet(found, 0)
    assert abs(begin - (6000.0 - DELAY_MS - BEFORE_MS)) <= 100
    assert abs(length - (3000.0 + BEFORE_MS + AFTER_MS)) <= 25
    assert not [each for each in quiet(found, 1) if abs(each[0] - begin) < 10]


def test_what_the_agent_repeats_is_taken_out_of_its_side(tmp_path):
    async def during(call, _app):
        await asyncio.sleep(5.0)
        call.made.call.report(e.ItemText("hum", CARD_SAID))
        await asyncio.sleep(3.0)
        call.made._talking.cancel()
        call.made.call.end_item("hum")

    found = taped(tmp_path, during, keeping=Keeping(record=True, redact=frozenset({"cards"})))
    (turn,) = [event for event in found.events if isinstance(event, e.TurnKept)]
    assert CARD in turn.text and "4111" not in turn.text + turn.unheard
    assert (found.ours[8 * 200 :, 1] == 0).all(), "the whole item"
    assert quiet(found, 0) == []


def test_without_a_rule_everything_is_told_and_recorded(tmp_path):
    async def during(call, _app):
        await asyncio.sleep(6.0)
        call.made.call.report(e.CallerTurnEnded(CARD_SAID))

    found = taped(tmp_path, during)
    assert [event.text for event in found.events if isinstance(event, e.TurnKept) and event.role == "caller"] == [
        CARD_SAID
    ]
    assert quiet(found, 0) == []


class KeysIn(Tone):
    keys = ((7000.0, "1"), (7400.0, "2"), (7800.0, "3"), (8200.0, "4"))


def test_a_secret_entry_is_for_a_tool_alone(tmp_path, caplog):
    entered = []

    async def during(call, _app):
        await asyncio.sleep(5.0)
        call.made.call.want_keys(4, secret=True)
        await asyncio.sleep(5.0)
        entered.append(call.made.call.entered)

    caplog.set_level("DEBUG")
    found = taped(tmp_path, during, party=KeysIn)
    assert entered == ["1234"]
    assert [event for event in found.events if isinstance(event, e.KeyPressed)] == [e.KeyPressed(HIDDEN)] * 4
    assert [event.text for event in found.events if isinstance(event, e.TurnKept) and event.role == "caller"] == [
        f"(keys {HIDDEN * 4})"
    ]
    assert found.made.told[-1].keys == HIDDEN * 4
    assert "1234" not in caplog.text
    for side in (0, 1):
        begin, length = quiet(found, side)[-1] if side == 0 else next(q for q in quiet(found, 1) if q[1] > 2000)
        assert abs(begin - (5000.0 - DELAY_MS)) <= 100
        assert length >= 3200.0 + TAIL_MS - 50


def test_a_secret_that_does_not_come_is_not_waited_for_for_ever(tmp_path):
    async def during(call, _app):
        await asyncio.sleep(2.0)
        call.made.call.want_keys(4, secret=True)
        await asyncio.sleep(70.0)

    found = Taped(
        tmp_path, up=Link(DELAY_MS), down=Link(DELAY_MS), ms=75_000.0,
        agent=Steady, party=Tone, during=during,
    )  # fmt: skip
    ((_begin, length),) = quiet(found, 0)
    assert abs(length - 60_000.0 - TAIL_MS) <= 100


def test_keys_by_rule_are_hidden_and_their_tones_taken_out(tmp_path):
    async def during(call, _app):
        await asyncio.sleep(1.0)

    found = taped(tmp_path, during, party=KeysIn, keeping=Keeping(record=True, redact=frozenset({"keys"})))
    assert "1234" not in repr(found.events)
    assert found.made.told[-1].keys == "1234", "an agent answers what is keyed in"
    ((begin, length),) = quiet(found, 0)
    assert abs(begin - 6500.0) <= 100 and abs(length - 2200.0) <= 100


def test_a_tool_pauses_the_recording(tmp_path):
    async def during(call, _app):
        await asyncio.sleep(5.0)
        call.made.call.pause_recording()
        await asyncio.sleep(3.0)
        call.made.call.resume_recording()

    found = taped(tmp_path, during)
    for side in (0, 1):
        ((begin, length),) = [each for each in quiet(found, side) if each[1] > 2000]
        assert abs(begin - (5000.0 - DELAY_MS)) <= 60
        assert abs(length - 3000.0 - TAIL_MS) <= 25
    assert len(found.ours) / 8 > 13_800, "of the same length"


def test_nothing_is_recorded_unless_the_agent_says_so(tmp_path):
    async def during(call, _app):
        await asyncio.sleep(2.0)
        call.made.call.pause_recording()
        call.made.call.resume_recording()

    found = taped(tmp_path / "r", during, keeping=Keeping())
    assert not (tmp_path / "r").exists()
    assert not [event for event in found.events if isinstance(event, e.Recorded)]
