"""A WebSocket without a network: frames handed to a listener, and what it sends kept."""

import json

import picows
from picows.picows import _make_test_ws_frame


class Wire:
    """What a listener takes for its transport."""

    def __init__(self, listener):
        self.listener = listener
        self.sent = []
        self.disconnected = False
        listener.on_ws_connected(self)

    def send(self, kind, message):
        assert kind is picows.WSMsgType.TEXT
        self.sent.append(json.loads(message))

    def disconnect(self):
        self.disconnected = True

    def receive(self, message):
        """A text message for the listener."""
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.listener.on_ws_frame(self, _make_test_ws_frame(picows.WSMsgType.TEXT, raw, True, False))

    def take(self):
        """What was sent since the last look."""
        sent, self.sent = self.sent, []
        return sent
