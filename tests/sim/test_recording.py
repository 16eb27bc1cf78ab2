"""A call as a stereo recording."""

import numpy as np

from offhook.audio import g711
from offhook.sim.carrier import CarrierCall
from offhook.sim.media import MediaStream
from offhook.sim.orders import Setup
from offhook.sim.recording import stereo
from offhook.sim.signature import Account
from offhook.sim.stream import MarkFaults, Stretch
from offhook.sim.twiml import Verb


def test_left_is_the_caller_and_right_is_what_was_heard_at_their_times() -> None:
    call = CarrierCall(Setup("http://h/voice", Account("AC1", "t")))
    call.mouth.append(Stretch(100.0, bytearray(b"\x20" * 160)))
    stream = MediaStream("MZ1", Verb("Stream"), "AC1", "CA1", MarkFaults())
    stream.playback.played.append(Stretch(110.0, bytearray(b"\x10" * 240)))
    call.streams.append(stream)
    samples = np.frombuffer(stereo(call), "<i2").reshape(-1, 2)
    caller, agent = (int.from_bytes(g711.decode(code), "little", signed=True) for code in (b"\x20", b"\x10"))
    assert samples.shape == (320, 2)  # 100 to 140 ms
    assert (samples[:160, 0] == caller).all() and (samples[160:, 0] == 0).all()
    assert (samples[:80, 1] == 0).all() and (samples[80:, 1] == agent).all()


def test_a_call_without_a_sound_is_an_empty_recording() -> None:
    assert stereo(CarrierCall(Setup("http://h/voice", Account("AC1", "t")))) == b""
