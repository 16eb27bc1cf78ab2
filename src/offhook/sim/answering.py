"""Gives the people and machines of a telephone book their voices."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from offhook.errors import ConfigError
from offhook.sim.book import Book, Entry
from offhook.sim.caller import Caller
from offhook.sim.machine import machine
from offhook.sim.orders import Callee, Party
from offhook.sim.script import CALLER_VOICE, Script, parse
from offhook.sim.steps import Leave, Listen, Say, Step
from offhook.sim.stream import BYTES_PER_MS
from offhook.sim.voicing import Voices, voiced


async def callees_of(book: Book, folder: Path, voices: Voices) -> Callable[[str], Callee]:
    """Who answers at a number. `folder` is the book's. Raises ConfigError for a voice or a script that is not there."""
    known = {number: await _callee(entry, folder, voices) for number, entry in book.entries.items()}
    other = await _callee(book.other, folder, voices)
    return lambda number: known.get(number, other)


async def _callee(entry: Entry, folder: Path, voices: Voices) -> Callee:
    voice = entry.voice or CALLER_VOICE
    if entry.machine is not None:
        made = machine(await voices.speak(voice, entry.machine), beeps=entry.beeps)
        return replace(
            entry.callee,
            person=made.person,
            speech_ms=made.speech_ms,
            beep_ms=made.beep_ms,
            leaves_ms=entry.callee.leaves_ms or made.leaves_ms,
        )
    if entry.script is not None:
        path = folder / entry.script
        played = await voiced(_script(path), path.parent, voices)
        first = next((step.audio for step in played.steps[:1] if isinstance(step, Say)), b"")
        return replace(entry.callee, person=lambda _answered_ms: played.caller()[0], speech_ms=_ms(first))
    if entry.says:
        turns = [(await voices.speak(voice, words), words) for words in entry.says]
        return replace(entry.callee, person=lambda _answered_ms: _person(turns), speech_ms=_ms(turns[0][0]))
    return entry.callee


def _script(path: Path) -> Script:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ConfigError(f"{path} cannot be read ({why}): give a script in YAML.") from error
    return parse(text, str(path))


def _person(turns: list[tuple[bytes, str]]) -> Party:
    """Says hello at once, listens, answers, and hangs up after the last answer."""
    steps: list[Step] = []
    for audio, words in turns:
        steps += [Say(audio, words), Listen()]
    return Caller([*steps, Leave()])


def _ms(audio: bytes) -> float:
    return len(audio) / BYTES_PER_MS
