import importlib.metadata
from types import SimpleNamespace

import pytest

from offhook import ConfigError
from offhook.parts import names
from offhook.parts.keys import Keys

KEYS = Keys(
    openai_api_key="x", anthropic_api_key="y", deepgram_api_key="z", assemblyai_api_key="a", elevenlabs_api_key="e",
    azure_speech_key="k", azure_speech_region="westeurope",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "made"),
    [
        ("stt", "openai", "Transcription"), ("llm", "openai:gpt-4.1", "Chat"), ("tts", "openai", "Speech"),
        ("llm", "anthropic", "Messages"), ("llm", "embedded", "EmbeddedMind"), ("stt", "deepgram:nova-3", "Deepgram"),
        ("stt", "assemblyai", "AssemblyAI"), ("stt", "azure", "AzureRecognition"), ("tts", "azure", "AzureVoices"),
        ("tts", "elevenlabs:eleven_v3", "ElevenLabs"), ("tts", "melotts:http://localhost:8888", "MeloTTS"),
    ],
)  # fmt: skip
def test_a_part_is_found_by_its_name(kind, name, made):
    assert type(names.part(kind, name, KEYS)).__name__ == made


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        (
            "llm",
            "openal:x",
            'no parts of "openal", which llm is set to: name one of anthropic, assemblyai, azure, deepgram',
        ),
        ("tts", "anthropic", 'cannot speak: set tts to "azure" or "elevenlabs" or "embedded" or "kokoro" or "melotts"'),
        ("turn", "openai", 'cannot hear the end of a turn: set turn to "smart-turn"'),
        ("stt", "kokoro:/x", 'cannot recognise speech: set stt to "assemblyai" or "azure" or "deepgram" or'),
    ],
)
def test_a_name_there_is_nothing_for_is_told_with_those_there_are(kind, name, why):
    with pytest.raises(ConfigError, match=why):
        names.part(kind, name, KEYS)


def test_a_part_without_its_key_says_which():
    for name, variable in (("openai", "OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY")):
        with pytest.raises(ConfigError, match=variable):
            names.part("llm", name, Keys())


def test_others_bring_parts_by_entry_point(monkeypatch):
    theirs = SimpleNamespace(llm=lambda model, keys: ("theirs", model))
    point = importlib.metadata.EntryPoint("acme", "acme:parts", names.GROUP)
    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", lambda self: theirs)
    monkeypatch.setattr(names, "entry_points", lambda group, name=None: [point] if name in (None, "acme") else [])
    assert names.part("llm", "acme:large", KEYS) == ("theirs", "large")
    with pytest.raises(ConfigError, match="acme, anthropic"):
        names.part("llm", "other", KEYS)
