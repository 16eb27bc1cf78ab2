"""Audio that tells where it belongs: every 20 ms say of which call, which item and which frame they are.

160 bytes of µ-law: six bytes of numbers, then a filling that depends on them, so that a byte which was altered, a frame
which was lost, doubled or given to another call is noticed at the other end. Pure.
"""

import struct
from base64 import b64encode
from binascii import a2b_base64

FRAME_BYTES = 160
FRAME_MS = 20
SILENCE = 0xFF
_NUMBERS = struct.Struct("<HHH")
_FILLINGS = [bytes((17 * n + 29 * i) % 251 for i in range(FRAME_BYTES - _NUMBERS.size)) for n in range(61)]
# Six bytes are eight characters of base64, so that a whole frame's text is put together and checked without decoding.
_FILLING_TEXTS = [b64encode(filling) for filling in _FILLINGS]
_NUMBERS_TEXT = 8


def frame(call: int, item: int, number: int) -> bytes:
    """One frame. All three numbers are taken modulo 65536."""
    return _NUMBERS.pack(call & 0xFFFF, item & 0xFFFF, number & 0xFFFF) + _FILLINGS[number % 61]


def frame_text(call: int, item: int, number: int) -> bytes:
    """The same in base64."""
    numbers = _NUMBERS.pack(call & 0xFFFF, item & 0xFFFF, number & 0xFFFF)
    return b64encode(numbers) + _FILLING_TEXTS[number % 61]


def numbers(audio: bytes) -> tuple[int, int, int] | None:
    """Call, item and frame number of one frame; None if a byte of it is not as it was made."""
    if len(audio) != FRAME_BYTES:
        return None
    call, item, number = _NUMBERS.unpack_from(audio)
    return (call, item, number) if audio[_NUMBERS.size :] == _FILLINGS[number % 61] else None


def text_numbers(text: bytes) -> tuple[int, int, int] | None:
    """The same of a frame in base64."""
    try:
        call, item, number = _NUMBERS.unpack(a2b_base64(text[:_NUMBERS_TEXT]))
    except (ValueError, struct.error):
        return None
    return (call, item, number) if text[_NUMBERS_TEXT:] == _FILLING_TEXTS[number % 61] else None


class Order:
    """Follows the audio of one call as it arrives, in whatever pieces, and counts what is not as it was sent.

    Frames are numbered through the whole call. None may be missing but after a cut: then an item may end early.
    """

    def __init__(self, call: int) -> None:
        self._call = call
        self._rest = b""
        self._item, self._next = 0, 0
        self._cut = False
        self.faults = 0
        """Frames altered, lost, doubled or of another call."""

    def cut(self) -> None:
        """The rest of the item that is on its way may be lost."""
        self._cut, self._rest = True, b""

    def take(self, audio: bytes) -> list[tuple[int, int]]:
        """The next bytes: item and number of each frame that is whole now. A message of silence is nobody's."""
        if not self._rest and audio.count(SILENCE) == len(audio):
            return []
        audio = self._rest + audio
        whole = len(audio) - len(audio) % FRAME_BYTES
        self._rest = audio[whole:]
        return [found for at in range(0, whole, FRAME_BYTES) if (found := self._check(audio[at : at + FRAME_BYTES]))]

    def _check(self, piece: bytes) -> tuple[int, int] | None:
        told = numbers(piece)
        if told is None or told[0] != self._call:
            self.faults += 1
            return None
        _, item, number = told
        if number != self._next and not (self._cut and number > self._next and item > self._item):
            self.faults += 1
        if item > self._item:
            self._cut = False
        self._item, self._next = item, number + 1
        return item, number
