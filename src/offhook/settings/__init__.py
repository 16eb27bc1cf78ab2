"""Every setting: one class, read from the environment and `.env`, by the server and the command line only.

A field is named as its variable, in small letters. Its `title` says what is allowed, for the sentence that refuses a
bad value; its `description` is the line of docs/settings.md and .env.example. Unknown variables are nobody's business.
The fields are in modules, a group in each; what a value may be is in `values.py`.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from offhook.errors import ConfigError
from offhook.settings.agent import Declared
from offhook.settings.calls import Calls
from offhook.settings.models import Models
from offhook.settings.server import Server, State
from offhook.settings.shown import NEVER_SHOWN, shown, without_secrets, without_userinfo
from offhook.settings.twilio import Dialling, Twilio
from offhook.settings.values import destinations_in

__all__ = ["Settings", "destinations_in", "without_secrets", "without_userinfo"]


class _Environment(EnvSettingsSource):
    def __call__(self) -> dict[str, Any]:
        told = super().__call__()
        # Desktop systems export LANGUAGE for gettext ("en_GB:en"). That is no wish of this program's user, and it must
        # not hide what .env says.
        if re.search("[_:]|^(C|POSIX)$", str(told.get("language", ""))):
            del told["language"]
        return told


# The last group comes first in the order of the fields, in which bad values are found.
class Settings(Calls, Dialling, Declared, Models, Twilio, State, Server, BaseSettings):
    """All settings with their defaults. Use `load`, which refuses a bad value in one sentence."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, validate_default=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_utf8(cls, value: Any) -> Any:
        # Bytes of the environment that are no UTF-8 come as lone surrogates, which no key can be made of.
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise PydanticCustomError("not_utf8", "not UTF-8") from None
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What goes before what: the command line, the environment, `.env`."""
        return init_settings, _Environment(settings_cls), dotenv_settings

    @classmethod
    def load(cls, *, ignored: Collection[str] = (), **given: Any) -> Self:
        """The settings of this process; `given` (the command line) goes before the environment, None means not given.

        The environment's values of `ignored` fields are not even looked at. Raises ConfigError in one sentence for the
        first bad value; a secret's value is never repeated.
        """
        told = {name: value for name, value in given.items() if value is not None}
        defaults = {name: cls.model_fields[name].default for name in ignored}
        try:
            if cls.model_config.get("env_file") and Path(".env").is_fifo():
                raise ConfigError(
                    "The file .env is a pipe, and only a regular file is read: write the settings to one."
                )
            return cls(**(defaults | told))
        except ValidationError as error:
            raise ConfigError(cls._refusal(error)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The file .env cannot be read: {error}.") from None

    @classmethod
    def _refusal(cls, error: ValidationError) -> str:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        field = cls.model_fields[name]
        if problem["type"] == "not_utf8":
            return f"{name.upper()} must be {field.title}, written in UTF-8."
        if "SecretStr" in str(field.annotation) or name in NEVER_SHOWN:
            return f"{name.upper()} must be {field.title}; what it is set to is something else."
        return f"{name.upper()} must be {field.title}, not {shown(problem['input'])}."
