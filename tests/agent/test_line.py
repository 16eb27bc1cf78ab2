"""The line's own rules; a whole call's loss and renewal are in test_realtime_leg.py."""

import pytest

from .model import Model, visit


@pytest.mark.parametrize("life_s", [-5.0, 1.0, 600.0])
def test_a_server_whose_clock_is_off_or_whose_sessions_are_short_is_not_asked_again_and_again(life_s):
    model = Model()
    model.life_s = life_s

    async def scenario(visit):
        await visit.ms(1_800_000)
        assert 1 <= len(model.peers) <= 6
        assert [peer.closed for peer in model.peers].count(False) == 1

    visit(scenario, model=model)


def test_a_server_that_gives_no_successor_is_used_to_its_end():
    from offhook.errors import LegFailed

    model = Model()
    model.life_s = 1000.0

    async def scenario(visit):
        model.refusals = [LegFailed("OpenAI has no room.")]
        await visit.ms(990_000)
        assert len(model.peers) == 1 and not model.peer.closed and not visit.call.ended
        model.peer.drop("OpenAI ended the session.")
        await visit.ms(1000)
        assert len(model.peers) == 2 and not visit.call.ended

    visit(scenario, model=model)


def test_what_a_successor_says_before_it_carries_the_call_is_not_heard():
    model = Model()
    model.life_s = 1000.0

    async def scenario(visit):
        model.caller_begins()
        await visit.ms(770_000)
        assert len(model.peers) == 2
        model.audio(500, "x", "x")
        await visit.ms(1000)
        assert visit.heard_ms() == 0

    visit(scenario, model=model)
