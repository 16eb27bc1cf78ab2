"""Which streams are taken, end to end; and the claim itself with a clock of its own."""

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from offhook.errors import CallRefused
from offhook.phone.twilio import token
from offhook.phone.twilio.wire import Start
from offhook.server.auth import Access
from offhook.server.head import Proxies
from offhook.server.media import Limits
from offhook.server.streams import StreamDoor, StreamRules
from tests.server.running import ACCOUNT, KEY, running, start_message
from tests.server.test_media import a_stream, audio_until_mark, close_code, media_socket, stream_of


@pytest.fixture
def server():
    with running() as it:
        yield it


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "0.1.x"},
        {"call_sid": "CA2"},
        {"account": "AC" + "2" * 32},
    ],
)
def test_a_start_that_does_not_match_is_closed_with_1008(server, wrong):
    with a_stream(server) as (ws, right):
        ws.send(start_message(**({"token": right} | wrong)))
        assert close_code(ws) == 1008


def test_a_token_opens_one_stream(server):
    with a_stream(server) as (ws, given):
        ws.send(start_message(token=given))
        audio_until_mark(ws)
        path, _ = stream_of(server.call().text)
        with media_socket(server, path) as second:
            second.send(start_message(token=given, stream="MZ2"))
            assert close_code(second) == 1008
        with pytest.raises(TimeoutError):  # the first is still open
            while True:
                ws.recv(timeout=0.05)


@pytest.mark.parametrize("path", ["/media-stream", "/media", "/twilio/stream", "/ws/media"])
def test_streams_of_the_users_own_twiml_need_the_setting(server, path):
    with pytest.raises(InvalidStatus, match="403"), media_socket(server, path):
        pass


@pytest.mark.parametrize("path", ["/media-stream", "/media", "/twilio/stream", "/ws/media"])
def test_with_the_setting_they_are_taken_once_per_call(path):
    with running(allow_own_twiml=True) as server, media_socket(server, path) as ws:
        ws.send(start_message("CA7"))
        assert audio_until_mark(ws)
        with media_socket(server, path) as second:
            second.send(start_message("CA7", stream="MZ2"))
            assert close_code(second) == 1008


def test_even_then_the_account_must_be_ours():
    with running(allow_own_twiml=True) as server, media_socket(server, "/media") as ws:
        ws.send(start_message("CA7", account="AC" + "2" * 32))
        assert close_code(ws) == 1008


def test_the_demo_takes_no_stream_that_a_foreign_page_opens():
    with running(demo=True) as server:
        path, _ = stream_of(server.call().text)
        with pytest.raises(InvalidStatus, match="403"), media_socket(server, path, origin="https://evil.example"):
            pass


class _Switchboard:
    def claim(self, call_id, sid, epoch):
        return (call_id, sid, epoch)


@pytest.fixture
def door():
    access = Access([KEY], proxies=Proxies(""))
    return StreamDoor(
        access, _Switchboard(), StreamRules(ACCOUNT, b"s"), Limits(), asyncio.Event(), wall_clock=lambda: 1000.0
    )


def test_a_claim_uses_the_epoch_of_the_token(door):
    made = token.make(b"s", "call", "CA1", 4, 950.0)
    assert door._claim(Start("MZ1", ACCOUNT, "CA1", {"token": made}), "call") == ("call", "CA1", 4)


def test_a_token_is_too_old_after_two_minutes(door):
    made = token.make(b"s", "call", "CA1", 4, 879.0)
    with pytest.raises(CallRefused, match="expired"):
        door._claim(Start("MZ1", ACCOUNT, "CA1", {"token": made}), "call")
