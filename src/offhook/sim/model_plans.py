"""How a response is to be given: the session, changed for one response by what `response.create` says. Pure."""

from typing import Any

from offhook.sim import model_flat, model_openai
from offhook.sim.model_response import Plan
from offhook.sim.model_wire import Dialect


def plan(dialect: Dialect, session: dict[str, Any], wanted: dict[str, Any], extra: str = "") -> Plan:
    """Raises Refused for modalities that cannot be had. `extra` are Voice Live's additional instructions."""
    changed = _changed(dialect, session, wanted)
    override = " ".join(filter(None, (wanted.get("instructions", ""), extra)))
    flat = dialect.flat
    exact = wanted.get("pre_generated_assistant_message")
    most = wanted.get("max_output_tokens", wanted.get("max_response_output_tokens"))
    return Plan(
        instructions=wanted.get("instructions") or session["instructions"],
        tools=wanted.get("tools", session["tools"]),
        tool_choice=wanted.get("tool_choice", session["tool_choice"]),
        spoken=dialect.spoken(changed),
        sound=dialect.side(changed, "output"),
        format=changed["output_audio_format"] if flat else changed["audio"]["output"]["format"],
        voice=dialect.voice(changed),
        speed=dialect.speed(changed),
        most_tokens=dialect.most_tokens(session) if most is None else most,
        modalities=changed["modalities" if flat else "output_modalities"],
        temperature=wanted.get("temperature", session.get("temperature")),
        metadata=wanted.get("metadata"),
        override=override,
        exact=None if exact is None else " ".join(part["text"] for part in exact["content"]),
        word_times="word" in (session.get("output_audio_timestamp_types") or ()),
        in_conversation=wanted.get("conversation", "auto") == "auto",
    )


def _changed(dialect: Dialect, session: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The session as this response sees it."""
    if dialect.flat:
        model_flat.modalities(wanted.get("modalities"), "response.modalities")
        names = ("modalities", "voice", "output_audio_format")
        return {**session, **{name: wanted[name] for name in names if name in wanted}}
    model_openai.modalities(wanted.get("output_modalities"), "response.output_modalities")
    output = {**session["audio"]["output"], **wanted.get("audio", {}).get("output", {})}
    modalities = wanted.get("output_modalities", session["output_modalities"])
    return {**session, "output_modalities": modalities, "audio": {**session["audio"], "output": output}}
