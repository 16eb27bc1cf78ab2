"""The three dialects of the wire: OpenAI's, OpenAI's beta, Azure Voice Live's. Names, shapes, and what each takes. Pure.

The core speaks the words of OpenAI's general availability; a dialect turns them into its own on the way out, and tells the
core what its session says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from offhook.sim import model_flat, model_openai

Encoding = Literal["pcm16", "mulaw", "alaw"]


@dataclass(frozen=True, slots=True)
class Sound:
    """How audio is coded on the wire."""

    encoding: Encoding
    rate: int

    @property
    def bytes_per_ms(self) -> int:
        """Bytes in a millisecond."""
        return self.rate // 1000 * (2 if self.encoding == "pcm16" else 1)


_GA_SOUNDS = {"audio/pcm": Sound("pcm16", 24000), "audio/pcmu": Sound("mulaw", 8000), "audio/pcma": Sound("alaw", 8000)}
_FLAT_SOUNDS = {
    "pcm16": Sound("pcm16", 24000),
    "pcm16_16000hz": Sound("pcm16", 16000),
    "pcm16_8000hz": Sound("pcm16", 8000),
    "g711_ulaw": Sound("mulaw", 8000),
    "g711_alaw": Sound("alaw", 8000),
}
_FLAT_NAMES = (
    ("response.output_audio_transcript.", "response.audio_transcript."),
    ("response.output_audio.", "response.audio."),
    ("response.output_text.", "response.text."),
    ("conversation.item.added", "conversation.item.created"),
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one kind of server says and takes."""

    name: Literal["ga", "beta", "azure"]
    defaults: Callable[[str, str, int], dict[str, Any]]
    """Model, session id, time of expiry (Unix seconds) → the session that is created."""
    check: Callable[[Any, dict[str, Any]], None]
    """Raises Refused for an update that is not taken."""
    merged: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
    models: tuple[str, ...]

    @property
    def flat(self) -> bool:
        """Whether the session is one level deep and names are those of the beta."""
        return self.name != "ga"

    # ------------------------------------------------------------ what a session says

    def side(self, session: dict[str, Any], side: Literal["input", "output"]) -> Sound:
        """How that direction is coded."""
        if not self.flat:
            return _GA_SOUNDS[session["audio"][side]["format"]["type"]]
        sound = _FLAT_SOUNDS[session[f"{side}_audio_format"]]
        rate = session.get("input_audio_sampling_rate", sound.rate) if side == "input" else sound.rate
        return Sound(sound.encoding, rate)

    def turns(self, session: dict[str, Any]) -> dict[str, Any] | None:
        """The turn detection."""
        found = session["turn_detection"] if self.flat else session["audio"]["input"]["turn_detection"]
        assert found is None or isinstance(found, dict)
        return found

    def transcribes(self, session: dict[str, Any]) -> str | None:
        """The model that writes down the caller's words."""
        if self.flat:
            found = session.get("input_audio_transcription")
        else:
            found = session["audio"]["input"]["transcription"]
        return None if found is None else str(found.get("model", "whisper-1"))

    def voice(self, session: dict[str, Any]) -> Any:
        """The voice as it was named."""
        return session["voice"] if self.flat else session["audio"]["output"]["voice"]

    def speed(self, session: dict[str, Any]) -> float:
        """1 is as usual; Azure's voices have a rate of their own."""
        if self.name == "ga":
            return float(session["audio"]["output"]["speed"])
        voice = session["voice"]
        rate = voice.get("rate") if isinstance(voice, dict) else None
        try:
            return min(max(float(rate or session.get("speed", 1.0)), 0.5), 1.5)
        except ValueError:  # "+10.00%" and the like are SSML
            return 1.0

    def spoken(self, session: dict[str, Any]) -> bool:
        """Whether answers are audio."""
        return "audio" in session["modalities" if self.flat else "output_modalities"]

    def most_tokens(self, session: dict[str, Any]) -> int | str:
        """How long an answer may be."""
        found = session["max_response_output_tokens" if self.flat else "max_output_tokens"]
        assert isinstance(found, int | str)
        return found

    # ------------------------------------------------------------ what goes out

    def event(self, name: str) -> str | None:
        """The dialect's name of an event; None if it has none."""
        if not self.flat:
            return name
        if name in ("conversation.item.done", "input_audio_buffer.timeout_triggered"):
            return None
        if self.name == "azure" and name == "rate_limits.updated":
            return None
        for general, flat in _FLAT_NAMES:
            if name.startswith(general):
                return flat + name.removeprefix(general)
        return name

    def item(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item with the dialect's names for what an assistant says, and without what it does not tell of an item."""
        if self.name == "azure" and item.get("type") == "function_call_output":
            return {key: value for key, value in item.items() if key != "status"}
        if not self.flat or item.get("role") != "assistant":
            return item
        names = {"output_text": "text", "output_audio": "audio"}
        return {
            **item,
            "content": [{**part, "type": names.get(part["type"], part["type"])} for part in item["content"]],
        }

    def response(
        self,
        response: dict[str, Any],
        *,
        modalities: list[str],
        voice: Any,
        coding: Any,
        most_tokens: int | str,
        temperature: float | None,
    ) -> dict[str, Any]:
        """A response with how it is given, each in its place. `coding` is the output format as the dialect writes it."""
        result = {**response, "output": [self.item(item) for item in response["output"]]}
        if not self.flat:
            output = {"output": {"format": coding, "voice": voice}}
            return {**result, "output_modalities": modalities, "max_output_tokens": most_tokens, "audio": output}
        result |= {"modalities": modalities, "output_audio_format": coding, "voice": voice, "temperature": temperature}
        result["max_output_tokens"] = most_tokens
        if self.name == "beta" and (usage := result["usage"]) is not None:
            known = ("cached_tokens", "text_tokens", "audio_tokens")
            details = {name: usage["input_token_details"][name] for name in known}
            result["usage"] = {**usage, "input_token_details": details}
        return result


GA = Dialect("ga", model_openai.defaults, model_openai.check, model_openai.merged, model_openai.MODELS)
BETA = Dialect("beta", model_flat.beta_defaults, model_flat.check_beta, model_flat.merged, model_flat.BETA_MODELS)
AZURE = Dialect("azure", model_flat.azure_defaults, model_flat.check_azure, model_flat.merged, model_flat.AZURE_MODELS)
