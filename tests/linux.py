"""The bench reads what a process costs from /proc: what runs it for real carries `needs_linux`."""

import pytest

from offhook.bench.process import cores
from offhook.errors import ConfigError


def _missing() -> str:
    try:
        cores()
    except ConfigError as error:
        return str(error)
    return ""


needs_linux = pytest.mark.skipif(bool(_missing()), reason=_missing())
