"""Google's recognition (Speech-to-Text v2), through its own SDK, since streams come over gRPC alone."""

import importlib
import re
import warnings
from collections.abc import Callable
from typing import Any

from offhook.errors import ConfigError
from offhook.parts.google_wire import GoogleWire
from offhook.parts.keys import Keys
from offhook.parts.streaming import StreamRecogniser

STT, LOCATION = "telephony", "global"
"""The usual model, and where it is."""


def stt(model: str, keys: Keys) -> "Google":
    """Recognition: "MODEL", or "MODEL@LOCATION" where a model is not everywhere. Raises ConfigError if the SDK or the
    credentials are missing."""
    name, _, location = model.partition("@")
    if location and not re.fullmatch("[a-z0-9-]+", location):
        raise ConfigError(f"Google's location must be one such as europe-west4, not {location[:40]!r}.")
    location = location or LOCATION
    try:
        speech: Any = importlib.import_module("google.cloud.speech_v2")
    except ImportError:
        raise ConfigError("Google's recognition needs its SDK: pip install 'offhook[google]'.") from None
    credentials, project = _credentials(keys)
    host = "speech.googleapis.com" if location == LOCATION else f"{location}-speech.googleapis.com"
    return Google(
        name or STT,
        f"projects/{project}/locations/{location}/recognizers/_",
        lambda: speech.SpeechAsyncClient(credentials=credentials, client_options={"api_endpoint": host}),
    )


class Google:
    """One model (a `Recognition`)."""

    def __init__(self, model: str, recognizer: str, client: Callable[[], Any]) -> None:
        """`recognizer` is a resource's name; `client` opens the SDK's."""
        self._model, self._recognizer, self._open = model, recognizer, client
        self._client: Any = None

    async def start(self) -> None:
        """Opens the channel, which connects with the first stream."""
        self._client = self._client or self._open()

    def recogniser(self, language: str) -> StreamRecogniser:
        """One for a new caller."""
        return StreamRecogniser(lambda: GoogleWire(self._client, self._recognizer, self._model, language))

    async def close(self) -> None:
        """Closes the channel. Idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.transport.close()


def _credentials(keys: Keys) -> tuple[Any, str]:
    auth: Any = importlib.import_module("google.auth")
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    try:
        if keys.google_application_credentials:
            with warnings.catch_warnings():  # of files by others; this one is the operator's
                warnings.simplefilter("ignore", DeprecationWarning)
                found = auth.load_credentials_from_file(keys.google_application_credentials, scopes=scopes)
        else:
            found = auth.default(scopes=scopes)
    except (auth.exceptions.GoogleAuthError, OSError, ValueError) as error:
        raise ConfigError(
            "Google's recognition needs credentials: set GOOGLE_APPLICATION_CREDENTIALS to their file "
            f"({type(error).__name__})."
        ) from None
    project = keys.google_cloud_project or found[1]
    if not project:
        raise ConfigError("These credentials are of no project: set GOOGLE_CLOUD_PROJECT.")
    return found[0], project
