"""The bank, the gate and the energy detector."""

import numpy as np
import pytest

from offhook.audio.vad import QUIET_WINDOWS, WINDOW_MS, EnergyModel, SpeechGate, Transition, VoiceBank, best_model
from tests.audio.voice import vowels


class _Counting:
    """A model that says how loud a window is and counts, in its state, how many it saw."""

    state_size = 1

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.states: list[float] = []

    def __call__(self, windows: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
        self.batches.append(len(windows))
        self.states = [float(row[0]) for row in state]
        return np.abs(windows).max(axis=1), state + 1


def _window(level: float) -> bytes:
    return np.full(256, level * 32768, "<i2").tobytes()


def test_only_whole_windows_are_judged() -> None:
    bank = VoiceBank(_Counting())
    track = bank.open()
    track.feed(_window(0.5)[:-2])
    assert bank.evaluate() == []
    track.feed(_window(0.5)[-2:])
    assert bank.evaluate() == [(track, [0.5])]
    assert bank.evaluate() == []


def test_calls_with_a_whole_window_are_judged_in_one_batch() -> None:
    model = _Counting()
    bank = VoiceBank(model)
    first, second, third = bank.open(), bank.open(), bank.open()
    first.feed(_window(0.25) + _window(0.5))
    third.feed(_window(0.75))
    assert bank.evaluate() == [(first, [0.25, 0.5]), (third, [0.75])]
    assert model.batches == [2, 1]
    second.close()


def test_each_call_has_its_own_memory() -> None:
    model = _Counting()
    bank = VoiceBank(model)
    first, second = bank.open(), bank.open()
    first.feed(3 * _window(0))
    bank.evaluate()
    first.feed(_window(0))
    second.feed(_window(0))
    bank.evaluate()
    assert model.states == [3, 0]


def test_a_place_given_back_starts_anew_for_the_next_call() -> None:
    model = _Counting()
    bank = VoiceBank(model)
    gone = bank.open()
    gone.feed(2 * _window(0.5) + b"\x00\x00")
    bank.evaluate()
    gone.close()
    gone.close()
    new = bank.open()
    new.feed(_window(0.5))
    assert bank.evaluate() == [(new, [0.5])]
    assert model.states == [0]


def test_a_bank_grows_without_losing_anyones_memory() -> None:
    model = _Counting()
    bank = VoiceBank(model)
    tracks = [bank.open() for _ in range(5)]
    for track in tracks:
        track.feed(_window(0))
    bank.evaluate()
    tracks += [bank.open() for _ in range(40)]
    for track in tracks:
        track.feed(_window(0))
    assert len(bank.evaluate()) == 45
    assert model.states == [1] * 5 + [0] * 40


def _run(gate: SpeechGate, *probabilities: float) -> list[Transition]:
    return [transition for p in probabilities if (transition := gate.update(p))]


def test_speech_starts_at_the_first_of_two_sure_windows() -> None:
    gate = SpeechGate()
    assert _run(gate, 0.1, 0.6, 0.9) == [Transition("started", WINDOW_MS)]
    assert gate.speaking and gate.ms == 3 * WINDOW_MS


def test_one_window_is_a_click() -> None:
    assert _run(SpeechGate(), 0.1, 0.9, 0.1, 0.9, 0.1) == []


def test_speech_stops_where_the_silence_began_once_it_lasted() -> None:
    gate = SpeechGate(stop_windows=3)
    assert _run(gate, 0.9, 0.9, 0.1, 0.1) == [Transition("started", 0.0)]
    assert _run(gate, 0.1) == [Transition("stopped", 2 * WINDOW_MS)]


def test_a_doubtful_window_keeps_speech_going_but_does_not_start_it() -> None:
    gate = SpeechGate(stop_windows=2)
    assert _run(gate, 0.45, 0.45, 0.45) == []
    assert _run(gate, 0.9, 0.9, 0.1, 0.45, 0.1, 0.45) == [Transition("started", 3 * WINDOW_MS)]
    assert gate.speaking


def test_speech_can_start_again_after_it_stopped() -> None:
    gate = SpeechGate(stop_windows=1)
    assert [t.kind for t in _run(gate, 0.9, 0.9, 0.1, 0.9, 0.9)] == ["started", "stopped", "started"]


@pytest.fixture(params=["best", "energy"])
def bank(request: pytest.FixtureRequest) -> VoiceBank:
    return VoiceBank(best_model() if request.param == "best" else EnergyModel())


def test_each_swell_of_a_voice_is_found_within_a_tenth_of_a_second(bank: VoiceBank) -> None:
    track, gate = bank.open(), SpeechGate(stop_windows=4)
    rng = np.random.default_rng(3)
    line = np.concatenate((np.zeros(8000), np.frombuffer(vowels(), "<i2"), np.zeros(4000)))
    track.feed((line + rng.standard_normal(len(line)) * 20).astype("<i2").tobytes())
    ((_, probabilities),) = bank.evaluate()
    starts = [t.at_ms for t in _run(gate, *probabilities) if t.kind == "started"]
    assert len(starts) == 3
    for found, true in zip(starts, (1000, 1667, 2333), strict=True):
        assert abs(found - true) <= 100


def test_steady_noise_is_no_speech_to_the_energy_detector() -> None:
    bank = VoiceBank(EnergyModel())
    track = bank.open()
    noise = np.random.default_rng(4).standard_normal(16 * 8000) * 500
    track.feed(noise.astype("<i2").tobytes())
    ((_, probabilities),) = bank.evaluate()
    assert max(probabilities) < 0.5


def test_the_energy_detector_gets_used_to_noise_that_sets_in() -> None:
    bank = VoiceBank(EnergyModel())
    track = bank.open()
    noise = np.random.default_rng(4).standard_normal(16 * 8000) * 500
    noise[:8000] /= 10
    track.feed(noise.astype("<i2").tobytes())
    ((_, probabilities),) = bank.evaluate()
    assert probabilities[40] > 0.5 > max(probabilities[-60:])


def test_what_turned_out_to_be_no_speech_neither_goes_on_nor_stops() -> None:
    gate = SpeechGate()
    assert [gate.update(0.9) is not None for _ in range(2)] == [False, True]
    gate.hush()
    assert not gate.speaking
    assert [gate.update(0.0) for _ in range(10)] == [None] * 10
    assert gate.ms == 12 * 32


def test_a_second_without_speech_is_a_rest_told_once() -> None:
    gate = SpeechGate()
    _run(gate, 0.9, 0.9)
    assert gate.speaking
    rests = []
    for _ in range(100):
        gate.update(0.02)
        rests.append(gate.rested)
    assert rests.count(True) == 1 and not gate.speaking
    assert rests.index(True) == 7 + QUIET_WINDOWS - 1, "a second after it was known that speech had stopped"
    gate.update(0.3)
    assert [gate.rested for _ in range(QUIET_WINDOWS) if gate.update(0.0) is None][-1], "a murmur begins it anew"


def test_a_model_that_drifts_forgets_in_a_rest_and_another_keeps_its_noise_floor() -> None:
    class Drifting(EnergyModel):
        drifts = True

    for model, kept in ((EnergyModel(), True), (Drifting(), False)):
        bank = VoiceBank(model)
        track = bank.open()
        track.feed(bytes(2 * 256))
        bank.evaluate()
        track.forget()
        assert bool(bank._state[track.row, 0]) is kept
