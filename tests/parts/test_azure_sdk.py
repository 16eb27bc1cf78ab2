"""Microsoft's own SDK understands the stand-in, and the stand-in it: so what our parts say to it is what Azure is told."""

import asyncio
import threading
from contextlib import contextmanager

import pytest
from websockets.asyncio.server import serve

from tests.parts.azure_service import CHAR_MS, Recognition, Synthesis

speech = pytest.importorskip("azure.cognitiveservices.speech", reason="Azure's Speech SDK is not installed")


@contextmanager
def served(service):
    """The stand-in at a port, in a thread of its own: the SDK blocks."""
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    port = []

    async def whole():
        async with serve(service.talk, "127.0.0.1", 0, subprotocols=["USP"]) as server:
            port.append(server.sockets[0].getsockname()[1])
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(whole(),))
    thread.start()
    try:
        assert ready.wait(5)
        yield speech.SpeechConfig(host=f"ws://127.0.0.1:{port[0]}", subscription="k" * 32)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def test_the_sdk_hears_the_stand_in_speak_with_its_words():
    with served(Synthesis()) as config:
        config.set_speech_synthesis_output_format(speech.SpeechSynthesisOutputFormat.Raw8Khz8BitMonoMULaw)
        voice, words = speech.SpeechSynthesizer(speech_config=config, audio_config=None), []
        voice.synthesis_word_boundary.connect(lambda event: words.append((event.text, event.audio_offset // 10_000)))
        result = voice.speak_text_async("Hello there.").get()
        assert result.reason == speech.ResultReason.SynthesizingAudioCompleted, result.cancellation_details
        assert len(result.audio_data) == 8 * CHAR_MS * len("Hello there.")
        assert words == [("Hello", 0), ("there", 6 * CHAR_MS)]
        del voice


def test_the_sdk_is_understood_by_the_stand_in():
    service = Recognition("Guten Tag.", "Auf Wiedersehen.")
    with served(service) as config:
        stream = speech.audio.PushAudioInputStream(speech.audio.AudioStreamFormat(8000, 16, 1))
        ear = speech.SpeechRecognizer(config, speech.audio.AudioConfig(stream=stream), "de-DE")
        config.output_format, over, said, guesses = speech.OutputFormat.Detailed, threading.Event(), [], []
        ear.recognizing.connect(lambda event: guesses.append(event.result.text))
        ear.recognized.connect(lambda event: said.append(event.result.text))
        ear.session_stopped.connect(lambda _event: over.set())
        ear.start_continuous_recognition_async().get()
        stream.write(bytes(16000))
        stream.close()
        assert over.wait(10)
        ear.stop_continuous_recognition_async().get()
        assert "Guten Tag." in said and "a guess" in guesses and service.got[0] == 16000
        del ear
