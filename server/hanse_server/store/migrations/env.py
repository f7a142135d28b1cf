"""What Alembic runs to take steps: always within the transaction that it is handed.

Rules: a store changes its layout whole or not at all, so the caller opens the
transaction and ends it. `store.migration` hands the connection over.
"""

from __future__ import annotations

from alembic import context

from hanse_server.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
