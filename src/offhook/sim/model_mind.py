"""What the stand-in for a model says: a few plain rules, the same each time. Pure.

It follows instructions as far as "Say exactly: …", tells who it is by them, calls the tool whose name and description fit
what was asked, reads out what a tool returned, can tell a long story to be interrupted in, and says goodbye.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from offhook.sim.model_orders import Answer, ToolUse
from offhook.speech.cafe.phrasebook import understand
from offhook.speech.cafe.sayable import GRAMMAR as _CAFE

_WISH, _BYE = "<wish> = <order> |", "| <bye>;"
GRAMMAR = _CAFE.replace(_WISH, "<wish> = <who> | <story> | <name> | <order> |").replace(_BYE, "| <bye> | <aside>;") + (
    "<who> = who are you | what are you | who am i (speaking | talking) (to | with);\n"
    "<aside> = uh huh | mhm;\n"
    "<story> = [please] (tell | read) me (a | another) [long] story;\n"
    "<name> = my name is (anna | maria | peter | robert) | what is my name | do you know my name;\n"
)
"""What callers may say to it: what can be said at the café, and a little more."""

STORY = (
    "Once upon a time there was a telephone that nobody answered. It rang in the morning, and it rang at night. "
    "The people of the town walked by, and wondered who might be calling. One day a child picked it up and said hello. "
    "A quiet voice thanked her, and asked for the opening hours of the bakery. The child did not know them, so she ran "
    "across the street to look. When she came back, the voice was still there. They talked until the sun went down. "
    "From then on the telephone was never left to ring, and the bakery was never short of guests."
)
MENU = (
    "We have espresso, americano, cappuccino, latte, mocha, and drip coffee. There is black tea, green tea, mint tea, and "
    "camomile tea. For those who like it cold, there is iced coffee, lemonade, and apple juice. To eat, we have "
    "croissants, cheese sandwiches, tomato soup, and carrot cake."
)
_GOODBYE = "Thank you for calling. Goodbye!"
_SORRY = "Sorry, I did not understand that."
_STILL_THERE = "Are you still there?"
_LEAVING = "I am sorry, I have to end the call now. Goodbye!"
_NAME = re.compile(r"\bmy name is (\w+)", re.IGNORECASE)
_TELL = re.compile(r"\btell the caller [^.;]*?\bthat ([^,.;]+)", re.IGNORECASE)
_SILENT = re.compile(r"\bsay nothing (?:more|else)\b", re.IGNORECASE)

_TOPICS = {
    "hours": {"hours", "opening", "open"},
    "address": {"address", "location", "directions"},
    "menu": {"menu"},
    "price": {"price", "prices", "cost", "costs"},
    "order": {"order", "add"},
    "basket": {"basket", "order"},
    "book": {"book", "table", "reserve", "reservation", "booking"},
    "person": {"transfer", "person", "human", "operator"},
    "goodbye": {"hang", "goodbye", "end"},
}
"""Words that a tool for what a caller of the café means may have in its name."""
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        "a an and any are at be can could do does for from give have how i i'd i'll if in is it know like me my need of on "
        "or please tell that the this to want was what what's when where which who with would you your",
    )
)
_EXACTLY = re.compile(r".*\bsay (?:exactly|the following|this)[^:\"“]{0,40}:\s*(.+)", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"\bsay\b[^\"“]{0,60}[\"“]([^\"”]+)[\"”]", re.IGNORECASE)
_USUAL = {"day": "today", "time": "12:00", "people": "2"}
"""What a caller means who does not say."""
_ALIASES = {"item": "drink", "product": "drink", "guests": "people", "party_size": "people", "date": "day"}


@dataclass(slots=True)
class Situation:
    """What the model looks at."""

    instructions: str
    override: str
    """Instructions of this response alone."""
    said: str | None
    """What the caller said last and was not answered; None if it is not the caller's turn that is answered."""
    results: Sequence[str]
    """What tools returned since."""
    tools: Sequence[dict[str, Any]]
    tool_choice: Any
    after_goodbye: bool = False
    """The last tool was the one that hangs up."""
    idle: bool = False
    """The caller said nothing for a while."""
    name: str = ""
    """The caller's, if they told it."""


def think(situation: Situation) -> Answer:
    """The answer to a situation."""
    if exact := _exactly(situation.override):
        return Answer(exact)
    forced = _forced(situation)
    if situation.idle:
        return Answer(_STILL_THERE)
    if situation.results:
        told = [_told(result) for result in situation.results if not _SILENT.search(result)]
        return Answer("" if situation.after_goodbye else " ".join(told))
    if situation.said is None:
        return forced or Answer(_opening(situation))
    return forced or _reply(situation.said, situation)


def _exactly(instructions: str) -> str:
    """The words after the last "Say exactly:", or those in quotation marks after "say"."""
    found = _EXACTLY.match(instructions) or _QUOTED.search(instructions)
    return found[1].strip().strip("\"'“”«»").strip() if found else ""


def _opening(situation: Situation) -> str:
    """Nobody said anything: the model begins."""
    if wanted := re.search(r"[\"“]([^\"”]+)[\"”]", situation.override):
        return wanted[1].strip()
    if told := _TELL.search(situation.override):
        return f"I am sorry, {told[1].strip()}."
    if re.search(r"\bstill there\b", situation.override, re.IGNORECASE):
        return _STILL_THERE
    if re.search(r"\bsay goodbye\b", situation.override, re.IGNORECASE):
        return _LEAVING
    if re.search(r"\bgo on\b|\bcontinue\b", situation.override, re.IGNORECASE):
        return "As I was saying, I am here to help."
    return "Hello, how can I help you?"


def _forced(situation: Situation) -> Answer | None:
    """The tool that must be called."""
    choice, tools = situation.tool_choice, _functions(situation)
    named = choice.get("name") if isinstance(choice, dict) else None
    tool = next((each for each in tools if each["name"] == named), None)
    if tool is None and choice == "required" and tools:
        tool = _fitting(situation.said or "", tools) or tools[0]
    return Answer(tools=(ToolUse(tool["name"], _arguments(tool, situation.said or "")),)) if tool else None


def _reply(said: str, situation: Situation) -> Answer:
    words = said.lower()
    intent = understand(_plain(words)).intent
    tools = _functions(situation)
    if intent == "goodbye":
        tool = _fitting(said, tools)
        return Answer(_GOODBYE, (ToolUse(tool["name"], _arguments(tool, said)),) if tool else ())
    if re.search(r"\bwho are you\b|\bwhat are you\b|\byour name\b|\bwho am i\b", words):
        return Answer(_introduced(situation.instructions))
    if named := _NAME.search(said):
        return Answer(f"Hello {named[1].capitalize()}, what can I do for you?")
    if re.search(r"\bmy name\b", words):
        return Answer(f"Your name is {situation.name}." if situation.name else "You did not tell me your name.")
    if re.search(r"\bstory\b", words):
        return Answer(STORY)
    if tool := _fitting(said, tools):
        return Answer(tools=(ToolUse(tool["name"], _arguments(tool, said)),))
    if intent == "menu":
        return Answer(MENU)
    if intent == "hello":
        return Answer("Hello! What can I do for you?")
    if not words.strip():
        return Answer(_SORRY)
    return Answer(f"You said: {said.strip().rstrip('.!?')}.")


def _introduced(instructions: str) -> str:
    """The first sentence of the instructions, seen from the other side."""
    first = re.split(r"(?<=[.!?])\s", instructions.strip(), maxsplit=1)[0]
    if found := re.match(r"you(?:'re| are) (.+?)[.!?]?$", first, re.IGNORECASE | re.DOTALL):
        return f"I am {found[1]}."
    return "I am a stand-in for a speech model."


# ------------------------------------------------------------ tools


def _functions(situation: Situation) -> list[dict[str, Any]]:
    if situation.tool_choice == "none":
        return []
    return [tool for tool in situation.tools if tool["type"] == "function"]


def _fitting(said: str, tools: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The tool that shares most words with what was said or meant; a word of the name counts for two of the description."""
    meant = understand(_plain(said)).intent
    asked = {_stem(word) for word in _words(said)}
    topic = {_stem(word) for word in _TOPICS.get(meant, ())}
    best, most = None, 1
    for tool in tools:
        name = {_stem(word) for word in _words(re.sub(r"[_\-]|(?<=[a-z])(?=[A-Z])", " ", tool["name"]))}
        about = {_stem(word) for word in _words(tool.get("description") or "")}
        score = 2 * len(name & (asked | topic)) + len(about & asked)
        if score > most:
            best, most = tool, score
    return best


def _arguments(tool: dict[str, Any], said: str) -> str:
    schema = tool.get("parameters") or {}
    required, properties = schema.get("required"), schema.get("properties")
    slots = understand(_plain(said)).slots
    found = {}
    for name, kind in properties.items() if isinstance(properties, dict) else ():
        if not isinstance(kind, dict):
            continue
        value = _argument(name, kind, said, slots, isinstance(required, list) and name in required)
        if value is not None:
            found[name] = value
    return json.dumps(found, separators=(",", ":"))


def _argument(name: str, kind: dict[str, Any], said: str, slots: dict[str, str], needed: bool) -> Any:
    """A value of the wanted kind out of what was said; None if there is none and none is needed."""
    if isinstance(either := kind.get("anyOf"), list):
        kind = next((each for each in either if isinstance(each, dict) and each.get("type") != "null"), {})
    slot = slots.get(name) or slots.get(_ALIASES.get(name, ""))
    if (choices := kind.get("enum")) and isinstance(choices, list):
        named = [choice for choice in choices if str(choice).lower() in said.lower() or choice == slot]
        return named[0] if named else choices[0] if needed else None
    match kind.get("type", "string"):
        case "integer" | "number":
            number = slot if slot and slot.isdecimal() else next(iter(re.findall(r"\d+", said)), None)
            return int(number) if number else 1 if needed else None
        case "boolean":
            return True if needed else None
        case "array":
            return [] if needed else None
        case "object":
            return {} if needed else None
    return slot or ((_USUAL.get(_ALIASES.get(name, name)) or said.strip()) if needed else None)


def _told(result: str) -> str:
    """A tool's result as words: what is JSON is read value by value."""
    try:
        value = json.loads(result)
    except ValueError:
        return result
    return _read_out(value) or "That is done."


def _read_out(value: Any) -> str:
    """A yes goes without saying."""
    match value:
        case None | True:
            return ""
        case False:
            return "no"
        case dict():
            return ", ".join(filter(None, (_named(str(key), each) for key, each in value.items())))
        case list():
            return ", ".join(filter(None, map(_read_out, value)))
    return str(value)


def _named(key: str, value: Any) -> str:
    """Numbers and a no need their name, words do not."""
    said = _read_out(value)
    return f"{key.replace('_', ' ')}: {said}" if said and isinstance(value, int | float) else said


def _plain(said: str) -> str:
    """As the recogniser would write it."""
    return re.sub(r"\s+", " ", re.sub(r"[^\w' ]", " ", said.lower())).strip()


def _words(text: str) -> set[str]:
    return set(_plain(text).split()) - _EMPTY


def _stem(word: str) -> str:
    """Enough to see that opening, opens and open are one."""
    return re.sub(r"(?:ing|ed|s)$", "", word) if len(word) > 4 else word


def name_in(texts: Iterable[str]) -> str:
    """What the caller said their name is, last; empty if they did not."""
    named = [found[1].capitalize() for text in texts for found in _NAME.finditer(text)]
    return named[-1] if named else ""
