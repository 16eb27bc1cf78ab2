"""A voice of any format as the telephone has it: µ-law at telephone level, as a stream, each moment where it was."""

from offhook.audio import g711
from offhook.audio.convert import Converter
from offhook.audio.format import MULAW_8K, Format
from offhook.audio.leveller import Leveller, Loudness, learn


class Telephone:
    """One voice's way to it, shared by all that it says."""

    def __init__(self, format: Format, *, levelled: bool) -> None:
        """`levelled`: the voice is at telephone level already. Raises ValueError for a format that there is no way from."""
        Converter(format, MULAW_8K)
        self.format = format
        self.loudness = None if levelled else Loudness()

    def learn(self, audio: bytes) -> None:
        """How loud the voice is, from something that is not said yet."""
        if self.loudness is not None:
            learn(self.loudness, g711.decode(audio) if self.format.encoding == "mulaw" else audio, self.format.rate)

    def stream(self) -> "Stream":
        """For one stretch that it says."""
        return Stream(self)


class Stream:
    """Pieces of any length in, all that they determine out."""

    def __init__(self, way: Telephone) -> None:
        self._decode = way.format.encoding == "mulaw"
        self._level = Leveller(way.loudness, way.format.rate) if way.loudness is not None else None
        self._convert = Converter(Format("pcm16", way.format.rate), MULAW_8K, aligned=True)

    def __call__(self, audio: bytes) -> bytes:
        """The next piece."""
        pcm16 = g711.decode(audio) if self._decode else audio
        return self._convert(self._level(pcm16) if self._level is not None else pcm16)

    def flush(self) -> bytes:
        """What is left at the end."""
        return self._convert.flush()
