"""The store's tables, one schema for SQLite and PostgreSQL.

Tables of evidence are insert-only: triggers refuse to change or remove a row (INSERT_ONLY, and
`store/migrations`). That stops mistakes, not a database administrator; against him there are the
log and its readers. How a database gets from one schema to the next stands in the migrations;
that they end at these tables is tested on both databases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import SchemaItem

from evidence.clock import parse_at, stamp

HEAD = "9"
"""The newest migration; a database that is there already is opened without looking further."""

# The order of Python's own strings on both: SQLite has it, PostgreSQL by the collation C.
String = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
# SQLite's strict tables know INTEGER only, of up to eight bytes.
Count = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as the ISO 8601 text in UTC that the log's entries have."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else stamp(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else parse_at(value)


metadata = MetaData()


def table(name: str, *parts: SchemaItem) -> Table:
    """A table of this store."""
    return Table(name, metadata, *parts, sqlite_strict=True)


agent = table(
    "agent",
    Column("id", String, primary_key=True),
    Column("enrolled_at", Moment, nullable=False),
)
agent_site = table(
    "agent_site",
    Column("agent", String, ForeignKey("agent.id"), primary_key=True),
    Column("site", String, primary_key=True),
)
agent_key = table(
    "agent_key",
    Column("keyid", String, primary_key=True),
    Column("agent", String, ForeignKey("agent.id"), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

# What was taken in. `blob` is a captured answer, by the SHA-256 of its bytes; `statement` is a
# signed envelope, by that of its payload.
blob = table(
    "blob",
    Column("digest", String, primary_key=True),
    Column("size_bytes", Count, nullable=False),
    Column("stored_at", Moment, nullable=False),
)
blob_owner = table(
    "blob_owner",
    Column("digest", String, ForeignKey("blob.digest"), primary_key=True),
    Column("agent", String, ForeignKey("agent.id"), primary_key=True),
)
# `peaks` are the tree's complete subtrees after this leaf; see store/leaves.py.
leaf = table(
    "leaf",
    Column("position", Count, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    Column("entry", String, nullable=False),
)
statement = table(
    "statement",
    Column("digest", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("agent", String, ForeignKey("agent.id"), nullable=False),
    Column("position", Count, ForeignKey("leaf.position"), nullable=False, unique=True),
    Column("receipt", LargeBinary, nullable=False),
    Index("statement_of_agent", "agent", "kind", "position"),
)
statement_blob = table(
    "statement_blob",
    Column("statement", String, ForeignKey("statement.digest"), primary_key=True),
    Column("blob", String, ForeignKey("blob.digest"), primary_key=True),
    Index("statement_blob_of", "blob"),
)

# Complete subtrees of 256, 65,536, … leaves, so that a proof reads hundreds of hashes and not all.
log_node = table(
    "log_node",
    Column("level", Count, primary_key=True, autoincrement=False),
    Column("place", Count, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
# What others said of a checkpoint of that size: witnesses who found it consistent, and the
# time-stamping authority. `note` is the checkpoint they saw, signed by the store.
cosignature = table(
    "cosignature",
    Column("size", Count, primary_key=True, autoincrement=False),
    Column("witness", String, primary_key=True),
    Column("note", String, nullable=False),
    Column("line", String, nullable=False),
    Column("received_at", Moment, nullable=False),
)
time_stamp = table(
    "time_stamp",
    Column("size", Count, primary_key=True, autoincrement=False),
    Column("note", String, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("stamped_at", Moment, nullable=False),
)

# How agents come in. A token is kept as its SHA-256; `used_by` is the key that it let in.
enrol_token = table(
    "enrol_token",
    Column("digest", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("used_by", String),
)
enrol_token_site = table(
    "enrol_token_site",
    Column("token", String, ForeignKey("enrol_token.digest"), primary_key=True),
    Column("site", String, primary_key=True),
)
# An agent's newest contact and the one before: counted, so that a copy of it is noticed.
agent_contact = table(
    "agent_contact",
    Column("agent", String, ForeignKey("agent.id"), primary_key=True),
    Column("generation", Count, nullable=False),
    Column("mark", String, nullable=False),
    Column("mark_before", String, nullable=False),
    Column("contacted_at", Moment, nullable=False),
    Column("locked_at", Moment),
)

# A store put back from an older copy: checkpoints it signed and does not reach (shown by agents and
# witnesses), since when it is put back, and what came of what it lost, by its place in the log.
known_checkpoint = table(
    "known_checkpoint",
    Column("size", Count, primary_key=True, autoincrement=False),
    Column("root", String, primary_key=True),
    Column("note", String, nullable=False),
    Column("told_at", Moment, nullable=False),
)
restored = table(
    "restored",
    Column("restored_at", Moment, primary_key=True),
    Column("ended_at", Moment),
    Column("because", String),
)
refill = table(
    "refill",
    Column("position", Count, primary_key=True, autoincrement=False),
    Column("entry", String, nullable=False),
    Column("root", String),
    Column("receipt", LargeBinary),
    Column("blobs", String),
)

INSERT_ONLY = (
    *("blob", "blob_owner", "leaf", "statement", "statement_blob"),
    *("log_node", "cosignature", "time_stamp", "known_checkpoint"),
)
