"""Recordings of people, where there are some: none are in the project."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("OFFHOOK_HUMAN_SPEECH", "/work/shared/data/speech"))
COFFEE, OTHER = "order_08d043b2.flac", "order_27c0f514.flac"
SAYS = {COFFEE: "medium cappuccino with sugar", OTHER: "twenty ounce house coffee"}
"""What is in them, as far as it is understood."""


def recording(name: str) -> tuple[str, bytes]:
    """The words of a recording, and the file. Skips the test where it is not there."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"there are no recordings of people in {FOLDER}: OFFHOOK_HUMAN_SPEECH names their folder")
    return SAYS[name], path.read_bytes()
