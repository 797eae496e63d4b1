"""Schema 5: what a store put back from an older copy has to take back first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations.triggers import insert_only
from store.schema import Count, String

revision, down_revision = "5", "4"


def upgrade() -> None:
    _table(
        "known_checkpoint",
        sa.Column("size", Count, primary_key=True, autoincrement=False),
        sa.Column("root", String, primary_key=True),
        sa.Column("note", String, nullable=False),
        sa.Column("told_at", String, nullable=False),
    )
    _table(
        "restored",
        sa.Column("restored_at", String, primary_key=True),
        sa.Column("ended_at", String),
        sa.Column("because", String),
    )
    _table(
        "refill",
        sa.Column("position", Count, primary_key=True, autoincrement=False),
        sa.Column("entry", String, nullable=False),
        sa.Column("root", String),
        sa.Column("receipt", sa.LargeBinary),
        sa.Column("blobs", String),
    )
    insert_only("known_checkpoint")


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, *columns, sqlite_strict=True)
