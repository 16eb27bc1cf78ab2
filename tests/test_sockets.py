"""Barge-ins over real sockets on the real clock: a real server, a real WebSocket peer.

What a busy machine may spoil is reported by `make soak` and decides nothing here.
"""

import asyncio

import pytest

from offhook.core import events as e
from offhook.sim.carrier import CarrierCall
from offhook.sim.network import Link
from offhook.sim.orders import Setup
from offhook.sim.phone import place_call
from offhook.sim.signature import Account
from tests.pair import ScriptedAgent
from tests.server.running import ACCOUNT, KEY, running

ITEM_MS = 2800


def barge_in(delay_ms: float, at_ms: float, items: int) -> tuple[dict[str, float], dict[str, float]]:
    """What was told and what was heard, in ms of each item that was cut, when the caller cuts in `at_ms` after the first word."""

    class Talker(ScriptedAgent):
        def send(self, command):
            super().send(command)
            if isinstance(command, e.Greet):
                for n in range(items):
                    self.piece(f"item{n}", ITEM_MS)
                    self.call.end_item(f"item{n}")
                asyncio.get_running_loop().call_later(at_ms / 1000, self.call.report, e.SpeechStarted())

    with running(agent=Talker) as server:
        setup = Setup(
            f"{server.origin}/incoming-call", Account(ACCOUNT, KEY.secret),
            hang_up_after_ms=at_ms + 4 * delay_ms + 700,
        )  # fmt: skip
        carrier = CarrierCall(setup)
        asyncio.run(place_call(carrier, Link(delay_ms), Link(delay_ms)))
        (agent,) = server.agents
        played = carrier.streams[0].playback.played_ms_of_values()
        true = {item: played.get(value, 0.0) for item, value in agent.values.items()}
        told = {command.item: float(command.heard_ms) for command in agent.told(e.Truncate)}
        told |= {command.item: 0.0 for command in agent.told(e.Discard)}
        assert len(told) == len(agent.told(e.Truncate)) + len(agent.told(e.Discard)), "each is settled once"
        return told, true


def test_every_item_that_was_cut_is_settled_once_over_real_sockets():
    told, true = barge_in(80, 1000, 2)
    assert set(told) == {item for item, ms in true.items() if ms < ITEM_MS}
    assert all(0 <= ms <= ITEM_MS for ms in told.values())


@pytest.mark.soak
def test_how_exact_the_heard_position_is_over_real_sockets(capsys):
    errors = []
    with capsys.disabled():
        print("\ndelay ms | cut in at ms | items | errors in ms")
        for delay_ms in (0, 80, 250):
            for at_ms in (300, 1000, 2500):
                for items in (1, 2, 3):
                    told, true = barge_in(delay_ms, at_ms, items)
                    assert set(told) == {item for item, ms in true.items() if ms < ITEM_MS}
                    row = [told[item] - true[item] for item in told]
                    errors += [abs(told[item] - true[item]) for item in told if told[item]]
                    print(f"{delay_ms:8} | {at_ms:12} | {items:5} | {', '.join(f'{ms:.1f}' for ms in row) or '-'}")
        errors.sort()
        print(f"median {errors[len(errors) // 2]:.1f} ms, worst {errors[-1]:.1f} ms of {len(errors)}")
    assert errors[len(errors) // 2] <= 5.0
