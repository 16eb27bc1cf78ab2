"""A caller script: a person on the telephone described in YAML, read strictly into steps. Pure; docs/simulator.md is its page.

The steps hold words and names; sim/voicing.py gives them their sound.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath

from offhook.sim.expectations import EXPECTATIONS, Expectation
from offhook.sim.reading import Part, read, shown
from offhook.sim.sounds import BACKCHANNELS, NOISES, SOUNDS
from offhook.sim.steps import (
    BargeIn,
    End,
    Hear,
    Leave,
    Listen,
    Noise,
    PressKey,
    Say,
    Silence,
    Sound,
    Speech,
    Step,
    Wait,
)

CALLER_VOICE = "en-us+klatt3"
"""Breathy, as people are: recognisers that were trained on people understand it. Of 41 wishes at the café 39, where the plain
"en-us" gets 31."""
AGENT_VOICES = ("en-us", "en")
"""What an agent is taken to speak with if the script does not say: the built-in agent's two voices."""
KEYS = "0123456789*#ABCD"
KEY_GAP_MS = 300.0
GREETING = "greeting"


@dataclass(slots=True)
class Room:
    """What is around the caller and on the line."""

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    noise: tuple[str, float] | None = None
    """Which noise, and how far below the caller's voice in dB."""
    echo_ms: float = 0.0
    echo_db: float | None = None
    """The echo of what is heard, relative to it; None for none."""
    drops_ms: tuple[float, ...] = ()
    """The first, second, … stream is dropped so long after its start."""


@dataclass(slots=True)
class Script:
    """One caller, one call."""

    name: str
    file: str
    about: str = ""
    voice: str = CALLER_VOICE
    agent_voices: tuple[str, ...] = AGENT_VOICES
    """Voices of espeak-ng that the agent may have; empty if it has another, and its words must be told by the server."""
    caller: str = "+15550100001"
    seed: int = 1
    room: Room = field(default_factory=Room)
    steps: list[Step] = field(default_factory=list)
    expect: list[Expectation] = field(default_factory=list)


def parse(text: str, file: str) -> Script:
    """A script. `file` is its name for error sentences. Raises ConfigError with file, line, step and what is allowed."""
    whole = read(text, file)
    parts = whole.named("A script", _KEYS)
    if "steps" not in parts:
        whole.refuse("a script has `steps`, and they are missing.")
    script = Script(name=file, file=file)
    for key, part in parts.items():
        _KEYS[key](script, part)
    return script


# ------------------------------------------------------------ the keys of a script


def _set(attribute: str, what: str) -> Callable[[Script, Part], None]:
    def read_text(script: Script, part: Part) -> None:
        setattr(script, attribute, part.text(what))

    return read_text


def _agent_voice(script: Script, part: Part) -> None:
    voice = part.text("agent voice")
    script.agent_voices = () if voice == "other" else (voice,)


def _seed(script: Script, part: Part) -> None:
    script.seed = part.number("seed", most=2**31)


def _room(script: Script, part: Part) -> None:
    room = script.room
    for key, value in part.named("line", dict.fromkeys(("delay", "jitter", "noise", "echo", "drop after"))).items():
        match key:
            case "delay":
                room.delay_ms = value.time("delay", most_ms=2000)
            case "jitter":
                room.jitter_ms = value.time("jitter", most_ms=500)
            case "noise":
                room.noise = _noise_level(value)
            case "echo":
                echo = value.named("echo", dict.fromkeys(("delay", "level")))
                if len(echo) < 2:
                    value.refuse("echo needs both, as {delay: 250ms, level: -20dB}.")
                room.echo_ms = echo["delay"].time("delay", least_ms=20, most_ms=1000)
                room.echo_db = echo["level"].level("level", -60, 0)
            case "drop after":
                room.drops_ms = (value.time("drop after", least_ms=100),)


def _noise_level(part: Part) -> tuple[str, float]:
    """A kind of noise and its level; a level alone is white noise."""
    if part.plain is not None:
        return "white", part.level("noise", -10, 60)
    named = part.named("noise", dict.fromkeys(NOISES))
    if len(named) != 1:
        part.refuse("noise is of one kind, as {babble: 15dB}.")
    ((kind, level),) = named.items()
    return kind, level.level(kind, -10, 60)


def _steps(script: Script, part: Part) -> None:
    for number, item in enumerate(part.parts("steps"), 1):
        for step in item.at_step(number).one("A step", _STEPS, _BARE):
            script.steps.append(dataclasses.replace(step, number=number))
    if not isinstance(script.steps[-1], Leave | End):
        script.steps += [Listen(greeting=False), Leave()]


def _expect(script: Script, part: Part) -> None:
    for item in part.parts("expect"):
        script.expect.append(item.one("expect", EXPECTATIONS, {}))


_KEYS: dict[str, Callable[[Script, Part], None]] = {
    "name": _set("name", "name"),
    "about": _set("about", "about"),
    "voice": _set("voice", "voice"),
    "agent voice": _agent_voice,
    "from": _set("caller", "from"),
    "line": _room,
    "seed": _seed,
    "steps": _steps,
    "expect": _expect,
}

# ------------------------------------------------------------ the steps


def _wait(part: Part) -> list[Step]:
    def speech(value: Part) -> Step:
        return Speech(value.time("speech", least_ms=20))

    def silence(value: Part) -> Step:
        return Silence(value.time("silence", least_ms=20))

    def greeting(value: Part) -> Step:
        return Listen(value.time(GREETING, least_ms=20))

    def end(value: Part) -> Step:
        return End(value.time("end", least_ms=20))

    readers: dict[str, Callable[[Part], Step]] = {
        GREETING: greeting, "speech": speech, "silence": silence, "end": end,
    }  # fmt: skip
    bare: dict[str, Step] = {GREETING: Listen(), "speech": Speech(), "silence": Silence(), "end": End()}
    return [part.one("wait", readers, bare)]


def _say(part: Part) -> list[Step]:
    return [Listen(greeting=False), Say(b"", part.text("say"))]


def _say_now(part: Part) -> list[Step]:
    return [Say(b"", part.text("say now"))]


def _hear(part: Part) -> list[Step]:
    if part.plain is not None:
        return [Hear(part.text("hear"))]
    named = part.named("hear", dict.fromkeys(("words", "within")))
    if "words" not in named:
        part.refuse('hear needs words, as {words: "large latte", within: 5s}.')
    within = named["within"].time("within", least_ms=100) if "within" in named else Hear("").patience_ms
    return [Hear(named["words"].text("words"), within)]


def _interrupt(part: Part) -> list[Step]:
    named = part.named("interrupt", dict.fromkeys(("after", "say")))
    if len(named) < 2:
        part.refuse('interrupt needs both, as {after: 1.2s, say: "no, a small one"}.')
    return [BargeIn(named["after"].time("after", most_ms=60_000), b"", named["say"].text("say"))]


def _noise(part: Part) -> list[Step]:
    named = part.named("noise", dict.fromkeys((*NOISES, "for")))
    kinds = [name for name in named if name in NOISES]
    if len(kinds) != 1 or "for" not in named:
        part.refuse("noise needs one kind and how long it lasts, as {babble: 5dB, for: 10s}.")
    level = named[kinds[0]].level(kinds[0], -10, 60)
    return [Noise(b"", f"{kinds[0]} {level:g}dB", named["for"].time("for", least_ms=20))]


def _press(part: Part) -> list[Step]:
    keys = part.text("press").replace(" ", "")
    if len(keys) > 32 or any(key not in KEYS for key in keys):
        part.refuse(f"press takes up to 32 keys of {KEYS}, not “{shown(keys)}”.")
    steps: list[Step] = []
    for key in keys:
        steps += [PressKey(key), Wait(KEY_GAP_MS)]
    return steps[:-1]


def _pause(part: Part) -> list[Step]:
    return [Wait(part.time("pause"))]


def _play(part: Part) -> list[Step]:
    name = part.text("play")
    path = PurePath(name)
    if path.anchor or ".." in path.parts:
        part.refuse(f"play takes a file beside the script, as door.wav, not “{shown(name)}”.")
    return [Sound(b"", f"play {name}")]


_STEPS: dict[str, Callable[[Part], list[Step]]] = {
    "wait": _wait,
    "say": _say,
    "say now": _say_now,
    "hear": _hear,
    "interrupt": _interrupt,
    "play": _play,
    "noise": _noise,
    "press": _press,
    "pause": _pause,
}
_BARE: dict[str, list[Step]] = {
    **{name: [Sound(b"", name)] for name in (*SOUNDS, *BACKCHANNELS)},
    "hang up": [Leave()],
}
