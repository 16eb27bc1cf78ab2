"""Rendering, apart from any engine: what happens to the sound and the words that an engine gives."""

import numpy as np
import pytest

from offhook.audio import g711
from offhook.audio.level import speech_rms
from offhook.speech.engines.espeak_worker import Command, render
from offhook.speech.engines.messages import Refused


def _engine_sound(*stretches: tuple[int, float]) -> bytes:
    """Tone of (milliseconds, amplitude) after one another, at 22,050 Hz as espeak has it."""
    return b"".join(
        np.rint(amplitude * np.sin(2 * np.pi * 400 * np.arange(ms * 22050 // 1000) / 22050)).astype("<i2").tobytes()
        for ms, amplitude in stretches
    )


def test_silence_before_the_speech_is_cut_to_a_moment() -> None:
    audio, _ = render((_engine_sound((300, 0), (400, 3000), (500, 0)), 22050, []), "x")
    samples = np.frombuffer(g711.decode(audio), "<i2").astype(int)
    first = int(np.flatnonzero(np.abs(samples) > 1000)[0])
    assert 5 <= first / 8 < 30


def test_a_sentence_ends_with_a_short_pause() -> None:
    audio, _ = render((_engine_sound((400, 3000), (900, 0)), 22050, []), "x")
    assert 540 <= len(audio) / 8 <= 580


def test_loudness_is_that_of_the_telephone() -> None:
    audio, _ = render((_engine_sound((400, 300)), 22050, []), "x")
    samples = np.frombuffer(g711.decode(audio), "<i2").astype(float)
    assert 20 * np.log10(speech_rms(samples, 8000) / 32768) == pytest.approx(-20, abs=1)


def test_a_word_ends_with_its_last_sound_and_its_punctuation() -> None:
    text = "One, two."
    sound = _engine_sound((200, 0), (300, 3000), (400, 0), (300, 3000), (200, 0))
    audio, words = render((sound, 22050, [(200.0, 3), (900.0, 8)]), text)
    assert [text[:end_char] for _, end_char in words] == ["One,", "One, two."]
    # 15 ms of the silence before are kept.
    assert [end_ms for end_ms, _ in words] == [pytest.approx(315, abs=10), pytest.approx(1015, abs=10)]
    assert words[-1][0] <= len(audio) / 8


def test_word_times_never_go_back() -> None:
    sound = _engine_sound((500, 3000))
    _, words = render((sound, 22050, [(0.0, 1), (300.0, 3), (300.0, 5), (250.0, 7)]), "a b c d")
    assert [end for end, _ in words] == sorted(end for end, _ in words)


def test_silence_is_nothing() -> None:
    assert render((bytes(4410), 22050, [(0.0, 1)]), "x") == (b"", [])
    assert render((b"", 22050, []), "") == (b"", [])


def test_a_program_that_fails_is_a_refusal(tmp_path) -> None:  # type: ignore[no-untyped-def]
    program = tmp_path / "flite"
    program.write_text("#!/bin/sh\necho no such voice >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(Refused, match="no such voice"):
        Command(str(program), "", 170)("hello")
