"""A stand-in for Azure Speech, by what Microsoft's own SDK 1.53 sends to it and takes from it (test_azure_sdk.py holds that)."""

import asyncio
import json
import re
import struct
from xml.etree import ElementTree

CHAR_MS = 50
TONE = b"\x20" * 4 + b"\xa0" * 4
"""A millisecond of µ-law that can be heard."""
SPEAK = "{http://www.w3.org/2001/10/synthesis}"


def split(message):
    """Headers and body."""
    if isinstance(message, str):
        head, _, body = message.partition("\r\n\r\n")
    else:
        (length,) = struct.unpack_from(">H", message)
        head, body = message[2 : 2 + length].decode(), message[2 + length :]
    pairs = (line.partition(":") for line in head.split("\r\n") if line)
    return {name.lower(): value.strip() for name, _, value in pairs}, body


def text(path, request, body):
    written = body if isinstance(body, str) else json.dumps(body)
    return f"X-RequestId:{request}\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n{written}"


def sound(request, stream, body):
    head = f"X-RequestId:{request}\r\nContent-Type:audio/basic\r\nX-StreamId:{stream}\r\nPath:audio\r\n".encode()
    return struct.pack(">H", len(head)) + head + body


class Recognition:
    """Tells the next of its words 100 ms after the end of each turn, and guesses after each half second of audio."""

    def __init__(self, *words, deaf=False, status="Success"):
        self.words, self.deaf, self.status = list(words), deaf, status
        self.got = []
        """For each turn, its bytes."""

    async def talk(self, socket):
        turn, told, loop = "", None, asyncio.get_running_loop()
        while True:
            headers, body = split(await socket.recv())
            if headers["path"] == "speech.config":
                assert "system" in json.loads(body)["context"]
            elif headers["path"] == "speech.context":
                assert json.loads(body)["phraseDetection"]["language"]
            elif headers["path"] == "audio":
                if headers["x-requestid"] != turn:
                    if told is not None:
                        told.cancel()  # a new turn costs an old one what was not said of it
                    turn = headers["x-requestid"]
                    if body[:4] != b"RIFF" or body[22:36] != struct.pack("<HIIHH", 1, 8000, 16000, 2, 16):
                        return await socket.close(1007, "no RIFF header")
                    self.got.append(0)
                    await socket.send(text("turn.start", turn, {"context": {"serviceTag": "x"}}))
                    body = body[44:]
                    if not body:
                        continue
                if len(body) > 8192:
                    return await socket.close(1009, "too large")
                if self.deaf:
                    continue
                if body:
                    if self.got[-1] // 8000 != (self.got[-1] + len(body)) // 8000:
                        guess = {"Text": "a guess", "Offset": 0, "Duration": 5_000_000}
                        await socket.send(text("speech.hypothesis", turn, guess))
                    self.got[-1] += len(body)
                else:
                    told = loop.create_task(self._tell(socket, turn))

    async def _tell(self, socket, turn):
        await asyncio.sleep(0.1)
        if self.words and (words := self.words.pop(0)):
            best = {"Confidence": 0.9, "Lexical": words.lower(), "ITN": words, "MaskedITN": words, "Display": words}
            said = {"Id": "1", "RecognitionStatus": self.status, "Offset": 0, "Duration": 9_000_000, "NBest": [best],
                    "DisplayText": words}  # fmt: skip
        else:
            said = {"Id": "1", "RecognitionStatus": "NoMatch", "Offset": 0, "Duration": 9_000_000}
        await socket.send(text("speech.phrase", turn, said))
        ended = {"Id": "2", "RecognitionStatus": "EndOfDictation", "Offset": 9_000_000, "Duration": 0}
        await socket.send(text("speech.phrase", turn, ended))
        await socket.send(text("turn.end", turn, {}))


class Synthesis:
    """Speaks 50 ms for each character, each word's time told before its audio."""

    def __init__(self, *, breaks_after=None, silent=False):
        self.breaks_after, self.silent = breaks_after, silent
        self.asked, self.ssml = [], []

    async def talk(self, socket):
        wanted, configured = {}, False
        while True:
            headers, body = split(await socket.recv())
            match headers["path"]:
                case "speech.config":
                    configured = True
                case "synthesis.context":
                    wanted = json.loads(body)["synthesis"]["audio"]
                    assert configured and wanted["outputFormat"] == "raw-8khz-8bit-mono-mulaw"
                case "ssml":
                    await self._speak(socket, headers["x-requestid"], body, wanted["metadataOptions"])

    async def _speak(self, socket, turn, ssml, options):
        self.ssml.append(ssml)
        voice = ElementTree.fromstring(ssml).find(f"{SPEAK}voice")
        if not voice.get("name").endswith("Neural"):
            return await socket.close(1007, f"Unsupported voice {voice.get('name')}.")
        said = "".join(voice.itertext())
        self.asked.append(said)
        if self.silent:
            return
        await socket.send(text("turn.start", turn, {"context": {"serviceTag": "x"}}))
        await socket.send(
            text("response", turn, {"context": {"serviceTag": "x"}, "audio": {"type": "inline", "streamId": "S"}})
        )
        for at, match in enumerate(re.finditer(r"\S+\s*", said)):
            if at == self.breaks_after:
                return await socket.close(1011, "broken")
            word = match.group().strip(" .,!?")
            ticks = 10_000 * CHAR_MS
            data = {"Offset": match.start() * ticks, "Duration": len(word) * ticks,
                    "text": {"Text": word, "Length": len(word), "BoundaryType": "WordBoundary"}}  # fmt: skip
            if options["wordBoundaryEnabled"]:
                boundary = {"Metadata": [{"Type": "WordBoundary", "Data": data}]}
                await socket.send(text("audio.metadata", turn, boundary))
            await asyncio.sleep(0.01)
            await socket.send(sound(turn, "S", TONE * (CHAR_MS * len(match.group()))))
        await socket.send(sound(turn, "S", b""))
        await socket.send(text("turn.end", turn, {}))
