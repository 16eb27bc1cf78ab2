"""YAML read strictly: every mistake is a sentence with its place and what is allowed."""

import pytest

from offhook.errors import ConfigError
from offhook.sim.reading import Part, read, shown_ms


def part(text: str) -> Part:
    return read(text, "a.yaml")


@pytest.mark.parametrize(("text", "ms"), [("300ms", 300), ("1.2s", 1200), ("2 s", 2000), ("0s", 0)])
def test_times_are_read_as_people_write_them(text: str, ms: float) -> None:
    assert part(text).time("pause") == ms


@pytest.mark.parametrize("text", ["300", "1.2", "1m", "-1s", "soon", "[1s]", "{a: 1s}", "''"])
def test_a_time_without_its_unit_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"a.yaml, line 1: pause is a time with its unit, as 300ms or 1.2s"):
        part(text).time("pause")


def test_times_and_levels_are_bounded() -> None:
    with pytest.raises(ConfigError, match="pause is between 0ms and 120s, not 121s"):
        part("121s").time("pause")
    with pytest.raises(ConfigError, match="level is between -60dB and 0dB, not 3dB"):
        part("3dB").level("level", -60, 0)
    with pytest.raises(ConfigError, match="level is a level, as 20dB, not “20”"):
        part("20").level("level", 0, 30)
    assert part("-20 db").level("level", -60, 0) == -20


def test_words_stay_as_they_are_written() -> None:
    parts = part("- no\n- 08\n- 'two  words'\n- yes").parts("steps")
    assert [each.text("say") for each in parts] == ["no", "08", "two words", "yes"]


@pytest.mark.parametrize(("text", "sentence"), [
    ("- a\n- {b: 1, b: 2}", "a.yaml, line 2: “b” is there twice"),
    ("- a\n- {bb: 1}", r"a.yaml, line 2: it knows no “bb” \(did you mean “b”\?\); allowed: b, c"),
    ("- a\n- 5", r"a.yaml, line 2: it has named values \(b, c\), not “5”"),
])  # fmt: skip
def test_names_are_known_and_single(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        part(text).parts("list")[1].named("it", {"b": 0, "c": 0})


def one(text: str) -> int:
    return part(text).one("it", {"count": lambda value: value.number("count")}, {"none": 0})


def test_one_thing_is_a_word_or_a_named_value() -> None:
    assert one("none") == 0 and one("count: 7") == 7


@pytest.mark.parametrize(("text", "sentence"), [
    ("nine", "it knows no “nine”"),
    ("count", "“count” needs a value"),
    ("none: 3", "“none” stands alone"),
    ("{none: 1, count: 2}", "it is one thing, not 2"),
    ("{}", "it is one thing, not 0"),
    ("count: many", "count is a whole number up to 1000, not “many”"),
    ("count: 1001", "up to 1000"),
])  # fmt: skip
def test_anything_else_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        one(text)


def test_truth_and_choice_say_what_is_allowed() -> None:
    assert part("true").truth("x") and not part("False").truth("x")
    with pytest.raises(ConfigError, match="x is true or false, not “yes”"):
        part("yes").truth("x")
    with pytest.raises(ConfigError, match=r"who is agent, caller, not “agnet” \(did you mean “agent”\?\)"):
        part("agnet").choice("who", {"agent": 1, "caller": 2})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("a: [", "line 1: this is no YAML"),
        ("a: 1\n\tb: 2", "line 2: this is no YAML"),
        ("\x00", "is no YAML"),
    ],
)
def test_what_is_no_yaml_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        part(text)


def test_lists_are_lists() -> None:
    with pytest.raises(ConfigError, match="steps is a list"):
        part("a: 1").parts("steps")
    with pytest.raises(ConfigError, match="steps is a list"):
        part("[]").parts("steps")


def test_a_place_in_a_step_names_it() -> None:
    with pytest.raises(ConfigError, match="a.yaml, line 1, step 4: no"):
        part("x").at_step(4).refuse("no")


def test_times_are_shown_as_they_are_written() -> None:
    assert [shown_ms(ms) for ms in (300, 1200, 12_000)] == ["300ms", "1.2s", "12s"]


@pytest.mark.parametrize("text", ["[" * 20_000, "{a: " * 20_000])
def test_brackets_without_end_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"a.yaml is nested too deeply"):
        part(text)


@pytest.mark.parametrize("digits", [41, 5000])
def test_a_number_of_any_length_is_refused_and_not_echoed_whole(digits: int) -> None:
    for refused in (
        lambda it: it.number("seed", 2**31),
        lambda it: it.time("pause"),
        lambda it: it.level("level", -60, 0),
        lambda it: it.choice("who", {"agent": 1}),
    ):
        for unit in ("", "s", "dB"):
            with pytest.raises(ConfigError) as error:
                refused(part("9" * digits + unit))
            assert "9" * 40 in str(error.value) and "9" * 41 not in str(error.value)


def test_an_unknown_name_is_not_echoed_whole() -> None:
    for text in ("a" * 900, "{" + "a" * 900 + ": 1}"):
        with pytest.raises(ConfigError) as refused:
            one(text)
        assert "a" * 41 not in str(refused.value)


@pytest.mark.parametrize("text", [r'"a\ud800b"', r'"a\0b"', r'"a\eb"', r'"a\x7fb"'])
def test_a_text_holds_characters_alone(text: str) -> None:
    with pytest.raises(
        ConfigError, match="say holds a control character or half a character: “a\N{REPLACEMENT CHARACTER}b”"
    ):
        part(text).text("say")


def test_a_text_without_end_is_refused() -> None:
    assert len(part("a" * 1000).text("say")) == 1000
    with pytest.raises(ConfigError, match="a.yaml, line 1, step 3: say takes up to 1000 characters, not 1001"):
        part("a" * 1001).at_step(3).text("say")


@pytest.mark.parametrize("text", ["a: 1\nb: \x07", r'"1\n2\rs"', r'"a\u2028b\L"', r'{"a\nb\ec": 1}'])
def test_a_control_character_leaves_the_sentence_on_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        one(text)
    assert len(str(refused.value).splitlines()) == 1 and "\x1b" not in str(refused.value)


def test_a_character_yaml_forbids_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match="a.yaml, line 2: this is no YAML: it holds the character #x0007."):
        part("a: 1\nb: \x07")
