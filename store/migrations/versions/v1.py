"""Schema 1: what SQLite stores were before there were migrations. Those are marked as being
here, not made again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations.triggers import keep_dense, make_functions, refuse_delete
from store.schema import Count, String

revision, down_revision = "1", None


def upgrade() -> None:
    _table(
        "agent",
        sa.Column("id", String, primary_key=True),
        sa.Column("enrolled_at", String, nullable=False),
    )
    _table(
        "agent_site",
        sa.Column("agent", String, sa.ForeignKey("agent.id"), primary_key=True),
        sa.Column("site", String, primary_key=True),
    )
    _table(
        "agent_key",
        sa.Column("keyid", String, primary_key=True),
        sa.Column("agent", String, sa.ForeignKey("agent.id"), nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("enrolled_at", String, nullable=False),
        sa.Column("revoked_at", String),
    )
    _table(
        "blob",
        sa.Column("digest", String, primary_key=True),
        sa.Column("size_bytes", Count, nullable=False),
        sa.Column("stored_at", String, nullable=False),
    )
    _table(
        "blob_owner",
        sa.Column("digest", String, sa.ForeignKey("blob.digest"), primary_key=True),
        sa.Column("agent", String, sa.ForeignKey("agent.id"), primary_key=True),
    )
    _table(
        "leaf",
        sa.Column("position", Count, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("entry", String, nullable=False),
    )
    _table(
        "statement",
        sa.Column("digest", String, primary_key=True),
        sa.Column("kind", String, nullable=False),
        sa.Column("agent", String, sa.ForeignKey("agent.id"), nullable=False),
        sa.Column("position", Count, sa.ForeignKey("leaf.position"), nullable=False, unique=True),
        sa.Column("receipt", sa.LargeBinary, nullable=False),
    )
    op.create_index("statement_of_agent", "statement", ["agent", "kind", "position"])
    _table(
        "statement_blob",
        sa.Column("statement", String, sa.ForeignKey("statement.digest"), primary_key=True),
        sa.Column("blob", String, sa.ForeignKey("blob.digest"), primary_key=True),
    )
    make_functions()
    keep_dense()
    for table in ("blob", "blob_owner", "leaf", "statement", "statement_blob"):
        refuse_delete(table)


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, *columns, sqlite_strict=True)
