"""Schema 2: rows of evidence are not changed either; until now only removing them was refused."""

from __future__ import annotations

from store.migrations.triggers import refuse_update

revision, down_revision = "2", "1"


def upgrade() -> None:
    for table in ("blob", "blob_owner", "leaf", "statement", "statement_blob"):
        refuse_update(table)
