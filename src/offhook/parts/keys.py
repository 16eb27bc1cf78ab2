"""What it takes to reach the providers of parts, as plain values: whoever reads the environment fills it in."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """None is unset. Keys are never shown. A part that somebody else wrote reads its own from where it likes."""

    openai_api_key: str | None = field(default=None, repr=False)
    openai_base_url: str | None = None
    anthropic_api_key: str | None = field(default=None, repr=False)
    deepgram_api_key: str | None = field(default=None, repr=False)
    assemblyai_api_key: str | None = field(default=None, repr=False)
    elevenlabs_api_key: str | None = field(default=None, repr=False)
    azure_speech_key: str | None = field(default=None, repr=False)
    azure_speech_region: str | None = None
    google_application_credentials: str | None = None
    """A file; None: what the machine offers."""
    google_cloud_project: str | None = None
    """None: the one that the credentials are of."""
