"""G.711 µ-law to PCM16 and back, by two tables.

A code is eight bits, inverted on the line: sign, three bits of segment, four of step (ITU-T G.711, table 2; the 14 bits
of the recommendation are the upper bits of our 16). Decoding gives the middle of a step. Encoding finds the step by
*magnitude*, so that a wave and its negative encode alike; C libraries that shift the signed value instead differ by one
code on 381 of the 65,536 values. Every code but negative zero (0x7F, which decodes to 0) survives decode and encode.
"""

import numpy as np
from numpy.typing import NDArray

_BIAS = 132
"""Makes each segment begin at a power of two."""
_CLIP = 32767 - _BIAS


def _decode_table() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.uint8)
    segment, step = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    magnitude = ((step << 3) + _BIAS << segment) - _BIAS
    return np.where(code & 128, -magnitude, magnitude).astype(np.int16)


def _encode_table() -> NDArray[np.uint8]:
    value = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(value), _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    code = segment << 4 | magnitude >> segment + 3 & 15 | np.where(value < 0, 128, 0)
    return np.asarray(~code.astype(np.uint8))


_DECODE = _decode_table()
_ENCODE = _encode_table()


def decode(mulaw: bytes) -> bytes:
    """µ-law to PCM16: two bytes for each."""
    return _DECODE.take(np.frombuffer(mulaw, np.uint8)).tobytes()


def encode(pcm16: bytes) -> bytes:
    """PCM16 to µ-law: one byte for two; an odd number of bytes is a ValueError."""
    return _ENCODE.take(np.frombuffer(pcm16, "<u2")).tobytes()
