"""How Alembic runs a migration here: on the connection, and in the transaction, that migrate.py gives it."""

from alembic import context

from offhook.store.tables import Row

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Row.metadata, transactional_ddl=False
)
context.run_migrations()
