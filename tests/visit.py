"""A caller at the desk: the real desk with real tools, without a call around them."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from offhook.agent.cafe import TOOLS
from offhook.agent.tools import Tool, Toolbox, hang_up
from offhook.core.leg import CallInfo
from offhook.errors import ToolError
from offhook.speech.base import Said
from offhook.speech.cafe.desk import Desk


class AtTheCafe:
    """What a tool is told of the call."""

    def __init__(self, caller: str = "+15550100") -> None:
        self.id = "call"
        self.info = CallInfo("CA1", "AC1", caller, "+15550199")
        self.data: dict[str, Any] = {}
        self.hung_up = False

    def hang_up(self) -> bool:
        self.hung_up = True
        return True


class Visit:
    """One conversation. `used` lists the tools of the last turn, those that refused with a "!" before their name."""

    def __init__(self, own: Iterable[Tool] = ()) -> None:
        own = list(own)
        names = {each.name for each in own}
        self.tools = Toolbox([*own, *(each for each in (*TOOLS, hang_up) if each.name not in names)])
        self.call, self.desk = AtTheCafe(), Desk()
        self.used: list[str] = []

    async def use(self, name: str, **arguments: Any) -> str:
        """Runs a tool as the call would."""
        try:
            told = await self.tools.run(name, json.dumps(arguments), self.call)
        except ToolError:
            self.used.append(f"!{name}")
            raise
        self.used.append(name)
        return told

    def hears(self, said: Said, most: int = 100) -> list[str]:
        """The sentences of one answer; the caller cuts in after `most` of them."""

        async def collect() -> list[str]:
            sentences = []
            answer = self.desk.respond(said, self.use)
            async for sentence in answer:
                sentences.append(sentence)
                if len(sentences) == most:
                    break
            await answer.aclose()
            return sentences

        self.used = []
        return asyncio.run(collect())

    def turn(self, text: str) -> list[str]:
        """What is answered to words; "key 4" presses keys, "…" is a silence after the agent was cut off."""
        if text.startswith("key "):
            return self.hears(Said(keys=text[4:]))
        return self.hears(Said(going_on=True) if text == "…" else Said(text))

    def says(self, text: str) -> str:
        """The same as one text."""
        return " ".join(self.turn(text))
