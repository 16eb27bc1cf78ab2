"""Rows to begin with."""

from datetime import UTC, datetime


def call_row(call_id: str, **given) -> dict:
    """A call that has begun."""
    row = {
        "id": call_id, "sid": f"CA{call_id}", "account_sid": "AC1", "direction": "inbound", "caller": "+15550100",
        "called": "+15550199", "agent": "cafe", "backend": "local", "state": "connecting",
        "started_at": datetime(2026, 11, 20, 12, tzinfo=UTC),
    }  # fmt: skip
    return row | given


def turn_row(call_id: str, number: int, text: str, **given) -> dict:
    """A turn of the caller's."""
    row = {
        "call_id": call_id, "number": number, "seq": number, "role": "user", "text": text, "unheard": "",
        "heard_ms": 0.0, "generated_ms": 0.0, "at_ms": 1000.0 * number,
    }  # fmt: skip
    return row | given
