"""Schema 6: how long bytes are kept, holds, deletion by two people, and its tombstones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations.triggers import insert_only
from store.schema import Count, String

revision, down_revision = "6", "5"


def upgrade() -> None:
    _table(
        "retention_class",
        sa.Column("name", String, primary_key=True),
        sa.Column("years", Count, primary_key=True, autoincrement=False),
        sa.Column("basis", String, nullable=False),
        sa.Column("set_by", String, nullable=False),
        sa.Column("set_at", String, nullable=False),
        sa.CheckConstraint("years BETWEEN 5 AND 100", name="five_years_are_the_least"),
    )
    _holds()
    _deletions()
    insert_only("retention_class", "legal_hold", "lift_asked", "lifted", "deletion_asked")
    insert_only("deleted", "tombstone", "blob_version")


def _holds() -> None:
    _table(
        "legal_hold",
        sa.Column("statement", String, sa.ForeignKey("said.digest"), primary_key=True),
        sa.Column("agent", String, sa.ForeignKey("agent.id"), nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
    )
    op.create_index("legal_hold_of_month", "legal_hold", ["agent", "period"])
    _table(
        "lift_asked",
        sa.Column("statement", String, sa.ForeignKey("said.digest"), primary_key=True),
        sa.Column("hold", String, sa.ForeignKey("legal_hold.statement"), nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.UniqueConstraint("statement", "hold", "account"),
    )
    _table(
        "lifted",
        sa.Column("hold", String, primary_key=True),
        sa.Column("statement", String, sa.ForeignKey("said.digest"), nullable=False, unique=True),
        sa.Column("asked", String, nullable=False),
        sa.Column("asked_by", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked", "hold", "asked_by"],
            ["lift_asked.statement", "lift_asked.hold", "lift_asked.account"],
        ),
        sa.CheckConstraint("account <> asked_by", name="two_people_lift_a_hold"),
    )


def _deletions() -> None:
    _table(
        "deletion_asked",
        sa.Column("statement", String, sa.ForeignKey("said.digest"), primary_key=True),
        sa.Column("agent", String, sa.ForeignKey("agent.id"), nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("blobs_root", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.UniqueConstraint("statement", "blobs_root", "account"),
    )
    op.create_index("deletion_asked_of_month", "deletion_asked", ["agent", "period"])
    _table(
        "deleted",
        sa.Column("statement", String, sa.ForeignKey("said.digest"), primary_key=True),
        sa.Column("asked", String, nullable=False, unique=True),
        sa.Column("blobs_root", String, nullable=False),
        sa.Column("asked_by", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked", "blobs_root", "asked_by"],
            ["deletion_asked.statement", "deletion_asked.blobs_root", "deletion_asked.account"],
        ),
        sa.CheckConstraint("account <> asked_by", name="two_people_delete"),
    )
    _table(
        "tombstone",
        sa.Column("deletion", String, sa.ForeignKey("deleted.statement"), primary_key=True),
        sa.Column("digest", String, sa.ForeignKey("blob.digest"), primary_key=True),
    )
    op.create_index("tombstone_of", "tombstone", ["digest"])
    _table(
        "absent",
        sa.Column("digest", String, sa.ForeignKey("blob.digest"), primary_key=True),
        sa.Column("removed_at", String),
    )
    _table(
        "blob_version",
        sa.Column("digest", String, sa.ForeignKey("blob.digest"), primary_key=True),
        sa.Column("version", String, primary_key=True),
        sa.Column("stored_at", String, nullable=False),
    )


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(name, *parts, sqlite_strict=True)
