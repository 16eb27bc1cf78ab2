"""The table of what holds where is what the scenarios saw, and what the page says."""

from tests.contract import test_control, test_cuts, test_greeting, test_losses, test_tools, test_turns
from tests.contract.backends import BACKENDS
from tests.contract.scenario import SCENARIOS
from tests.contract.table import DOCS, ROWS, block, shown

FILES = (test_control, test_cuts, test_greeting, test_losses, test_tools, test_turns)


def test_every_row_is_held_against_every_backend() -> None:
    assert all(FILES), "whose scenarios are known by now"
    assert set(SCENARIOS) == set(ROWS)
    for row, backends in SCENARIOS.items():
        assert set(BACKENDS) <= set(backends), row


def test_the_page_shows_the_table() -> None:
    assert shown(DOCS.read_text()) == block(), "write it anew: python -m tests.contract.table"
