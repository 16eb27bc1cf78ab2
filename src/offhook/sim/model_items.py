"""The conversation of a session: its items, and what may be done to them. Pure.

Items have the shape of OpenAI's general availability; a dialect renames what it calls otherwise.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from offhook.sim.model_checks import Refused
from offhook.sim.model_wire import Sound


@dataclass(slots=True)
class Item:
    """One item, and what the model knows of it beyond its shape."""

    shape: dict[str, Any]
    sound: Sound | None = None
    """How its audio is coded, if it has any."""
    audio: bytearray = field(default_factory=bytearray)
    text: str | None = ""
    """What was said in it; None as long as it is being recognised."""
    sent_from_ms: float | None = None
    """When the first audio of it was sent to the client."""
    truncated: bool = False
    silent: bool = False
    """It was committed because nobody spoke."""

    @property
    def id(self) -> str:
        """The id."""
        return str(self.shape["id"])

    @property
    def audio_ms(self) -> int:
        """Whole milliseconds of audio."""
        return len(self.audio) // self.sound.bytes_per_ms if self.sound else 0

    def is_message(self, role: str) -> bool:
        """Whether someone in that role says it."""
        return bool(self.shape["type"] == "message" and self.shape["role"] == role)

    def whole(self) -> dict[str, Any]:
        """The shape with the audio in it, as an item is retrieved."""
        if not self.audio:
            return self.shape
        audio = base64.b64encode(self.audio).decode()
        content = [
            {**part, "audio": audio} if part["type"] in ("input_audio", "output_audio") else part
            for part in self.shape["content"]
        ]
        return {**self.shape, "content": content}


class Conversation:
    """Items in their order."""

    def __init__(self, conversation_id: str) -> None:
        self.id = conversation_id
        self.items: list[Item] = []

    @property
    def last_id(self) -> str | None:
        """The id of the last item."""
        return self.items[-1].id if self.items else None

    def find(self, item_id: str) -> Item | None:
        """The item of that id."""
        return next((item for item in self.items if item.id == item_id), None)

    def before(self, item: Item) -> str | None:
        """The id of the item before that one."""
        index = self.items.index(item)
        return self.items[index - 1].id if index else None

    def insert(self, item: Item, after: str | None) -> None:
        """Puts an item after another; "root" is the beginning, None the end. Raises Refused."""
        if self.find(item.id) is not None:
            raise Refused(
                "item_create_duplicate_id",
                f"Error adding item: an item with id '{item.id}' already exists.",
                "item.id",
            )
        if item.shape["type"] == "function_call_output":
            call = item.shape["call_id"]
            if not any(each.shape["type"] == "function_call" and each.shape["call_id"] == call for each in self.items):
                raise Refused(
                    "invalid_tool_call_id", f"Tool call ID '{call}' not found in conversation.", "item.call_id"
                )
        if after is None:
            self.items.append(item)
        elif after == "root":
            self.items.insert(0, item)
        elif (found := self.find(after)) is not None:
            self.items.insert(self.items.index(found) + 1, item)
        else:
            raise Refused(
                "item_create_invalid_previous_item_id",
                f"Error adding item: the previous item with id '{after}' does not exist.",
                "previous_item_id",
            )

    def existing(self, item_id: str, action: str, doing: str) -> Item:
        """The item to delete ("delete", "deleting") and so on. Raises Refused if there is none."""
        if (item := self.find(item_id)) is None:
            raise Refused(
                f"item_{action}_invalid_item_id",
                f"Error {doing} item: the item with id '{item_id}' does not exist.",
                "item_id",
            )
        return item

    def delete(self, item_id: str) -> None:
        """Removes an item. Raises Refused."""
        self.items.remove(self.existing(item_id, "delete", "deleting"))

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int, *, once: bool) -> None:
        """Cuts what an assistant said to its first milliseconds, and forgets its transcript. Raises Refused.

        `once` is Voice Live's rule: an item is truncated by the server or by the client, not by both.
        """
        item = self.existing(item_id, "truncate", "truncating")
        if not item.is_message("assistant") or not item.audio:
            raise Refused(None, "Only model output audio messages can be truncated", "item_id")
        if content_index != 0:
            raise Refused("invalid_value", f"Invalid content index {content_index} for this item.", "content_index")
        if once and item.truncated:
            raise Refused("item_already_truncated", "The item is already truncated.")
        if audio_end_ms > item.audio_ms:
            raise Refused(
                "invalid_value",
                f"Audio content of {item.audio_ms}ms is already shorter than {audio_end_ms}ms",
                "audio_end_ms",
            )
        self.cut(item, audio_end_ms)

    def cut(self, item: Item, audio_end_ms: int) -> None:
        """Does it."""
        assert item.sound is not None
        if audio_end_ms < item.audio_ms:
            item.text = ""
            item.shape["content"] = [
                {key: value for key, value in part.items() if key != "transcript"} for part in item.shape["content"]
            ]
        del item.audio[audio_end_ms * item.sound.bytes_per_ms :]
        item.truncated = True


def made_by_client(shape: dict[str, Any], new_id: str, sound: Sound) -> Item:
    """An item that a client creates, whole: with an id, without its audio, which is coded as the session's input is.

    Raises Refused for audio that is not base64.
    """
    shape = {**shape, "id": shape.get("id") or new_id}
    if shape["type"] == "mcp_approval_response":
        return Item(shape)
    shape = {"status": "completed", **shape, "object": "realtime.item"}
    item, said, content = Item(shape), [], []
    if shape["type"] != "message":
        return item
    for number, part in enumerate(shape["content"]):
        kept = dict(part)
        if part["type"] == "input_audio":
            item.sound = sound
            item.audio += decoded(kept.pop("audio"), f"item.content[{number}].audio")
            kept.setdefault("transcript", None)
        elif part["type"] == "text":
            kept["type"] = "output_text"  # the flat dialects' name of it
        said.append(part.get("text") or part.get("transcript") or "")
        content.append(kept)
    shape["content"] = content
    item.text = " ".join(said).strip()
    if item.audio and not item.text:
        item.text = None
    return item


def decoded(encoded: str, path: str) -> bytes:
    """Audio from base64. Raises Refused."""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise Refused("invalid_value", f"Invalid '{path}'. Expected base64-encoded audio bytes.", path) from None
