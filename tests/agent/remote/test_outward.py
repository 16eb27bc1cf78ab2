"""Which addresses are anybody's, and that a connection goes to one that was checked."""

import asyncio
import socket

import httpcore
import pytest

from offhook.agent.remote.outward import Outward, Refused, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::", "2001:0:0:0:0:0:80ff:fffe", "127.1", "x", "",
    ],
)  # fmt: skip
def test_these_are_private(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_these_are_public(address):
    assert is_public(address)


class Sockets(httpcore.AnyIOBackend):
    """Notes where it is to connect to, and reaches only some of it."""

    def __init__(self, reached=()):
        self.asked, self.reached = [], reached

    async def connect_tcp(self, host, port, *_args):
        self.asked.append(host)
        if host not in self.reached:
            raise httpcore.ConnectError("no route")
        return "connected"


def connect(monkeypatch, *answers, allow_private=False, reached=()):
    """What comes of a connection to a name that is looked up with these answers, one after the other; and where to."""
    answers = list(answers)

    def look_up(host, port, *args, **kw):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    outward = Outward(allow_private=allow_private)
    outward._sockets = Sockets(reached)
    try:
        return asyncio.run(outward.connect_tcp("name.example", 443, 1.0)), outward._sockets.asked
    except (Refused, httpcore.ConnectError) as error:
        return error, outward._sockets.asked


def test_a_name_that_changes_is_looked_up_once(monkeypatch):
    said, asked = connect(monkeypatch, ["8.8.8.8"], ["127.0.0.1"], reached=["8.8.8.8"])
    assert said == "connected" and asked == ["8.8.8.8"]


def test_one_private_address_among_others_is_enough(monkeypatch):
    said, asked = connect(monkeypatch, ["8.8.8.8", "10.0.0.1"], reached=["8.8.8.8"])
    assert isinstance(said, Refused) and asked == []


def test_private_ones_may_be_allowed(monkeypatch):
    assert connect(monkeypatch, ["10.0.0.1"], allow_private=True, reached=["10.0.0.1"])[0] == "connected"


def test_the_next_address_is_tried(monkeypatch):
    said, asked = connect(monkeypatch, ["8.8.8.8", "8.8.4.4"], reached=["8.8.4.4"])
    assert said == "connected" and asked == ["8.8.8.8", "8.8.4.4"]
    assert isinstance(connect(monkeypatch, ["8.8.8.8"])[0], httpcore.ConnectError)


def test_a_name_without_an_address_is_no_connection(monkeypatch):
    assert isinstance(connect(monkeypatch, [])[0], httpcore.ConnectError)


def test_sockets_of_this_machine_are_refused():
    with pytest.raises(Refused):
        asyncio.run(Outward(allow_private=True).connect_unix_socket("/run/x"))
