"""Takes out of a text what is there for the eye: Markdown, HTML, code, links, emoji. Pure; the same in every language."""

import re

from offhook.speech.saying.locales import Locale
from offhook.speech.saying.rewriting import Rewriting

FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$\n?|\Z)", re.MULTILINE | re.DOTALL)
"""A block of code, or one that does not end."""
_RULE = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$|^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|?)+[ \t]*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_CITATION = re.compile(r"[ \t]?(?:\[\^?\d{1,3}\](?!\()|【[^】\n]*】)")
_TAG = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>\n]*)?/?>|<!--.*?-->", re.DOTALL)
_INLINE_CODE = re.compile(r"(`+)([^`\n]+)\1")
_PLAIN_WORDS = re.compile(r"[\w .,'’:+#-]+")
_MARK_OF_LINE = re.compile(
    r"^[ \t]*(?:#{1,6}(?=[ \t])|>(?=[ \t]|$)|[-*+•‣◦](?=[ \t]))[ \t]*(?:\[[ xX]\][ \t])?", re.MULTILINE
)
_ITEM_NUMBER = re.compile(r"^([ \t]*\d{1,2})[.)](?=[ \t])", re.MULTILINE)
_EMPHASIS = re.compile(r"\*\*+|__+|~~+|(?<![\w*])\*(?=\S)|(?<=[^\s*])\*(?![\w*])|(?<!\w)_(?=\w)|(?<=\w)_(?!\w)|`+")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])")
_CELLS = re.compile(r"^[ \t]*\|[ \t]*|[ \t]*\|[ \t]*$|[ \t]+\|[ \t]+", re.MULTILINE)
_EMAIL = re.compile(r"(?:mailto:)?\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b")
_URL = re.compile(
    r"<?\b(?:https?|ftp|wss?|tel|sms)://(?:[^\s/@<>]*@)?([^\s/:?#<>()\[\]\"'、。]+)(?::\d+)?(?:[/?#][^\s<>\[\]\"'、。]*)?>?"
    r"|\bwww\.([\w.-]+\w)(?:[/?#][^\s<>\[\]\"']*)?"
    r"|(?<![\w.@/-])((?:[a-z][a-z0-9-]*\.)+(?:com|org|net|io|ai|dev|app|info|biz|eu|de|at|ch|fr|es|uk|edu|gov))\b(?:/[^\s<>\[\]\"']*)?",
    re.IGNORECASE,
)
_END_OF_URL = re.compile(r"[.,;:!?)*_'\"»”]+$")
_ONE_EMOJI = (
    "(?:(?:[0-9#*]\ufe0f?\u20e3|[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u23e9-\u23ff\u2300-\u231f\u25a0-\u25ff"
    "\U000e0020-\U000e007f\ufe0e\ufe0f\u20e3])\u200d?)+"
)
_EMOJI = re.compile(rf"[ \t]?{_ONE_EMOJI}(?=[\s.,;:!?)]|$)|{_ONE_EMOJI}")
_SIGNS = re.compile(r"[©®™†‡¶§■●]|[\x00-\x08\x0b-\x1f\x7f\ufeff\ufffc\u2060\u200b\u202a-\u202e\u2066-\u2069]")
_ARROW = re.compile(r"[ \t]*(?:[←-⇿]|(?<![-=<])[-=]+>)[ \t]*")
_NEW_LINE = re.compile(r"[ \t]*(?:\r?\n[ \t\r]*)+")
_BLANKS = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f]{2,}")
_BEFORE_STOP = re.compile(r"(?<=[^\s])[ \t]+(?=[.,](?:\s|$))")
_EDGES = re.compile(r"^\s+|\s+$")


def without_blocks(text: Rewriting) -> None:
    """Takes out what lines are for: blocks of code, rules, headings, lists, tables, HTML."""
    text.each(FENCE, lambda _: "\n")
    text.each(_TAG, lambda m: "" if m[0].startswith("<!--") or m[0][1] == "/" else " ")
    text.each(_RULE, lambda _: "")
    text.each(_CELLS, lambda m: ", " if m[0].strip("\t ") and m.start() > 0 and _within_a_line(m) else "")
    text.each(_MARK_OF_LINE, lambda m: "" if m[0] else None)
    text.each(_ITEM_NUMBER, lambda m: f"{m[1]},")


def _within_a_line(m: re.Match[str]) -> bool:
    return m.string[m.start() - 1] != "\n" and m.end() < len(m.string) and m.string[m.end()] != "\n"


def without_marks(text: Rewriting, locale: Locale) -> None:
    """Takes out what is in a line: links, code, emphasis, emoji."""
    text.each(_IMAGE, lambda m: m[1])
    text.each(_CITATION, lambda _: "")
    _unwrap(text, _LINK, 1)
    text.each(_INLINE_CODE, lambda m: None if _PLAIN_WORDS.fullmatch(m[2]) else "")
    text.each(_ESCAPED, lambda m: m[1])
    text.each(_EMAIL, lambda m: _address(m, locale))
    text.each(_URL, lambda m: _host(m, locale))
    text.each(_EMPHASIS, lambda _: "")
    text.each(_ARROW, lambda _: ", ")
    text.each(_EMOJI, lambda _: "")
    text.each(_SIGNS, lambda _: "")


def _unwrap(text: Rewriting, pattern: re.Pattern[str], group: int) -> None:
    """Leaves the group of each match as it is, and takes out what is around it."""
    changes = []
    for m in pattern.finditer(text.text):
        changes += [(m.start(), m.start(group), ""), (m.end(group), m.end(), "")]
    text.replace(changes)


def _spelt(name: str, locale: Locale) -> str:
    return name.replace(".", f" {locale.dot} ") if locale.dot else name


def _address(m: re.Match[str], locale: Locale) -> str | None:
    if not locale.known:
        return None
    return f"{_spelt(m[1], locale)} {locale.at} {_spelt(m[2], locale)}"


def _host(m: re.Match[str], locale: Locale) -> str:
    """The host is all that a caller can do anything with."""
    end = _END_OF_URL.search(m[0])
    host = (m[1] or m[2] or m[3]).removeprefix("www.").rstrip(".,;:!?*_")
    return _spelt(host, locale) + (end[0].rstrip("/*_") if end else "")


def tidied(text: Rewriting) -> None:
    """Makes one line of it, with a stop where a line ended without one."""
    text.each(_EDGES, lambda _: "")
    text.each(_NEW_LINE, lambda m: " " if m.start() == 0 or m.string[m.start() - 1] in ".!?…:;,。！？" else ". ")
    text.each(_BLANKS, lambda _: " ")
    text.each(_BEFORE_STOP, lambda _: "")
    text.each(_EDGES, lambda _: "")
