"""From a script in YAML to steps, and what is refused."""

import re
from pathlib import Path

import pytest

from offhook.errors import ConfigError
from offhook.sim.expectations import EXPECTATIONS
from offhook.sim.script import _BARE, _KEYS, _STEPS, Room, Script, parse
from offhook.sim.sounds import NOISES
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

WHOLE = """
name: Order with a change
about: orders a latte
voice: en-gb-scotland
agent voice: en
from: "+15550100009"
line: {delay: 80ms, jitter: 4ms, noise: {street: 20dB}, echo: {delay: 250ms, level: -20dB}, drop after: 12s}
seed: 7
steps:
  - say: hello
  - hang up
expect:
  - answered_within: 1.5s
  - ended_by: caller
"""


def steps(text: str) -> list[Step]:
    return parse("steps:\n" + text, "a.yaml").steps


def test_a_whole_script() -> None:
    script = parse(WHOLE, "a.yaml")
    assert (script.name, script.about, script.voice, script.agent_voices) == (
        "Order with a change", "orders a latte", "en-gb-scotland", ("en",),
    )  # fmt: skip
    assert (script.caller, script.seed) == ("+15550100009", 7)
    assert script.room == Room(80.0, 4.0, ("street", 20.0), 250.0, -20.0, (12_000.0,))
    assert script.steps == [Listen(greeting=False, number=1), Say(b"", "hello", number=1), Leave(number=2)]
    assert [(each.name, each.wanted, each.shown) for each in script.expect] == [
        ("answered_within", 1500.0, "1.5s"), ("ended_by", "caller", "caller"),
    ]  # fmt: skip


def test_the_least_script_has_a_name_and_ends_by_listening() -> None:
    script = parse("steps: [pause: 1s]", "a.yaml")
    assert script == Script("a.yaml", "a.yaml", steps=[Wait(1000.0, number=1), Listen(greeting=False), Leave()])
    assert script.agent_voices == ("en-us", "en")


@pytest.mark.parametrize(("text", "step"), [
    ("wait: greeting", Listen()),
    ("wait: {greeting: 3s}", Listen(3000.0)),
    ("wait: speech", Speech()),
    ("wait: {speech: 5s}", Speech(5000.0)),
    ("wait: silence", Silence()),
    ("wait: {silence: 1.5s}", Silence(1500.0)),
    ("wait: end", End()),
    ("wait: {end: 5s}", End(5000.0)),
    ("say now: no", Say(b"", "no")),
    ("hear: large latte", Hear("large latte")),
    ("hear: {words: large latte, within: 5s}", Hear("large latte", 5000.0)),
    ("interrupt: {after: 1.2s, say: a small one}", BargeIn(1200.0, b"", "a small one")),
    ("cough", Sound(b"", "cough")),
    ("uh-huh", Sound(b"", "uh-huh")),
    ("play: door.wav", Sound(b"", "play door.wav")),
    ("noise: {babble: 5dB, for: 10s}", Noise(b"", "babble 5dB", 10_000.0)),
    ("pause: 300ms", Wait(300.0)),
    ("hang up", Leave()),
])  # fmt: skip
def test_every_step(text: str, step: Step) -> None:
    step.number = 1
    assert steps(f"  - {text}")[0] == step


def test_keys_are_pressed_one_after_the_other() -> None:
    pressed = steps("  - press: 08#")[:5]
    assert [step.digit for step in pressed if isinstance(step, PressKey)] == ["0", "8", "#"]
    assert [step.ms for step in pressed if isinstance(step, Wait)] == [300.0, 300.0]


@pytest.mark.parametrize(("text", "sentence"), [
    ("name: x", "a.yaml, line 1: a script has `steps`, and they are missing"),
    ("steps: [cough]\nvoise: en", r"a.yaml, line 2: A script knows no “voise” \(did you mean “voice”\?\); allowed: name, "),
    ("steps:\n  - cough\n  - intrupt: {}", r"a.yaml, line 3, step 2: A step knows no “intrupt” \(did you mean “interrupt”\?\)"),
    ("steps:\n  - sneeze", "line 2, step 1: A step knows no “sneeze”; allowed: .*cough.*say"),
    ("steps:\n  - say: ''", "line 2, step 1: say needs a text"),
    ("steps:\n  - pause: 2", "step 1: pause is a time with its unit"),
    ("steps:\n  - pause: 3000s", "pause is between 0ms and 120s"),
    ("steps:\n  - wait: greetings", "wait knows no “greetings”"),
    ("steps:\n  - interrupt: {after: 1s}", "interrupt needs both"),
    ("steps:\n  - hear: {within: 1s}", "hear needs words"),
    ("steps:\n  - noise: {babble: 5dB}", "noise needs one kind and how long"),
    ("steps:\n  - noise: {babble: 5dB, white: 5dB, for: 1s}", "noise needs one kind"),
    ("steps:\n  - press: 12x", "press takes up to 32 keys of"),
    ("steps: [cough]\nline: {echo: {delay: 250ms}}", "line 2: echo needs both"),
    ("steps: [cough]\nline: {noise: loud}", "noise is a level"),
    ("steps: [cough]\nline: {noise: {}}", "noise is of one kind"),
    ("steps: [cough]\nline: {delay: 3s}", "delay is between"),
    ("steps: [cough]\nexpect:\n  - barge_in: 1", r"expect knows no “barge_in” \(did you mean “barge_ins”\?\)"),
    ("steps: [cough]\nexpect:\n  - gaps: few", "gaps is a whole number"),
    ("steps: cough", "steps is a list"),
])  # fmt: skip
def test_mistakes_are_told_with_their_place(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parse(text, "a.yaml")


def test_an_agent_with_a_voice_that_nobody_can_imitate() -> None:
    assert parse("agent voice: other\nsteps: [cough]", "a.yaml").agent_voices == ()


def test_noise_without_a_kind_is_white() -> None:
    assert parse("line: {noise: 20dB}\nsteps: [cough]", "a.yaml").room.noise == ("white", 20.0)


PAGE = (Path(__file__).parent.parent.parent / "docs" / "simulator.md").read_text()


def test_the_example_of_the_page_is_a_script() -> None:
    example = re.search(r"```yaml\n(name: .*?)```", PAGE, re.DOTALL)
    assert example is not None
    assert parse(example[1], "page").steps[-1] == End(number=11)


@pytest.mark.parametrize("name", [*_STEPS, *_BARE, *EXPECTATIONS, *_KEYS, *NOISES])
def test_the_page_tells_every_word(name: str) -> None:
    assert re.search(rf"(`|^|- |{{){re.escape(name)}(`|:)", PAGE, re.MULTILINE) or f"`{name}" in PAGE


@pytest.mark.parametrize("text", [
    r'name: "\ud800"', r'from: "\ud800"', r'voice: "en\0us"', r'voice: "\ud800"', r'agent voice: "en\0"',
])  # fmt: skip
def test_what_no_text_holds_is_refused_in_every_key(text: str) -> None:
    with pytest.raises(ConfigError, match="a.yaml, line 2: .* holds a control character or half a character"):
        parse(f"steps: [cough]\n{text}", "a.yaml")


@pytest.mark.parametrize("name", ["/etc/door.wav", "../door.wav", "sounds/../../door.wav"])
def test_a_file_elsewhere_than_beside_the_script_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="a.yaml, line 2, step 1: play takes a file beside the script, as door.wav"):
        steps(f"  - play: {name}")


@pytest.mark.parametrize("text", ["seed: ", "expect:\n  - barge_ins: "])
def test_a_number_of_5000_digits_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is a whole number up to"):
        parse(f"steps: [cough]\n{text}{'9' * 5000}", "a.yaml")


@pytest.mark.parametrize("step", ["say", "say now", "hear"])
def test_words_without_end_are_refused_with_their_step(step: str) -> None:
    with pytest.raises(ConfigError, match=f"a.yaml, line 2, step 1: {step} takes up to 1000 characters"):
        steps(f"  - {step}: {'word ' * 300}")
