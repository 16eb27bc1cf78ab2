import pytest

from offhook.server import routes


def test_every_http_entry_is_routed_with_its_aliases_and_slashes():
    assert routes.paths(routes.INCOMING_CALL) == [
        "/incoming-call",
        "/incoming-call/",
        "/voice/incoming",
        "/voice/incoming/",
    ]


@pytest.mark.parametrize(
    ("path", "call_id"),
    [
        ("/ws/media/c1", "c1"),
        ("/ws/media/c1/", "c1"),
        ("/ws/media", routes.OWN_TWIML),
        ("/media-stream", routes.OWN_TWIML),
        ("/media", routes.OWN_TWIML),
        ("/media/", routes.OWN_TWIML),
        ("/twilio/stream", routes.OWN_TWIML),
        ("/ws/media/c1/more", None),
        ("/ws/mediac1", None),
        ("/ws/events/c1", None),
        ("/", None),
    ],
)
def test_a_media_path_names_its_call_or_none(path, call_id):
    assert routes.media_call_id(path) == call_id


@pytest.mark.parametrize(
    ("origin", "url"),
    [("https://h", "wss://h/ws/media/c1"), ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/media/c1")],
)
def test_a_stream_url_is_as_secure_as_its_origin(origin, url):
    assert routes.stream_url(origin, "c1") == url
