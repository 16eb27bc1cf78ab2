"""Models that take no temperature: the newer ones of Anthropic and those of OpenAI that reason refuse a request that has one.

Which these are no list knows for long, so a server's refusal tells: the request is made again without, and so are those after it.
"""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from offhook.errors import LegFailed
from offhook.speech.base import Tokens, ToolUse, Wishes

log = logging.getLogger(__name__)

Answer = AsyncGenerator[str | ToolUse | Tokens, None]


class Temperature:
    """What is known of one model."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._taken = True

    async def answer(self, ask: Callable[[Wishes], Answer], wishes: Wishes) -> Answer:
        """What `ask` answers to these wishes, or to as many of them as the model takes. Raises LegFailed."""
        if not self._taken:
            wishes = replace(wishes, temperature=None)
        begun = False
        try:
            async with aclosing(ask(wishes)) as parts:
                async for part in parts:
                    begun = True
                    yield part
            return
        except LegFailed as refused:
            if begun or refused.retryable or wishes.temperature is None or "temperature" not in str(refused):
                raise
            log.warning("%s takes no temperature, which is left out from now on: %s", self._model, refused)
        self._taken = False
        async with aclosing(ask(replace(wishes, temperature=None))) as parts:
            async for part in parts:
                yield part
