"""What a simulated call sounded like at the caller's telephone: left what the caller said, right what the ear got."""

from collections.abc import Iterable

from offhook.audio import g711, wav
from offhook.sim.carrier import CarrierCall
from offhook.sim.stream import BYTES_PER_MS, Stretch

RATE = 8000


def stereo(call: CarrierCall) -> bytes:
    """The whole call from its first frame on as interleaved PCM16, 8 kHz; silence where nobody spoke."""
    heard = [stretch for stream in call.streams for stretch in stream.playback.played]
    sides = (call.mouth, heard)
    begin = min((stretch.start_ms for side in sides for stretch in side), default=0.0)
    end = max((stretch.end_ms for side in sides for stretch in side), default=0.0)
    left, right = (g711.decode(_track(side, begin, end)) for side in sides)
    return wav.interleave(left, right)


def _track(stretches: Iterable[Stretch], begin_ms: float, end_ms: float) -> bytes:
    track = bytearray(b"\xff") * round((end_ms - begin_ms) * BYTES_PER_MS)
    for stretch in stretches:
        at = round((stretch.start_ms - begin_ms) * BYTES_PER_MS)
        track[at : at + len(stretch.audio)] = stretch.audio[: len(track) - at]
    return bytes(track)
