"""Webhooks as a file declares them."""

import pytest

from offhook import ConfigError, webhooks


def test_a_mapping_of_names():
    book, menu = webhooks(
        {
            "book": {"url": "https://example.com/book", "description": "Books.", "timeout": 3, "finish": True},
            "menu": {"url": "http://127.0.0.1:8080/", "allow_private": True},
        }
    )
    assert (book.name, book.description, book.timeout, book.finish) == ("book", "Books.", 3, True)
    assert menu.schema == {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize(
    "options, sentence",
    [({}, "needs a url"), ("https://x", "needs a url"), ({"url": "https://x.org", "tiemout": 3}, "tiemout")],
)
def test_a_wrong_one_is_told_in_a_sentence(options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        webhooks({"book": options})
