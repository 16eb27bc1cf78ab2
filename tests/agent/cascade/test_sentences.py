"""Sentences that are cut, and put one after another."""

import asyncio

from offhook.agent.cascade.sentences import LONGEST_CHARS, MOST_PIECES, one_after_another, only, pieces


def test_a_sentence_stays_whole_and_what_has_no_end_is_cut_between_words():
    assert pieces("word " * 60) == ["word " * 60]
    cut = pieces("word " * 5000)
    assert len(cut) == MOST_PIECES and all(len(each) <= LONGEST_CHARS and each.endswith("word") for each in cut)
    assert len(pieces("x" * 5000)) > 1


def test_all_is_said_in_turn_and_who_stops_closes_what_was_begun():
    closed = []

    async def talk():
        try:
            yield "Two."
            yield "Three."
        finally:
            closed.append(True)

    async def whole():
        assert [each async for each in one_after_another(only("One."), talk())] == ["One.", "Two.", "Three."]
        cut = one_after_another(only("One."), talk())
        assert [await anext(cut), await anext(cut)] == ["One.", "Two."]
        closed.clear()
        await cut.aclose()
        assert closed == [True]

    asyncio.run(whole())
