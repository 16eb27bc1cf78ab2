"""Wishes for calls, by the keys of those who wish."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

BODY = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "asked_calls",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("wish", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", BODY),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_asked_calls_asked_at", "asked_calls", ["asked_at"])
    op.create_index("ix_asked_calls_call_id", "asked_calls", ["call_id"])
