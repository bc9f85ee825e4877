"""What Alembic runs: the connection is handed in, by `schema.py` alone."""

from alembic import context

from dutchbook.storage.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
