"""What is there for the eye is taken out."""

from offhook.speech.saying.locales import locale_of
from offhook.speech.saying.markup import tidied, without_blocks, without_marks
from offhook.speech.saying.rewriting import Rewriting

US = locale_of("en-US")


def plain(written):
    text = Rewriting(written)
    without_blocks(text)
    without_marks(text, US)
    tidied(text)
    return text.text


def test_blocks():
    assert plain("A\n\n~~~\ncode\n~~~\n\nB") == "A. B"
    assert plain("- [ ] One\n- [x] Two\n* Three") == "One. Two. Three"
    assert plain("| a | b |\n|:--|--:|\n| c | d |") == "a, b. c, d"
    assert plain("Title\n=====\n\nText <!-- not\nthis --> here") == "Title. Text here"


def test_marks():
    assert plain("***all*** of ~~this~~ __is__ _said_") == "all of this is said"
    assert plain("a * b, 2*3, f_x, __init__") == "a * b, 2*3, f_x, init"
    assert plain("`git push` and `x = {1}`") == "git push and"


def test_links_are_hosts():
    assert plain("<https://a.example.org:8080/x>, (http://b.com)") == "a dot example dot org, (b dot com)"
    assert plain("go to example.com/menu, now") == "go to example dot com, now"
    assert plain("node.js and e.g. 3.de") == "node.js and e.g. 3.de"


def test_emoji_and_signs():
    assert plain("☕️ Coffee® 1️⃣ ✅") == "Coffee"
    assert plain("نمی‌دانم क्‍ष") == "نمی‌دانم क्‍ष"  # joiners that belong to letters
