"""A synthesizer's voice as a call has it: text as it is written goes in, µ-law comes out, and where each word of the written text
ends in it."""

import logging
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

from offhook.audio.format import MULAW_8K
from offhook.errors import LegFailed
from offhook.speech.base import Sound, Synthesizer, Word
from offhook.speech.saying.rewriting import Rewriting
from offhook.speech.saying.spoken_form import speakable

if TYPE_CHECKING:
    from offhook.audio.telephone import Telephone

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
        self._way = _way(synthesizer)

    async def say(self, text: str) -> AsyncGenerator[Sound, None]:
        """Renders a sentence or less. Raises LegFailed."""
        if (kept := self._kept.get(text)) is not None:
            for sound in kept:
                yield sound
            return
        said = self._speakable(text)
        if not said.text:
            return
        async with aclosing(self._rendered(said.text)) as sounds:
            async for sound in self._by_telephone(text, said, sounds):
                yield sound

    def _speakable(self, text: str) -> Rewriting:
        text = text.strip()
        return speakable(text, self._language) if self._language is not None else Rewriting(text)

    async def _by_telephone(
        self, text: str, said: Rewriting, sounds: AsyncIterable[Sound]
    ) -> AsyncGenerator[Sound, None]:
        """As it is heard there, with the ends of words in the text as it was written."""
        lead = len(text) - len(text.lstrip())
        stream = self._way.stream() if self._way is not None else None
        async for sound in sounds:
            audio = sound.audio if stream is None else stream(sound.audio)
            ends = tuple(Word(each.end_ms, lead + said.written(each.end_char)) for each in sound.words)
            if audio or ends:
                yield Sound(audio, ends)
        if stream is not None and (rest := stream.flush()):
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
        """Renders texts that calls will ask for, and learns from them how loud the voice is. Raises LegFailed."""
        for text in texts:
            if text and text not in self._kept:
                said = self._speakable(text)
                sounds = [sound async for sound in self._rendered(said.text)] if said.text else []
                if self._way is not None:
                    self._way.learn(b"".join(sound.audio for sound in sounds))
                self._kept[text] = tuple([sound async for sound in self._by_telephone(text, said, _each(sounds))])


def _way(synthesizer: Synthesizer) -> "Telephone | None":
    """To the telephone, for what does not come ready to be sent."""
    levelled = getattr(synthesizer, "levelled", False)
    if synthesizer.format == MULAW_8K and levelled:
        return None
    from offhook.audio.telephone import Telephone  # which needs numpy

    return Telephone(synthesizer.format, levelled=levelled)


async def _each(sounds: Iterable[Sound]) -> AsyncGenerator[Sound, None]:
    for sound in sounds:
        yield sound


def shifted(words: Iterable[Word], ms: float, chars: int) -> tuple[tuple[float, int], ...]:
    """Word times of a piece within the whole that it is part of."""
    return tuple((ms + word.end_ms, chars + word.end_char) for word in words)
