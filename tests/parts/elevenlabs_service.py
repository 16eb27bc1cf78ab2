"""A stand-in for ElevenLabs' voices, by the types of its own SDK (test_elevenlabs_sdk.py holds it against that)."""

import asyncio
import base64
import json

CHAR_MS = 50


class Service:
    """Speaks 50 ms for each character, in stretches of `stretch` characters. `fails`: statuses of the next answers, or 0
    for one that breaks off."""

    def __init__(self, *, stretch=7, fails=(), rewrite=lambda text: text, lead=""):
        self.stretch, self.fails, self.rewrite, self.lead = stretch, list(fails), rewrite, lead
        self.asked = []

    async def __call__(self, scope, receive, send):
        body = json.loads((await receive())["body"])
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append((scope["path"], scope["query_string"].decode(), headers, body))
        status = self.fails.pop(0) if self.fails else 200
        if status >= 400:
            detail = {"status": "no", "message": f"It cannot be with {headers.get('xi-api-key')}."}
            await send(
                {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
            )
            return await send({"type": "http.response.body", "body": json.dumps({"detail": detail}).encode()})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        said = self.lead + self.rewrite(body["text"])
        for at in range(0, len(said), self.stretch):
            if at and status == 0:
                raise RuntimeError("the stand-in breaks off")
            await asyncio.sleep(0.02)
            line = json.dumps(self._stretch(said[at : at + self.stretch], at)).encode()
            # Lines are cut anywhere on their way.
            for piece in (line[:50], line[50:] + b"\n\n"):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def _stretch(text, at):
        times = [(at + index) * CHAR_MS / 1000 for index in range(len(text) + 1)]
        alignment = {
            "characters": list(text), "character_start_times_seconds": times[:-1], "character_end_times_seconds": times[1:],
        }  # fmt: skip
        audio = base64.b64encode(b"\x55" * (8 * CHAR_MS * len(text))).decode()
        return {"audio_base64": audio, "alignment": alignment, "normalized_alignment": alignment}
