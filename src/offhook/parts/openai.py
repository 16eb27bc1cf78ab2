"""OpenAI's parts, and those of servers that speak like it (Ollama, vLLM, speaches, …).

OPENAI_BASE_URL says where they are, or the name of a part, for it alone: "openai:llama3.2@http://localhost:11434/v1".
"""

from urllib.parse import urlsplit

from offhook.errors import ConfigError
from offhook.parts.http import Server
from offhook.parts.keys import Keys
from offhook.parts.openai_chat import Chat
from offhook.parts.openai_speech import Speech
from offhook.parts.openai_transcription import Transcription

BASE_URL = "https://api.openai.com/v1"
STT, LLM, TTS = "gpt-4o-mini-transcribe", "gpt-4.1-mini", "gpt-4o-mini-tts"
"""The usual models."""
PRICED = {"api.openai.com": "openai", "generativelanguage.googleapis.com": "google"}
"""Whose prices hold, by the host. Others have their own, or none."""


def stt(model: str, keys: Keys) -> Transcription:
    """Recognition of whole stretches of speech."""
    name, _, elsewhere = model.partition("@")
    return Transcription(server(keys, elsewhere), name or STT)


def llm(model: str, keys: Keys) -> Chat:
    """A language model."""
    name, _, elsewhere = model.partition("@")
    at = server(keys, elsewhere)
    return Chat(at, name or LLM, PRICED.get(at.host, ""))


def tts(model: str, keys: Keys) -> Speech:
    """Voices."""
    name, _, elsewhere = model.partition("@")
    return Speech(server(keys, elsewhere), name or TTS)


def server(keys: Keys, elsewhere: str = "") -> Server:
    """Where they are: at OpenAI, at the server of OPENAI_BASE_URL, or `elsewhere`, where no key is told. Raises ConfigError
    without a key, unless another server than OpenAI's is named."""
    if elsewhere:
        keys = Keys(openai_base_url=elsewhere)
    key, base_url = keys.openai_api_key, keys.openai_base_url
    if not key and not base_url:
        raise ConfigError("The parts of OpenAI need a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to another server.")
    base_url = (base_url or BASE_URL).replace("ws://", "http://").replace("wss://", "https://")
    base_url = base_url.rstrip("/").removesuffix("/realtime")
    if not urlsplit(base_url).path.rstrip("/"):
        base_url += "/v1"
    name = (urlsplit(base_url).netloc.rpartition("@")[2] if keys.openai_base_url else None) or "OpenAI"
    azure = (urlsplit(base_url).hostname or "").endswith(".azure.com")
    headers = {} if not key else {"api-key": key} if azure else {"Authorization": f"Bearer {key}"}
    return Server(name, base_url, headers, secret=key or "")
