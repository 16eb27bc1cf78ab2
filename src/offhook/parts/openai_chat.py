"""A language model behind `/chat/completions`, its answer as it is written."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from offhook.errors import LegFailed
from offhook.parts.http import Server, events
from offhook.parts.temperature import Temperature
from offhook.parts.thoughts import Aloud
from offhook.speech.base import Message, Tokens, ToolSpec, ToolUse, Wishes


class Chat:
    """One model (a `LanguageModel`)."""

    tools = True

    def __init__(self, server: Server, model: str, price_list: str = "") -> None:
        self.server, self._model, self.price_list = server, model, price_list
        self._temperature = Temperature(model)

    async def start(self) -> None:
        """Nothing to start."""

    async def answer(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = (), wishes: Wishes = Wishes()  # noqa: B008
    ) -> AsyncGenerator[str | ToolUse | Tokens, None]:  # fmt: skip
        """The text as it comes, then what is wanted of tools. Raises LegFailed."""
        asked = self._temperature.answer(
            lambda taken: self._answer(request(self._model, messages, tools, taken)), wishes
        )
        async with aclosing(asked) as parts:
            async for part in parts:
                yield part

    async def _answer(self, body: dict[str, Any]) -> AsyncGenerator[str | ToolUse | Tokens, None]:
        uses: dict[int, dict[str, str]] = {}
        finished, aloud = False, Aloud()
        asked = self.server.ask("/chat/completions", json=body)
        async with asked as answer, aclosing(events(answer)) as chunks:
            async for chunk in chunks:
                if "error" in chunk:
                    raise LegFailed(f"{self.server.name} broke an answer off.", retryable=True)
                for choice in chunk.get("choices") or ():
                    delta = choice.get("delta") or {}
                    if text := aloud.feed(delta.get("content") or ""):
                        yield text
                    _collect(uses, delta.get("tool_calls") or ())
                    finished = finished or bool(choice.get("finish_reason"))
                if usage := chunk.get("usage"):
                    yield _tokens(self._model, usage)
        if not finished:
            raise LegFailed(f"{self.server.name} did not finish an answer.", retryable=True)
        if text := aloud.end():
            yield text
        for at, use in sorted(uses.items()):
            yield ToolUse(use["id"] or f"call{at}", use["name"], use["arguments"])

    async def close(self) -> None:
        """Ends the connections."""
        await self.server.close()


def request(model: str, messages: Sequence[Message], tools: Sequence[ToolSpec], wishes: Wishes) -> dict[str, Any]:
    """What is asked of the server."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [_written(message) for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": each.name, "description": each.description, "parameters": each.schema},
            }
            for each in tools
        ]
    if wishes.temperature is not None:
        body["temperature"] = wishes.temperature
    if wishes.most_tokens is not None:
        body["max_completion_tokens"] = wishes.most_tokens
    return body


def _written(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.use, "content": message.text}
    written: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.uses:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}
            for use in message.uses
        ]
    return written


def _collect(uses: dict[int, dict[str, str]], deltas: Sequence[dict[str, Any]]) -> None:
    """Puts the parts of tool uses together. Some servers send each use whole and number none of them, or all the same."""
    for delta in deltas:
        at = delta.get("index")
        if at in uses and delta.get("id") and uses[at]["id"] not in ("", delta["id"]):
            at = None
        use = uses.setdefault(len(uses) if at is None else at, {"id": "", "name": "", "arguments": ""})
        function = delta.get("function") or {}
        use["id"] = delta.get("id") or use["id"]
        use["name"] += function.get("name") or ""
        use["arguments"] += function.get("arguments") or ""


def _tokens(model: str, usage: dict[str, Any]) -> Tokens:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Tokens(model, (usage.get("prompt_tokens") or 0) - cached, cached, usage.get("completion_tokens") or 0)
