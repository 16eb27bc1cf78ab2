"""Anthropic's language models, over the Messages API."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import orjson

from offhook.errors import ConfigError, LegFailed
from offhook.parts.http import Server, events
from offhook.parts.keys import Keys
from offhook.parts.temperature import Temperature
from offhook.speech.base import Message, Tokens, ToolSpec, ToolUse, Wishes

BASE_URL = "https://api.anthropic.com/v1"
VERSION = "2023-06-01"
LLM = "claude-haiku-4-5"
"""The usual model."""
MOST_TOKENS = 1024
"""Of an answer, where nothing else is wished: the API wants a number."""
BEGINS = "(The call begins.)"


def llm(model: str, keys: Keys) -> "Messages":
    """A language model. Raises ConfigError without a key."""
    key = keys.anthropic_api_key
    if not key:
        raise ConfigError("Anthropic's models need a key: set ANTHROPIC_API_KEY.")
    headers = {"x-api-key": key, "anthropic-version": VERSION}
    return Messages(Server("Anthropic", BASE_URL, headers, secret=key), model or LLM)


class Messages:
    """One model (a `LanguageModel`)."""

    tools = True
    price_list = "anthropic"

    def __init__(self, server: Server, model: str) -> None:
        self.server, self._model = server, model
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
        usage: dict[str, int] = {}
        finished = False
        asked = self.server.ask("/messages", json=body)
        async with asked as answer, aclosing(events(answer)) as told:
            async for event in told:
                match event.get("type"):
                    case "message_start":
                        usage |= event["message"].get("usage") or {}
                    case "content_block_start" if event["content_block"]["type"] == "tool_use":
                        block = event["content_block"]
                        uses[event["index"]] = {"id": block["id"], "name": block["name"], "arguments": ""}
                    case "content_block_delta":
                        delta = event["delta"]
                        if delta["type"] == "text_delta":
                            yield delta["text"]
                        elif delta["type"] == "input_json_delta":
                            uses[event["index"]]["arguments"] += delta["partial_json"]
                    case "message_delta":
                        usage |= event.get("usage") or {}
                    case "message_stop":
                        finished = True
                    case "error":
                        raise LegFailed("Anthropic broke an answer off.", retryable=True)
        yield Tokens(
            self._model,
            text_in=usage.get("input_tokens", 0) + (usage.get("cache_creation_input_tokens") or 0),
            cached_in=usage.get("cache_read_input_tokens") or 0,
            text_out=usage.get("output_tokens", 0),
        )
        if not finished:
            raise LegFailed("Anthropic did not finish an answer.", retryable=True)
        for _, use in sorted(uses.items()):
            yield ToolUse(use["id"], use["name"], use["arguments"] or "{}")

    async def close(self) -> None:
        """Ends the connections."""
        await self.server.close()


def request(model: str, messages: Sequence[Message], tools: Sequence[ToolSpec], wishes: Wishes) -> dict[str, Any]:
    """What is asked of the server. It takes instructions apart from the talk, which begins with the caller and in which each
    speaks once and then the other; what comes as an instruction in the middle of the talk is told in brackets."""
    at = next((at for at, message in enumerate(messages) if message.role != "system"), 1)
    system = "\n\n".join(message.text for message in messages[:at])
    talk: list[dict[str, Any]] = []
    for message in messages[at:]:
        role, blocks = _written(message)
        if talk and talk[-1]["role"] == role:
            talk[-1]["content"] += blocks
        else:
            talk.append({"role": role, "content": blocks})
    if not talk or talk[0]["role"] != "user":
        talk.insert(0, {"role": "user", "content": [{"type": "text", "text": BEGINS}]})
    body: dict[str, Any] = {
        "model": model, "max_tokens": wishes.most_tokens or MOST_TOKENS, "system": system, "messages": talk, "stream": True,
    }  # fmt: skip
    if tools:
        body["tools"] = [
            {"name": each.name, "description": each.description, "input_schema": each.schema} for each in tools
        ]
    if wishes.temperature is not None:
        body["temperature"] = min(1.0, wishes.temperature)
    return body


def _written(message: Message) -> tuple[str, list[dict[str, Any]]]:
    match message.role:
        case "tool":
            return "user", [{"type": "tool_result", "tool_use_id": message.use, "content": message.text}]
        case "system":
            return "user", [{"type": "text", "text": f"({message.text})"}]
        case "user":
            return "user", [{"type": "text", "text": message.text}]
    blocks: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text.strip() else []
    blocks += [{"type": "tool_use", "id": use.id, "name": use.name, "input": _input(use)} for use in message.uses]
    return "assistant", blocks


def _input(use: ToolUse) -> Any:
    try:
        return orjson.loads(use.arguments or "{}")
    except orjson.JSONDecodeError:
        return {}
