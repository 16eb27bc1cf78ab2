"""Log lines: one each, `key=value` text or JSON, the call's id on every line of a call.

Whatever a log call gives as `extra` becomes a key of the line. Numbers and speech are never given at info or above; the
one place where a number could slip in by itself, the query of an access line, is cut off here.
"""

import json
import logging
import logging.handlers
import sys
import time
from pathlib import Path
from typing import Any, Literal

from offhook.errors import ConfigError
from offhook.settings import without_secrets

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}


# Libraries at info tell about themselves, not about calls; httpx would log URLs.
QUIET = (
    "alembic",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "mcp",
    "picows",
    "websockets",
    "multipart",
    "uvicorn.error",
)


class Lines(logging.Formatter):
    """The base of both forms: what a line holds."""

    def parts(self, record: logging.LogRecord) -> dict[str, Any]:
        """Keys and values, in the order they are shown."""
        whole, fraction = divmod(record.created, 1)
        at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int(fraction * 1000):03d}Z"
        parts: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "from": record.name}
        if record.name == "uvicorn.access" and isinstance(record.args, tuple) and len(record.args) == 5:
            peer, method, target, _version, status = record.args
            return parts | {"peer": peer, "method": method, "path": str(target).partition("?")[0], "status": status}
        given = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if "call_id" in given:
            parts["call_id"] = given.pop("call_id")
        parts["message"] = record.getMessage()
        parts |= given
        if record.exc_info:
            parts["exception"] = self.formatException(record.exc_info)
        return parts


class TextLines(Lines):
    """`2026-11-20T09:00:00.000Z info offhook.server call_id=… call admitted direction=inbound`."""

    def format(self, record: logging.LogRecord) -> str:
        parts = self.parts(record)
        head = [parts.pop("at"), parts.pop("level"), parts.pop("from")]
        exception = parts.pop("exception", None)
        words = [_plain(value) if key == "message" else f"{key}={_value(value)}" for key, value in parts.items()]
        line = " ".join([*head, *words])
        return line if exception is None else f"{line}\n{exception}"


class JsonLines(Lines):
    """The same as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.parts(record), default=str, ensure_ascii=False)


# Probes and the page ask every few seconds; their lines would hide the others.
FREQUENT = frozenset({"/healthz", "/readyz", "/api/status"})


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """False for an access line of what is asked all the time and went well."""
    if not isinstance(record.args, tuple) or len(record.args) != 5:
        return True
    _peer, _method, target, _version, status = record.args
    return str(target).partition("?")[0] not in FREQUENT or status not in (200, 503)


def _plain(text: str) -> str:
    """One line whatever is in it: a peer's text may not start a line of its own."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _value(value: Any) -> str:
    text = _plain(str(value))
    return json.dumps(text, ensure_ascii=False) if not text or " " in text or '"' in text or "=" in text else text


def is_not_said_better(record: logging.LogRecord) -> bool:
    """Whether nobody else tells it: why the server cannot listen is told by what ends it (server/lifetime.py)."""
    return not isinstance(record.msg, OSError)


def start_logging(level: str, form: Literal["text", "json"] = "text", file: Path | None = None) -> None:
    """Sends every log line of the process to standard error, or to a file that may be moved away and is made anew.

    Raises ConfigError if the file cannot be written.
    """
    handler: logging.Handler
    try:
        handler = logging.StreamHandler(sys.stderr) if file is None else logging.handlers.WatchedFileHandler(file)
    except OSError as error:
        raise ConfigError(
            f"The log cannot be written to {without_secrets(str(file))} ({error.strerror}); set LOG_FILE to a file you may write."
        ) from None
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level.upper())
    if root.level > logging.DEBUG:
        logging.getLogger("uvicorn.access").addFilter(is_worth_a_line)
        logging.getLogger("uvicorn.error").addFilter(is_not_said_better)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
