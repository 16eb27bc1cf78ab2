"""What is said at one go: pieces of text in, an item's audio and words out, each piece as soon as it can be had.

The next piece is rendered while one is handed on, so that a voice behind a network leaves no hole between two sentences.
An answer may be given before it is wanted: it is held, and costs nothing else if it never is.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol

from offhook.agent.cascade.voice import Voice, shifted
from offhook.agent.conversation import Conversation
from offhook.audio.format import MULAW_8K
from offhook.core import events as e
from offhook.core.leg import AgentSide
from offhook.speech.base import Sound

AHEAD = 2
"""Pieces that are rendered or wait to be, beside the one that is handed on."""
PATIENCE_S = 0.3
"""With a tool, before what was said so far becomes an item of its own."""
NEAR_S = 0.5
"""A voice usually takes less to begin."""
SOON_MS = 400.0
"""A piece whose audio takes longer to come has its words told before the last of it is there."""
CHAR_MS = 65.0
"""Of speech, for one character, until the voice has told better by a piece of more than LEAST_CHARS."""
LEAST_CHARS = 20
STOPS = ".!?…。！？"


class Speaker(Protocol):
    """What says answers: the leg."""

    call: AgentSide
    conversation: Conversation
    said: int
    """Pieces, in all answers."""

    @property
    def voice(self) -> Voice:
        """What the next piece is spoken with."""

    def next_item(self) -> str:
        """A name for one more item."""

    def ask(self, name: str, arguments: dict[str, Any]) -> "asyncio.Future[str]":
        """Asks for a tool."""


class Answer:
    """An item, or several where a tool takes long between them."""

    def __init__(
        self,
        speaker: Speaker,
        item: str | None = None,
        *,
        held: bool = False,
    ) -> None:
        """`held`: nothing is heard of it before `release`."""
        self._speaker = speaker
        self._item = item or speaker.next_item()
        self.first: Callable[[str], None] = lambda _what: None
        """Told when there is a first "piece" of text and a first stretch of "audio", and when it is "said"."""
        self._held: list[Callable[[], None]] | None = [] if held else None
        self._released = asyncio.Event()
        if not held:
            self._released.set()
        self._pieces: asyncio.Queue[_Piece | None] = asyncio.Queue(AHEAD)
        self._playing: asyncio.Task[None] | None = None
        self._finishing = asyncio.Lock()
        self._said_ms = 0.0
        self._text = ""
        self._char_ms = CHAR_MS
        self.begun = False
        """Something of the item that is open was said."""
        self._rendered_from: float | None = None
        self._sounded = False
        self._chars_ahead = 0  # of pieces that are not handed on yet
        self._played_until = 0.0  # on the loop's clock, what was said will have been heard

    @property
    def item(self) -> str:
        """What is said now, or was last."""
        return self._item

    @property
    def near(self) -> bool:
        """Its first words are being rendered, and not for long."""
        began = self._rendered_from
        return not self.begun and began is not None and asyncio.get_running_loop().time() - began < NEAR_S

    @property
    def left_s(self) -> float:
        """Of speech, until all that was given to say has been heard, about."""
        said_s = max(0.0, self._played_until - asyncio.get_running_loop().time())
        if self._held is not None:
            said_s = self._said_ms / 1000.0
        return said_s + self._chars_ahead * self._char_ms / 1000.0

    async def say(self, text: str) -> None:
        """Says one more piece. Raises what went wrong with an earlier one."""
        if self._playing is None:
            self.first("piece")
            self._rendered_from = asyncio.get_running_loop().time()
            self._playing = asyncio.get_running_loop().create_task(self._play())
        self._chars_ahead += len(text)
        await self._put(_Piece(self._speaker.voice, text))

    async def finish(self) -> None:
        """All that was said is handed on. Raises what went wrong."""
        async with self._finishing:  # two tools may take long at once
            if self._playing is not None:
                await self._put(None)
                await self._playing
                self._playing = None

    async def _put(self, piece: "_Piece | None") -> None:
        playing = self._playing
        assert playing is not None
        putting = asyncio.ensure_future(self._pieces.put(piece))
        try:
            await asyncio.wait((putting, playing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            # What did not find its place in the queue is rendered for nobody.
            if (not putting.done() or playing.done()) and piece is not None:
                piece.stop()
            putting.cancel()
        if playing.done():
            playing.result()

    async def stop(self) -> None:
        """Says no more, and waits for nothing but what must be given back."""
        if self._playing is not None:
            self._playing.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._playing
        while not self._pieces.empty():
            if (piece := self._pieces.get_nowait()) is not None:
                piece.stop()

    async def _play(self) -> None:
        while (piece := await self._pieces.get()) is not None:
            try:
                await self._give(piece)
            finally:
                piece.stop()

    async def _give(self, piece: "_Piece") -> None:
        loop = asyncio.get_running_loop()
        began, place = loop.time(), _Place(piece.text, self)
        async for sound in piece.sounds():
            if not self._sounded:
                self._sounded = True
                self.first("audio")
            late = (loop.time() - began) * 1000.0 > SOON_MS and not self._speaker.voice.word_times
            self._hand_on(place, sound, place.words_end(sound, self._char_ms if late else None))
        self._chars_ahead -= len(piece.text)
        if place.told < len(piece.text):
            self._hand_on(place, Sound(b""), len(piece.text))
        if not place.exact and place.audio_ms and len(piece.text) > LEAST_CHARS:
            self._char_ms = place.audio_ms / len(piece.text)

    def _hand_on(self, place: "_Place", sound: Sound, upto: int) -> None:
        """A stretch of audio, and the words of the piece up to a character, which end in it or before."""
        silence, place.lead_ms = MULAW_8K.silence(place.lead_ms), 0
        said = place.text[place.told : upto]
        joint = place.joint if said and not place.told else ""
        words = shifted(sound.words, place.from_ms, len(joint) - place.told)
        place.told = upto
        audio = silence + sound.audio
        self._said_ms += len(audio) / MULAW_8K.bytes_per_ms
        self._text += joint + said
        self._do(partial(self._speak, self._item, audio, joint + said, words))

    def _speak(self, item: str, audio: bytes, said: str, words: tuple[tuple[float, int], ...]) -> None:
        speaker = self._speaker
        speaker.said += 1
        if not self.begun:
            self.begun = True
            self.first("said")
        if audio:
            begins = max(self._played_until, asyncio.get_running_loop().time())
            self._played_until = begins + len(audio) / MULAW_8K.bytes_per_ms / 1000.0
            speaker.call.agent_audio(item, audio)
        if said:
            speaker.conversation.words(item, said)
            speaker.call.report(e.ItemText(item, said, words))

    def _do(self, act: Callable[[], None]) -> None:
        if self._held is None:
            act()
        else:
            self._held.append(act)

    def release(self) -> None:
        """It is wanted: what is there is said now, what comes when it comes."""
        held, self._held = self._held, None
        for act in held or ():
            act()
        self._released.set()

    async def wanted(self) -> None:
        """Waits until it is."""
        await self._released.wait()

    async def use(self, name: str, /, **arguments: Any) -> str:
        """Runs a tool (speech/base.py, Use), once the answer is wanted."""
        await self._released.wait()
        awaited = self._speaker.ask(name, arguments)
        try:
            done, _ = await asyncio.wait((awaited,), timeout=PATIENCE_S)
            if not done:
                await self.finish()
                if self.begun:
                    # What was said so far stands alone, so that a filler may follow it.
                    self.end()
                    self._item, self._said_ms, self._text, self.begun = self._speaker.next_item(), 0.0, "", False
            return await awaited
        finally:
            awaited.cancel()  # who has stopped waiting wants no news of it

    def end(self) -> None:
        """Nothing more comes of the item."""
        self._do(partial(self._speaker.call.end_item, self._item))

    @property
    def said_ms(self) -> float:
        """Of the item that is open."""
        return self._said_ms

    @property
    def text(self) -> str:
        """Likewise."""
        return self._text

    @property
    def pause_ms(self) -> int:
        """The silence before the next piece: between two sentences, as the voice wants it."""
        return self._speaker.voice.pause_ms if self._text.rstrip()[-1:] in STOPS else 0


class _Place:
    """A piece within what is said."""

    def __init__(self, text: str, answer: Answer) -> None:
        self.text = text
        self.lead_ms = answer.pause_ms if answer.text else 0
        self.joint = " " if answer.text and not (answer.text[-1:].isspace() or text[:1].isspace()) else ""
        self.from_ms = answer.said_ms + self.lead_ms
        self.audio_ms = 0.0
        self.told = 0
        """Characters whose words were handed on."""
        self.exact = False

    def words_end(self, sound: Sound, char_ms: float | None) -> int:
        """Up to which character the piece is said by the end of the next stretch, as far as it is known; guessed by the
        time of a character, if one is given."""
        self.audio_ms += len(sound.audio) / MULAW_8K.bytes_per_ms
        if sound.words:
            self.exact = True
            end = sound.words[-1].end_char
            return end if re.search(r"\w", self.text[end:]) else len(self.text)
        if char_ms is None or self.exact:
            return self.told
        end = min(int(self.audio_ms / char_ms), len(self.text) - 1)
        while end > self.told and not self.text[end].isspace():
            end -= 1
        return max(self.told, end)


class _Piece:
    """A piece of text that is being rendered."""

    def __init__(self, voice: Voice, text: str) -> None:
        self.text = text
        self._sounds: asyncio.Queue[Sound | Exception | None] = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._render(voice))

    async def _render(self, voice: Voice) -> None:
        try:
            async with aclosing(voice.say(self.text)) as sounds:
                async for sound in sounds:
                    self._sounds.put_nowait(sound)
        except Exception as failed:  # noqa: BLE001  (told to whoever waits for the audio)
            self._sounds.put_nowait(failed)
        else:
            self._sounds.put_nowait(None)

    async def sounds(self) -> AsyncIterator[Sound]:
        """Its audio as it comes. Raises what went wrong."""
        while (sound := await self._sounds.get()) is not None:
            if isinstance(sound, Exception):
                raise sound
            yield sound

    def stop(self) -> None:
        self._task.cancel()
