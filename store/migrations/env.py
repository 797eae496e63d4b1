"""Alembic's entry: the connection comes from `store.database`, its transaction with it."""

from __future__ import annotations

from alembic import context

from store.schema import metadata

# The caller's transaction holds the whole upgrade: killed half-way, it never happened.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
