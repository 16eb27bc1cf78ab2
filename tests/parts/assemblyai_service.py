"""A stand-in for AssemblyAI's streaming, by the types of its own SDK (test_assemblyai_sdk.py holds it against that)."""

import asyncio
import json

BYTES_PER_MS = 16


class Service:
    """Tells the next of its words 100 ms after it is told to end a turn, and guesses after each half second of audio."""

    def __init__(self, *words, silent=False, error=None):
        self.words, self.silent, self.error = list(words), silent, error
        self.got, self.ended = bytearray(), []
        self.told = []
        self._turns = 0

    async def talk(self, socket):
        await self._say(socket, type="Begin", id="00000000-0000-0000-0000-000000000000", expires_at=1_800_000_000)
        begins = len(self.got)
        while True:
            message = await socket.recv()
            if isinstance(message, bytes):
                ms = len(message) / BYTES_PER_MS
                if not 50 <= ms <= 1000:
                    why = f"Input Duration Violation: {ms} ms. Expected between 50 and 1000 ms"
                    await self._say(socket, type="Error", error_code=3007, error=why)
                    return await socket.close(3007, why)
                before = len(self.got)
                self.got += message
                if before // 8000 != len(self.got) // 8000 and not self.silent:
                    await self._turn(socket, "", ["a", "guess"], begins, over=False)
                continue
            match json.loads(message)["type"]:
                case "ForceEndpoint":
                    self.ended.append(len(self.got))
                    if self.error:
                        await self._say(socket, type="Error", error_code=self.error, error="Something")
                        return await socket.close(self.error, "Something")
                    if not self.silent and self.words:
                        asyncio.get_running_loop().call_later(0.1, self._later, socket, self.words.pop(0), begins)
                    begins = len(self.got)
                case "Terminate":
                    await self._say(socket, type="Termination", audio_duration_seconds=1, session_duration_seconds=1)
                    return await socket.close(1000, "")

    def _later(self, socket, words, begins):
        self._telling = asyncio.ensure_future(self._turn(socket, words, words.split(), begins, over=True))

    async def _turn(self, socket, transcript, words, begins, *, over):
        begin, end = begins / BYTES_PER_MS, len(self.got) / BYTES_PER_MS
        each = (end - begin) / (len(words) + 1)
        told = [
            {"text": word, "start": int(begin + at * each), "end": int(begin + (at + 1) * each), "confidence": 0.9 - at / 100,
             "word_is_final": over}
            for at, word in enumerate(words)
        ]  # fmt: skip
        self._turns += over
        await self._say(
            socket, type="Turn", turn_order=self._turns, turn_is_formatted=over, end_of_turn=over, transcript=transcript,
            end_of_turn_confidence=float(over), words=told,
        )  # fmt: skip

    async def _say(self, socket, **message):
        self.told.append(message)
        await socket.send(json.dumps(message))
