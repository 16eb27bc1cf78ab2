"""Values as far as a sentence or a log may repeat them: without secrets, names and passwords. Pure."""

import re
from typing import Any

SHOWN_CHARS = 20
SHOWN_OF_A_SECRET = 8
SECRET = re.compile(r"[A-Za-z0-9_-]{24,}")
_LIKE_A_SECRET = re.compile(rf"(?=[A-Za-z_-]*[0-9])([A-Za-z0-9_-]{{{SHOWN_OF_A_SECRET}}})[A-Za-z0-9_-]{{4,}}")
_USERINFO = re.compile(r"//\S*@")
NEVER_SHOWN = ("twilio_account_sid",)  # beside the secrets: it is easily swapped with the auth token


def without_userinfo(text: str) -> str:
    """A text of others without what goes before the host in its URLs: names and passwords."""
    return _USERINFO.sub("//…@", text)


def without_secrets(text: str) -> str:
    """A value as far as a sentence may repeat it: people put secrets into the wrong variable."""
    return SECRET.sub("…", without_userinfo(text))


def shown(value: Any) -> str:
    """A refused value as far as a start-up line may repeat it."""
    text = str(value)
    if "@" in text:
        text = "…" + text[text.rindex("@") :]
    text = _LIKE_A_SECRET.sub(r"\1…", without_secrets(text))
    return repr(text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…")
