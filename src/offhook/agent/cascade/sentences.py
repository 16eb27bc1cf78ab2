"""Sentences on their way from whoever answers to the voice. Pure."""

import textwrap
from collections.abc import AsyncGenerator
from contextlib import aclosing

LONGEST_CHARS, MOST_PIECES = 300, 20  # of one piece, and of what was to be one: two minutes of speech


def pieces(sentence: str) -> list[str]:
    """A sentence, or one that a tool wrote without an end in pieces that the synthesizer renders quickly."""
    if len(sentence) <= LONGEST_CHARS:
        return [sentence]
    return textwrap.wrap(sentence, LONGEST_CHARS, break_on_hyphens=False)[:MOST_PIECES]


async def only(sentence: str) -> AsyncGenerator[str, None]:
    """One, as if it had been written piece by piece."""
    yield sentence


async def one_after_another(*parts: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """All of them, each closed before the next."""
    for part in parts:
        async with aclosing(part):
            async for sentence in part:
                yield sentence
