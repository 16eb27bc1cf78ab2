"""Azure Speech's parts: recognition and voices of one resource, over its sockets, without the native SDK."""

import re

from offhook.errors import ConfigError
from offhook.parts.azure_recognition import AzureRecognition
from offhook.parts.azure_voices import AzureVoices
from offhook.parts.keys import Keys


def stt(model: str, keys: Keys) -> AzureRecognition:
    """Recognition. Raises ConfigError without a key and a region."""
    region, key = _resource(model, keys)
    return AzureRecognition(f"wss://{region}.stt.speech.{_domain(region)}", key)


def tts(model: str, keys: Keys) -> AzureVoices:
    """Voices. Raises ConfigError without a key and a region."""
    region, key = _resource(model, keys)
    return AzureVoices(f"wss://{region}.tts.speech.{_domain(region)}", key)


def _resource(model: str, keys: Keys) -> tuple[str, str]:
    region, key = keys.azure_speech_region, keys.azure_speech_key
    if model:
        raise ConfigError(f'Azure Speech has no models to choose from: write "azure", not "azure:{model[:40]}".')
    if not region or not key:
        raise ConfigError("Azure Speech needs a key and a region: set AZURE_SPEECH_KEY and AZURE_SPEECH_REGION.")
    if not re.fullmatch("[a-z0-9]+", region):
        raise ConfigError("AZURE_SPEECH_REGION must be a region such as westeurope.")
    return region, key


def _domain(region: str) -> str:
    if region.startswith("china"):
        return "azure.cn"
    return "azure.us" if region.startswith("usgov") else "microsoft.com"
