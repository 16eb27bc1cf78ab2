from offhook.parts.openai_speech import Speech
from offhook.sim.clock import run
from tests.parts.provider import all_of, provider


def test_speech_comes_in_pieces_of_whole_samples():
    model, server = provider()
    speech = Speech(server, "m")
    voice = speech.voice("marin", "de-DE")
    sounds = run(all_of(voice.say("Hello there.")))
    assert len(sounds) > 3 and all(len(sound.audio) % 2 == 0 for sound in sounds)
    assert sum(len(sound.audio) for sound in sounds) == 12 * 50 * 48
    (asked,) = model.asked("speech")
    assert asked.body == {"model": "m", "voice": "marin", "input": "Hello there.", "response_format": "pcm"}


def test_half_a_sample_waits_for_its_other_half():
    class Odd:
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for piece, more in ((b"\x01", True), (b"\x02\x03", True), (b"\x04", False)):
                await send({"type": "http.response.body", "body": piece, "more_body": more})

    _, server = provider()
    server.transport._app = Odd()
    sounds = run(all_of(Speech(server, "m").voice(None, "en").say("x")))
    assert b"".join(sound.audio for sound in sounds) == b"\x01\x02\x03\x04"
    assert all(len(sound.audio) % 2 == 0 for sound in sounds)


def test_starting_and_ending_ask_nothing():
    async def whole():
        model, server = provider()
        speech = Speech(server, "m")
        await speech.start()
        await speech.close()
        assert model.log == []

    run(whole())
