"""How webhooks are declared: one by one, or as a file may hold them."""

from collections.abc import Mapping
from typing import Any

from offhook.agent.tools import TIMEOUT_S, Tool
from offhook.errors import ConfigError

RETRIES = 2
NO_ARGUMENTS: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


def webhook(
    name: str,
    url: str,
    *,
    description: str = "",
    parameters: Mapping[str, Any] = NO_ARGUMENTS,
    headers: Mapping[str, str] | None = None,
    secret: str | None = None,
    timeout: float = TIMEOUT_S,
    retries: int = RETRIES,
    allow_private: bool = False,
    finish: bool = False,
) -> Tool:
    """A tool that is a POST to a URL, of `{"tool": …, "arguments": {…}, "call": {…}}` as JSON.

    `description` and `parameters` (a JSON schema of an object) are told to the agent; `headers` go with each request, and
    with `secret` a signature of it (docs/agents.md); `timeout` in seconds is for the use with all its tries, of which there
    are `retries` more than one; `allow_private` lets it be plain HTTP and at an address of this network; `finish=True`: what
    it does is done even if the caller hangs up meanwhile. Raises ConfigError.
    """
    from offhook.agent.remote.webhook import Webhook  # which needs libraries that most agents do not

    return Webhook(
        name, url, description=description, parameters=parameters, headers=headers, secret=secret, timeout=timeout,
        retries=retries, allow_private=allow_private, finish=finish,
    )  # fmt: skip


def webhooks(declared: Mapping[str, Mapping[str, Any]]) -> list[Tool]:
    """Webhooks as a file may declare them: by name, with `url` and the options of `webhook`. Raises ConfigError."""
    made = []
    for name, options in declared.items():
        if not isinstance(options, Mapping) or "url" not in options:
            raise ConfigError(f"The webhook {name} needs a url.")
        try:
            made.append(webhook(name, **options))
        except TypeError as error:
            raise ConfigError(f"The webhook {name}: {str(error).partition(') ')[2] or error}.") from None
    return made
