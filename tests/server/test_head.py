import pytest

from offhook.errors import RemoteProtocolError
from offhook.server.head import Head, Proxies, is_loopback, was_forwarded


def head(peer="10.0.0.7", scheme="http", target="/", **headers) -> Head:
    return Head(scheme, target, {name.replace("_", "-"): value for name, value in headers.items()}, peer)


def test_a_head_is_taken_from_a_scope_as_it_came():
    scope = {
        "type": "websocket", "scheme": "ws", "raw_path": b"/a%20b", "query_string": b"x=%2B1", "client": ("10.0.0.7", 5),
        "headers": [(b"host", b"h"), (b"x-twice", b"1"), (b"x-twice", b"2")],
    }  # fmt: skip
    assert Head.of(scope) == Head("http", "/a%20b?x=%2B1", {"host": "h", "x-twice": "1, 2"}, "10.0.0.7")
    assert Head.of(scope).path == "/a%20b"


def test_a_connection_without_an_address_has_none():
    assert Head.of({"scheme": "http", "headers": [], "client": None}, "/").peer == ""


@pytest.mark.parametrize(
    ("trusted", "peer", "trust"),
    [
        ("127.0.0.1,::1", "127.0.0.1", True),
        ("127.0.0.1,::1", "::1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("10.0.0.0/8, 192.168.1.1", "10.9.9.9", True),
        ("10.0.0.0/8, 192.168.1.1", "192.168.1.2", False),
        ("*", "203.0.113.9", True),
        ("*", "", True),
        ("", "127.0.0.1", False),
        ("127.0.0.1", "", False),
    ],
)
def test_proxies_are_trusted_by_address_and_network(trusted, peer, trust):
    assert Proxies(trusted).trust(peer) is trust


def test_the_origin_is_the_host_that_was_asked():
    assert Proxies("").origin(head(host="h:8000")) == "http://h:8000"


def test_a_trusted_proxy_tells_the_origin():
    asked = head(host="inner", x_forwarded_proto="https", x_forwarded_host="voice.example.com, inner")
    assert Proxies("10.0.0.7").origin(asked) == "https://voice.example.com"
    assert Proxies("10.0.0.8").origin(asked) == "http://inner"


def test_a_proxy_that_speaks_of_sockets_means_the_same_origin():
    assert Proxies("*").origin(head(host="h", x_forwarded_proto="wss")) == "https://h"


@pytest.mark.parametrize(
    "host", ["h", "h:8000", "a-b.c_d.example:65535", "127.0.0.1:1", "[::1]", "[2001:db8::1]:80", ""]
)
def test_a_host_is_a_name_or_an_address_and_perhaps_a_port(host):
    assert Proxies("").origin(head(host=host)) == f"http://{host}"


NO_HOSTS = ["[", "[::1", "[]", "[1.2]", "[::1]x", "h:", "h:65536", "h:x", "h/p", "u@h", "a, b", "h h", "caf\xe9", "h\n"]


@pytest.mark.parametrize("host", NO_HOSTS)
def test_anything_else_is_no_host(host):
    with pytest.raises(RemoteProtocolError, match="its Host names no host"):
        Proxies("").origin(head(host=host))


def test_a_repeated_host_is_none():
    scope = {"scheme": "http", "headers": [(b"host", b"a"), (b"host", b"b")], "client": None}
    with pytest.raises(RemoteProtocolError, match="Host"):
        Proxies("").origin(Head.of(scope, "/"))


@pytest.mark.parametrize("told", [{"x_forwarded_host": "["}, {"x_forwarded_proto": "gopher"}])
def test_what_a_trusted_proxy_tells_must_be_an_origin_too(told):
    asked = head(host="h", **told)
    with pytest.raises(RemoteProtocolError, match="X-Forwarded"):
        Proxies("10.0.0.7").origin(asked)
    assert Proxies("10.0.0.8").origin(asked) == "http://h"


@pytest.mark.parametrize("name", ["forwarded", "via", "x_real_ip", "x_forwarded_for", "x_forwarded_anything"])
def test_what_a_proxy_adds_is_seen(name):
    assert was_forwarded(head(**{name: "x"}))
    assert not was_forwarded(head(host="h", user_agent="x"))


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1", "127.9.9.9:1", "[::1]:8000"])
def test_this_machine_is_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "example.com", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.1", "0.0.0.0", "[::1"]
)
def test_anything_else_is_not(host):
    assert not is_loopback(host)
