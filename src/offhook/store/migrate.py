"""Brings a database's tables to the form this version knows, within the caller's transaction."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

log = logging.getLogger(__name__)

FOLDER = Path(__file__).with_name("migrations")
LOCK = 0x6F66_6668_6F6F_6B  # "offhook": a number of ours among a PostgreSQL server's advisory locks


def migrate(connection: Connection) -> None:
    """Runs the migrations that are missing. Of several processes one runs them and the others wait.

    A database of a newer version stays as it is: a replica that is rolled back must still answer calls, and what it
    cannot write waits in the spool.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transaction is the only one that writes already
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        log.warning("the database is of a newer version of offhook (%s); it is used as it is", current)
        return
    command.upgrade(config, "head")
