import struct

import pytest

from offhook import LegFailed
from offhook.parts import azure_wire as wire
from tests.parts.azure_service import split


def test_a_message_has_headers_and_a_body():
    headers, body = split(wire.text("speech.config", "r", {"a": 1}))
    assert headers["path"] == "speech.config" and headers["x-requestid"] == "r" and headers["x-timestamp"].endswith("Z")
    assert headers["content-type"] == "application/json; charset=utf-8" and body == '{"a":1}'
    headers, body = split(wire.text("ssml", "r", "<speak/>"))
    assert headers["content-type"] == "application/ssml+xml" and body == "<speak/>"


def test_audio_is_behind_the_length_of_its_headers():
    headers, body = split(wire.audio("r", b"\x00\r\n\r\n"))
    assert headers["path"] == "audio" and headers["content-type"] == "audio/x-wav" and body == b"\x00\r\n\r\n"
    assert split(wire.audio("r", b""))[1] == b""


def test_what_is_told_is_read_however_it_is_spelt():
    told = wire.told("X-RequestId:ABC\r\nPATH: Turn.End\r\n\r\n{}")
    assert told == wire.Told("turn.end", "abc", b"{}") and told.json() == {}
    head = b"Path:audio\r\nX-RequestId:r\r\n"
    assert wire.told(struct.pack(">H", len(head)) + head + b"sound") == wire.Told("audio", "r", b"sound")


@pytest.mark.parametrize("message", ["", "hello", b"", b"\x00", b"\xff\xffPath", "no: path\r\n\r\n{}"])
def test_what_is_no_message_is_told(message):
    with pytest.raises(LegFailed, match="cannot be read"):
        wire.told(message)


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
def test_a_body_that_is_no_object_is_told(body):
    with pytest.raises(LegFailed, match="cannot be read"):
        wire.Told("x", "r", body).json()


def test_the_head_of_a_file_without_a_length():
    head = wire.wave_header(8000)
    assert len(head) == 44 and struct.unpack_from("<HHIIHH", head, 20) == (1, 1, 8000, 16000, 2, 16)
