"""The worker process of Kokoro: text in, levelled µ-law out.

espeak-ng tells how a text is pronounced, clause by clause; the network speaks that, in the manner of a voice: for each
number of symbols a voice has a row of its own. espeak-ng is GPL-3, which is one more reason for a process of its own.
"""

import ctypes
import re
import sys

import numpy as np
import onnxruntime as ort  # type: ignore[import-not-found, import-untyped, unused-ignore]
from numpy.typing import NDArray

from offhook.speech.engines.espeak_worker import render
from offhook.speech.engines.kokoro import NAMES, SPEAK
from offhook.speech.engines.messages import Refused, serve

RATE = 24_000

_SYMBOLS = {
    **dict(zip(';:,.!?—…"()“” \u0303ʣʥʦʨᵝꭧAI', [*range(1, 7), *range(9, 26)], strict=True)),
    **dict(zip("OQSTWYᵊ", (31, 33, 35, 36, 39, 41, 42), strict=True)),
    **dict(zip("abcdefhijklmnopqrstuvwxyz", [*range(43, 49), *range(50, 69)], strict=True)),
    **dict(zip("ɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ", (
        69, 70, 71, 72, 75, 76, 77, 78, 80, 81, 82, 83, 85, 86, 87, 90, 92, 99, 101, 102, 103, 110, 111, 112, 113, 114, 115,
        116, 118, 119, 120, 123, 125, 126, 128, 129, 130, 131, 132, 133, 135, 136, 138, 139, 140, 142, 143, 147, 148, 156,
        157, 158, 162, 164, 169, 171, 172, 173, 177,
    ), strict=True)),
}  # fmt: skip
"""The network's own numbers of what it can be told to say."""

_ENGLISH = (
    ("eɪ", "A"), ("aɪ", "I"), ("oʊ", "O"), ("əʊ", "Q"), ("aʊ", "W"), ("ɔɪ", "Y"), ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ɜː", "ɜɹ"),
    ("ɚ", "əɹ"), ("ɐ", "ə"), ("ː", ""), ("e", "A"), ("r", "ɹ"),
)  # fmt: skip
"""Of English the network was taught a notation with a letter for each diphthong."""

_CLAUSES = re.compile(r'([;:,.!?—…"()“”]+)|([^;:,.!?—…"()“”]+)')

_SWITCHES = re.compile(r"\([a-z-]+\)")
"""How espeak-ng marks words of another language."""


class Pronunciation:
    """espeak-ng, loaded into this process. It has global state, so there is one at most."""

    _SYNCHRONOUS, _UTF8, _IPA = 2, 1, 2

    def __init__(self) -> None:
        """Raises Refused if it does not start."""
        import espeakng_loader  # type: ignore[import-untyped]

        self._espeak = ctypes.CDLL(espeakng_loader.get_library_path())
        if self._espeak.espeak_Initialize(self._SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0) <= 0:
            raise Refused("espeak-ng does not start: reinstall offhook[kokoro].")
        self._phonemes = self._espeak.espeak_TextToPhonemes
        self._phonemes.restype = ctypes.c_char_p

    def __call__(self, text: str, language: str) -> str:
        """How a text is said, in the network's notation, with its punctuation. Raises Refused for a language there is none of."""
        if self._espeak.espeak_SetVoiceByName(language.encode()):
            raise Refused(f"espeak-ng does not know {language}: set another LANGUAGE.")
        said = ""
        for marks, words in _CLAUSES.findall(text):
            if words.strip():
                said += " " * bool(said) + self._ipa(words.strip())
            said += marks
        if language.startswith("en"):
            for spelt, taught in _ENGLISH:
                said = said.replace(spelt, taught)
        return said

    def _ipa(self, clause: str) -> str:
        rest, said = ctypes.c_char_p(clause.encode()), []
        while rest.value:
            said.append((self._phonemes(ctypes.byref(rest), self._UTF8, self._IPA) or b"").decode())
        return _SWITCHES.sub("", " ".join(said))


class Kokoro:
    """The network and its voices."""

    def __init__(self, network: str, voices: str, threads: int) -> None:
        """Raises Refused for files that are something else."""
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # Threads that wait busily for one another take half as much CPU again, and more on a machine with other work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
            with np.load(voices) as styles:
                self._styles = {name: styles[name].astype(np.float32) for name in styles.files}
        except Exception as reason:  # the library has an exception of its own for each way to be no model
            raise Refused(f"{network} and {voices} are not Kokoro's network and voices: fetch them again.") from reason
        inputs = {each.name for each in self._session.get_inputs()}
        self._tokens = "tokens" if "tokens" in inputs else "input_ids"
        if not inputs >= {self._tokens, "style", "speed"} or not self._styles:
            raise Refused(f"{network} is not Kokoro: it must take tokens, a style and a speed.")
        self._speed = next(each.type for each in self._session.get_inputs() if each.name == "speed")
        self._pronounce = Pronunciation()

    @property
    def names(self) -> list[str]:
        """Of the voices."""
        return sorted(self._styles)

    def speak(self, voice: str, language: str, text: str) -> bytes:
        """µ-law 8 kHz; nothing of a text that has no words. Raises Refused for a voice there is none of."""
        if voice not in self._styles:
            raise Refused(f'Kokoro has no voice "{voice}" in this folder: set VOICE to another.')
        said = self._pronounce(text, language)
        if not any(each.isalpha() for each in said):
            return b""
        samples = np.rint(self._render(said, self._styles[voice]).clip(-1, 1) * 32767)
        audio, _ = render((samples.astype("<i2").tobytes(), RATE, []), text)
        return audio

    def _render(self, said: str, style: NDArray[np.float32]) -> NDArray[np.float32]:
        symbols = [_SYMBOLS[each] for each in said if each in _SYMBOLS][: len(style)]
        row = style[len(symbols) - 1].reshape(1, -1)
        speed = np.ones(1, np.float32 if "float" in self._speed else np.int32)
        told = {self._tokens: np.array([[0, *symbols, 0]], np.int64), "style": row, "speed": speed}
        return np.asarray(self._session.run(None, told)[0], np.float32).ravel()


def main() -> None:
    """Serves until the other side closes the pipe. Arguments: the network's file, the voices', threads."""
    kokoro: Kokoro | None = None

    def handle(_stream: int, kind: int, body: bytes) -> bytes:
        nonlocal kokoro
        kokoro = kokoro or Kokoro(sys.argv[1], sys.argv[2], int(sys.argv[3]))
        if kind == NAMES:
            return ",".join(kokoro.names).encode()
        if kind == SPEAK:
            voice, language, text = body.decode().split("\0", 2)
            return kokoro.speak(voice, language, text)
        return b""

    serve(handle)


if __name__ == "__main__":
    main()
