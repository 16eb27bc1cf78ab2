"""Calls, what happened in them, and what follows from it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

BODY = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Makes every table."""
    op.create_table(
        "calls",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("sid", sa.Text, nullable=True),
        sa.Column("account_sid", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("called", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("backend", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cost_usd", sa.Double),
        sa.Column("unpriced", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("recording", sa.Text),
        sa.Column("data", BODY, nullable=False, server_default="{}"),
        sa.Column("variables", BODY, nullable=False, server_default="{}"),
        sa.Column("last_seq", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("sid", name="uq_calls_sid"),
    )
    op.create_index("ix_calls_started_at_id", "calls", ["started_at", "id"])
    for column in ("caller", "called", "state"):
        op.create_index(f"ix_calls_{column}_started_at", "calls", [column, "started_at"])
    op.create_table(
        "events",
        sa.Column("call_id", sa.String(32), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at_ms", sa.Double, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body", BODY, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "turns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("item", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("unheard", sa.Text, nullable=False),
        sa.Column("heard_ms", sa.Double, nullable=False),
        sa.Column("generated_ms", sa.Double, nullable=False),
        sa.Column("at_ms", sa.Double, nullable=False),
        sa.Column("latency_ms", sa.Double),
        sa.UniqueConstraint("call_id", "number", name="uq_turns_call_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "usage",
        sa.Column("call_id", sa.String(32), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("usd", sa.Double),
        *(sa.Column(f"{kind}_in", sa.Integer, nullable=False) for kind in ("text", "audio", "cached")),
        *(sa.Column(f"{kind}_out", sa.Integer, nullable=False) for kind in ("text", "audio")),
        sa.Column("seconds", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tools",
        sa.Column("call_id", sa.String(32), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("output", sa.Text),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("at_ms", sa.Double, nullable=False),
        sa.Column("took_ms", sa.Double),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "streams",
        sa.Column("call_id", sa.String(32), primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True),
        sa.Column("at_ms", sa.Double, nullable=False),
        sa.Column("ended_ms", sa.Double, nullable=False),
        sa.Column("media_in", sa.Integer, nullable=False),
        sa.Column("media_out", sa.Integer, nullable=False),
        sa.Column("missing", sa.Integer, nullable=False),
        sa.Column("longest_gap_ms", sa.Double, nullable=False),
        sa.Column("underruns", sa.Integer, nullable=False),
        sa.Column("corrections", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_turns_words ON turns USING gin (to_tsvector('simple', text))")
    else:
        for statement in WORDS_OF_TURNS:
            op.execute(statement)


# SQLite's full-text search has a table of its own, kept true by triggers. Its words are cut as PostgreSQL's "simple" does.
WORDS_OF_TURNS = (
    """CREATE VIRTUAL TABLE turns_words USING fts5(
        text, content='turns', content_rowid='id', tokenize='unicode61 remove_diacritics 0')""",
    """CREATE TRIGGER turns_words_insert AFTER INSERT ON turns BEGIN
        INSERT INTO turns_words(rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER turns_words_delete AFTER DELETE ON turns BEGIN
        INSERT INTO turns_words(turns_words, rowid, text) VALUES ('delete', old.id, old.text);
    END""",
    """CREATE TRIGGER turns_words_update AFTER UPDATE OF text ON turns BEGIN
        INSERT INTO turns_words(turns_words, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO turns_words(rowid, text) VALUES (new.id, new.text);
    END""",
)
