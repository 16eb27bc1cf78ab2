import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.errors import RemoteProtocolError
from offhook.phone.browser import wire


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (b'{"type":"heard","item":"a","ms":12.5}', wire.Heard("a", 12.5)),
        (b'{"type":"cleared","item":"a","ms":0}', wire.Cleared("a", 0.0)),
        (b'{"type":"cleared","item":null}', wire.Cleared(None, 0.0)),
        (b'{"type":"cleared"}', wire.Cleared(None, 0.0)),
        (b'{"type":"dtmf","digit":"#"}', wire.Dtmf("#")),
        (b'{"type":"hangup"}', wire.HangUp()),
        (b'{"type":"resume","token":"t"}', wire.Resume("t")),
        (b'{"type":"resume","token":"t","after":7,"item":"a","ms":3}', wire.Resume("t", 7, "a", 3.0)),
    ],
)
def test_a_message_is_understood(text, fact):
    assert wire.parse(text) == fact


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"x", "JSON"),
        (b"[]", "object"),
        (b"{}", "`type` must be"),
        (b'{"type":"heard","ms":1}', "`item` must be"),
        (b'{"type":"heard","item":"","ms":1}', "`item` must be"),
        (b'{"type":"heard","item":"a"}', "`ms` must be"),
        (b'{"type":"heard","item":"a","ms":-1}', "`ms` must be"),
        (b'{"type":"heard","item":"a","ms":true}', "`ms` must be"),
        (b'{"type":"heard","item":"a","ms":1e999}', "JSON"),
        (b'{"type":"dtmf","digit":"55"}', "`digit` must be"),
        (b'{"type":"dtmf","digit":5}', "`digit` must be"),
        (b'{"type":"resume"}', "`token` must be"),
        (b'{"type":"resume","token":"t","after":-1}', "`after` must be"),
        (b'{"type":"resume","token":"t","after":1.5}', "`after` must be"),
        (b'"' + b"x" * wire.LONGEST + b'"', "at most 4096 bytes"),
        (b'{"type":"heard","item":"' + b"x" * 300 + b'","ms":1}', "`item` must be"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(text, sentence):
    with pytest.raises(RemoteProtocolError, match=sentence) as refused:
        wire.parse(text)
    assert len(str(refused.value).encode()) <= 123, "it is a close reason"


FIELDS = ("type", "item", "ms", "digit", "token", "after")
VALUES = st.sampled_from(
    ["heard", "cleared", "dtmf", "resume", "hangup", None, True, -1, 0, 2**70, 1.5, "", "5", [], {}]
)


@given(st.binary() | st.dictionaries(st.sampled_from(FIELDS), VALUES).map(lambda told: json.dumps(told).encode()))
def test_whatever_comes_is_a_fact_or_a_sentence(text):
    try:
        wire.parse(text)
    except RemoteProtocolError as error:
        assert str(error).endswith(".")


def test_what_we_say_is_json():
    assert orjson.loads(wire.CLEAR) == {"type": "clear"}
    assert orjson.loads(wire.item('a"b', 12.5)) == {"type": "item", "item": 'a"b', "ms": 12.5}
    assert orjson.loads(wire.joined("c", "t", 8000)) == {"type": "joined", "call_id": "c", "token": "t", "rate": 8000}
    assert orjson.loads(wire.problem("No.")) == {"type": "problem", "detail": "No."}
