"""A synthesizer's voice as a call has it: text as it is written goes in, µ-law comes out, and where each word of the written text
ends in it."""

import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

from offhook.audio.format import MULAW_8K
from offhook.errors import LegFailed
from offhook.speech.base import Sound, Synthesizer, Word
from offhook.speech.saying import speakable

if TYPE_CHECKING:
    from offhook.audio.convert import Converter

log = logging.getLogger(__name__)


class Voice:
    """One voice, shared by the calls of a process. What is always the same is rendered once and kept."""

    def __init__(self, synthesizer: Synthesizer, language: str | None = None) -> None:
        """`language`: that of a tag such as "en-US", in which what a language model writes is put into words that can be
        said; None: texts are said as they are. Raises ValueError for a synthesizer whose format cannot be converted."""
        self._synthesizer, self._language = synthesizer, language
        self.pause_ms = synthesizer.pause_ms
        self.word_times: bool = getattr(synthesizer, "word_times", False)
        """It tells when words end."""
        self._kept: dict[str, tuple[Sound, ...]] = {}
        if synthesizer.format != MULAW_8K:
            self._converter()

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """Renders a sentence or less. Raises LegFailed."""
        if (kept := self._kept.get(text)) is not None:
            for sound in kept:
                yield sound
            return
        lead = len(text) - len(text.lstrip())
        said = speakable(text.strip(), self._language) if self._language is not None else None
        words = said.text if said is not None else text.strip()
        if not words:
            return
        convert = self._converter() if self._synthesizer.format != MULAW_8K else None
        async with aclosing(self._rendered(words)) as sounds:
            async for sound in sounds:
                audio = sound.audio if convert is None else convert(sound.audio)
                ends = tuple(
                    Word(each.end_ms, lead + (said.written(each.end_char) if said is not None else each.end_char))
                    for each in sound.words
                )
                if audio or ends:
                    yield Sound(audio, ends)
        if convert is not None and (rest := convert.flush()):
            yield Sound(rest)

    async def _rendered(self, words: str) -> AsyncGenerator[Sound, None]:
        """As the synthesizer does; one that fails before there is a sound is asked once more."""
        for last in (False, True):
            begun = False
            try:
                async with aclosing(self._synthesizer.say(words)) as sounds:
                    async for sound in sounds:
                        begun = True
                        yield sound
                return
            except LegFailed as failed:
                if last or begun or not failed.retryable:
                    raise
                log.warning("a voice is asked once more: %s", failed)

    def kept(self, text: str) -> tuple[Sound, ...] | None:
        """A text that was rendered before any call asked for it."""
        return self._kept.get(text)

    async def keep(self, texts: Iterable[str]) -> None:
        """Renders texts that calls will ask for. Raises LegFailed."""
        for text in texts:
            if text and text not in self._kept:
                self._kept[text] = tuple([sound async for sound in self.say(text)])

    def _converter(self) -> "Converter":
        from offhook.audio.convert import Converter  # which needs numpy

        return Converter(self._synthesizer.format, MULAW_8K, aligned=True)


def shifted(words: Iterable[Word], ms: float, chars: int) -> tuple[tuple[float, int], ...]:
    """Word times of a piece within the whole that it is part of."""
    return tuple((ms + word.end_ms, chars + word.end_char) for word in words)
