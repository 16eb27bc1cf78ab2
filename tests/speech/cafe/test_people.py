"""People who order coffee over the telephone, where recordings of them are on this machine."""

import importlib.util
from pathlib import Path

import pytest
from bench.understanding import clips_of, hear

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "speech"

pytestmark = [
    pytest.mark.skipif(not FOLDER.exists(), reason="the folder of recorded people is not on this machine"),
    pytest.mark.skipif(importlib.util.find_spec("pocketsphinx") is None, reason="offhook[local] is not installed"),
    pytest.mark.timeout(60),
]


def test_two_of_three_orders_are_understood_whole() -> None:
    orders = [clip for clip in clips_of(FOLDER) if clip.slots is not None]
    heard = hear(orders[::3])  # all of them take a minute on a busy machine: bench/understanding.py
    assert heard.right() >= 0.65 * len(heard.calls)


def test_other_speech_is_mostly_rejected() -> None:
    heard = hear([clip for clip in clips_of(FOLDER) if clip.words not in ("", "yes")])
    assert len(heard.accepted()) <= 0.3 * len(heard.calls)
