"""A stand-in for Google's recognition: a gRPC server made of the SDK's own types."""

from contextlib import asynccontextmanager

import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import speech_v2 as speech
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport


class Service:
    """Guesses after each half second of audio, and tells the next of its words when a stream is ended. `fails`: the
    status codes that the next streams get at their end, or None."""

    def __init__(self, *words, fails=(), deaf=False):
        self.words, self.fails, self.deaf = list(words), list(fails), deaf
        self.configs, self.got = [], []

    async def recognize(self, requests, context):
        fails = self.fails.pop(0) if self.fails else None
        at = len(self.got)
        self.got.append(0)
        async for request in requests:
            if request.streaming_config.config.model:
                self.configs.append(request)
                continue
            assert 0 < len(request.audio) <= 25_600
            self.got[at] += len(request.audio)
            if not self.deaf and self.got[at] % 8000 == 0:
                yield self._result("a guess", final=False), self._result("and more", final=False)
        if fails is not None:  # not before: who still writes may hear of another error
            await context.abort(fails, "The stand-in was told so.")
        if self.deaf:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "too late")
        if self.words and (words := self.words.pop(0)):
            yield (self._result(words, final=True),)

    @staticmethod
    def _result(text, *, final):
        best = speech.SpeechRecognitionAlternative(transcript=text, confidence=0.75 if final else 0.0)
        return speech.StreamingRecognitionResult(alternatives=[best], is_final=final)

    @asynccontextmanager
    async def served(self):
        """A client of it."""

        async def streaming_recognize(requests, context):
            async for results in self.recognize(requests, context):
                yield speech.StreamingRecognizeResponse(results=results)

        handler = grpc.stream_stream_rpc_method_handler(
            streaming_recognize,
            request_deserializer=speech.StreamingRecognizeRequest.deserialize,
            response_serializer=speech.StreamingRecognizeResponse.serialize,
        )
        service = grpc.method_handlers_generic_handler("google.cloud.speech.v2.Speech", {"StreamingRecognize": handler})
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((service,))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield lambda: client(port)
        finally:
            await server.stop(None)


def client(port):
    """The SDK's client, of a server on this machine."""
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    transport = SpeechGrpcAsyncIOTransport(channel=channel, credentials=AnonymousCredentials())
    return speech.SpeechAsyncClient(transport=transport)
