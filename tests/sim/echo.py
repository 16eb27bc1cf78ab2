"""A small server to call: webhooks as an ASGI app, media that comes back as it went."""

import json
from typing import Any
from urllib.parse import parse_qsl

CONNECT = '<Connect action="/next"><Stream url="{url}"><Parameter name="token" value="t"/></Stream></Connect>'


class EchoStream:
    """Sends every frame back, with a mark after each tenth."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.messages: list[dict[str, Any]] = []
        self.was_lost = False
        self.sid = ""

    def receive(self, message: bytes) -> None:
        read = json.loads(message)
        self.messages.append(read)
        if read["event"] == "start":
            self.sid = read["streamSid"]
        elif read["event"] == "media":
            self.send(event="media", media={"payload": read["media"]["payload"]})
            if int(read["media"]["chunk"]) % 10 == 0:
                self.send(event="mark", mark={"name": read["media"]["chunk"]})

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps({"streamSid": self.sid, **message}).encode())

    def lost(self) -> None:
        self.was_lost = True


class Webhooks:
    """An ASGI app: the documents by path, the forms it was sent."""

    def __init__(self, **documents: str) -> None:
        self.documents = documents
        self.forms: list[tuple[str, dict[str, str]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message.get("more_body"):
                break
        path = scope["path"].strip("/")
        self.forms.append((path, dict(parse_qsl(body.decode(), keep_blank_values=True))))
        known = path in self.documents
        answer = f"<Response>{self.documents.get(path, '')}</Response>".encode()
        headers = [(b"content-type", b"text/xml"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200 if known else 404, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
