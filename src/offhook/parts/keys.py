"""What it takes to reach the providers of parts, as plain values: whoever reads the environment fills it in."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """None is unset. Keys are never shown. A part that somebody else wrote reads its own from where it likes."""

    openai_api_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = None
    anthropic_api_key: str | None = field(default=None, repr=False)
    deepgram_api_key: str | None = field(default=None, repr=False)
