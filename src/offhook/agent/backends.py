"""The names of backends: what an agent's model, or one call, may ask for, and whose each model is."""

from collections.abc import Sequence

CASCADE = "cascade"
BACKENDS = ("gpt-realtime", "voice-live", CASCADE, "local")
"""What a single call may name instead of its agent's model, beside the models that agents have."""

_PROVIDERS = {"gpt-realtime": "openai", "voice-live": "azure"}


def provider_of(model: str) -> str:
    """Whose a model is, as `Agent.voice` names it: "openai", "azure", or the model's own name."""
    return _PROVIDERS.get(model, model.partition(":")[0])


def models_in(model: str | Sequence[str]) -> tuple[str, ...]:
    """The single models of an agent's `model`: one, several with commas between, or a list of them."""
    texts = [model] if isinstance(model, str) else model
    return tuple(each.strip() for text in texts for each in text.split(","))


def is_remote(model: str) -> bool:
    """True for a model behind a network, which answers in real time only."""
    return provider_of(model) in ("openai", "azure")
