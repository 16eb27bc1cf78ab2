"""What it takes to reach the providers, as plain values: whoever reads the environment fills it in."""

from dataclasses import dataclass, field, replace

from offhook.parts.keys import Keys

AZURE_API_VERSION = "2026-07-15"
AZURE_SCOPE = "https://ai.azure.com/.default"


@dataclass(frozen=True, slots=True)
class Credentials:
    """None is unset. Keys are never shown."""

    openai_api_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = None
    openai_beta: bool = False
    """The server at `openai_base_url` speaks the older dialect."""
    azure_endpoint: str | None = None
    azure_api_key: str | None = field(default=None, repr=False)
    azure_client_id: str | None = None
    """Of a user-assigned managed identity."""
    azure_api_version: str = AZURE_API_VERSION
    azure_scope: str = AZURE_SCOPE
    voice_live_model: str | None = None
    """What "voice-live" stands for."""
    parts: Keys = field(default_factory=Keys)
    """For agents made of parts, beside OpenAI's."""

    @property
    def keys(self) -> Keys:
        """All that parts are reached with."""
        return replace(self.parts, openai_api_key=self.openai_api_key, openai_base_url=self.openai_base_url)
