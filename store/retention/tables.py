"""Classes, holds, deletions and tombstones. Insert-only but for `absent`; the database itself
demands two people for lifting a hold and for deleting."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)

from store.schema import Count, Moment, String, table

# The longest of a class counts, so that another row can only lengthen it.
retention_class = table(
    "retention_class",
    Column("name", String, primary_key=True),
    Column("years", Count, primary_key=True, autoincrement=False),
    Column("basis", String, nullable=False),
    Column("set_by", String, nullable=False),
    Column("set_at", Moment, nullable=False),
    CheckConstraint("years BETWEEN 5 AND 100", name="five_years_are_the_least"),
)
legal_hold = table(
    "legal_hold",
    Column("statement", String, ForeignKey("said.digest"), primary_key=True),
    Column("agent", String, ForeignKey("agent.id"), nullable=False),
    Column("period", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    Index("legal_hold_of_month", "agent", "period"),
)
lift_asked = table(
    "lift_asked",
    Column("statement", String, ForeignKey("said.digest"), primary_key=True),
    Column("hold", String, ForeignKey("legal_hold.statement"), nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    UniqueConstraint("statement", "hold", "account"),
)
lifted = table(
    "lifted",
    Column("hold", String, primary_key=True),
    Column("statement", String, ForeignKey("said.digest"), nullable=False, unique=True),
    Column("asked", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    ForeignKeyConstraint(
        ["asked", "hold", "asked_by"],
        ["lift_asked.statement", "lift_asked.hold", "lift_asked.account"],
    ),
    CheckConstraint("account <> asked_by", name="two_people_lift_a_hold"),
)
deletion_asked = table(
    "deletion_asked",
    Column("statement", String, ForeignKey("said.digest"), primary_key=True),
    Column("agent", String, ForeignKey("agent.id"), nullable=False),
    Column("period", String, nullable=False),
    Column("blobs_root", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    UniqueConstraint("statement", "blobs_root", "account"),
    Index("deletion_asked_of_month", "agent", "period"),
)
deleted = table(
    "deleted",
    Column("statement", String, ForeignKey("said.digest"), primary_key=True),
    Column("asked", String, nullable=False, unique=True),
    Column("blobs_root", String, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    ForeignKeyConstraint(
        ["asked", "blobs_root", "asked_by"],
        ["deletion_asked.statement", "deletion_asked.blobs_root", "deletion_asked.account"],
    ),
    CheckConstraint("account <> asked_by", name="two_people_delete"),
)
# Every blob of a deletion; the statement says the same, signed.
tombstone = table(
    "tombstone",
    Column("deletion", String, ForeignKey("deleted.statement"), primary_key=True),
    Column("digest", String, ForeignKey("blob.digest"), primary_key=True),
    Index("tombstone_of", "digest"),
)
# Blobs that are deleted now: not those that came again since. `removed_at` None: the bytes are
# still to be removed, or a bucket's lock does not let them go yet.
absent = table(
    "absent",
    Column("digest", String, ForeignKey("blob.digest"), primary_key=True),
    Column("removed_at", Moment),
)
# Which version of an object in a bucket holds a blob; none where blobs are files.
blob_version = table(
    "blob_version",
    Column("digest", String, ForeignKey("blob.digest"), primary_key=True),
    Column("version", String, primary_key=True),
    Column("stored_at", Moment, nullable=False),
)

INSERT_ONLY = (
    *("retention_class", "legal_hold", "lift_asked", "lifted", "deletion_asked"),
    *("deleted", "tombstone", "blob_version"),
)
