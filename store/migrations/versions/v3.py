"""Schema 3: subtrees of the log, what witnesses and time stamps say of it; tokens and contacts of
agents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from evidence.log import TILE, root_of
from store.migrations.triggers import insert_only
from store.schema import Count, String

revision, down_revision = "3", "2"


def upgrade() -> None:
    _table(
        "log_node",
        sa.Column("level", Count, primary_key=True, autoincrement=False),
        sa.Column("place", Count, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    _table(
        "cosignature",
        sa.Column("size", Count, primary_key=True, autoincrement=False),
        sa.Column("witness", String, primary_key=True),
        sa.Column("note", String, nullable=False),
        sa.Column("line", String, nullable=False),
        sa.Column("received_at", String, nullable=False),
    )
    _table(
        "time_stamp",
        sa.Column("size", Count, primary_key=True, autoincrement=False),
        sa.Column("note", String, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("stamped_at", String, nullable=False),
    )
    _table(
        "enrol_token",
        sa.Column("digest", String, primary_key=True),
        sa.Column("agent", String, nullable=False),
        sa.Column("made_at", String, nullable=False),
        sa.Column("expires_at", String, nullable=False),
        sa.Column("used_at", String),
        sa.Column("used_by", String),
    )
    _table(
        "enrol_token_site",
        sa.Column("token", String, sa.ForeignKey("enrol_token.digest"), primary_key=True),
        sa.Column("site", String, primary_key=True),
    )
    _table(
        "agent_contact",
        sa.Column("agent", String, sa.ForeignKey("agent.id"), primary_key=True),
        sa.Column("generation", Count, nullable=False),
        sa.Column("mark", String, nullable=False),
        sa.Column("mark_before", String, nullable=False),
        sa.Column("contacted_at", String, nullable=False),
        sa.Column("locked_at", String),
    )
    _subtrees()
    insert_only("log_node", "cosignature", "time_stamp")


def _table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, *columns, sqlite_strict=True)


def _subtrees() -> None:
    """The complete subtrees of the log that is there already."""
    rows = op.get_bind()
    found = rows.execute(sa.text("SELECT hash FROM leaf ORDER BY position"))
    hashes, level = [bytes(one) for (one,) in found], 0
    while len(hashes) >= TILE:
        level += 1
        whole = len(hashes) - len(hashes) % TILE
        hashes = [root_of(hashes[at : at + TILE]) for at in range(0, whole, TILE)]
        node = sa.text("INSERT INTO log_node VALUES (:level, :place, :hash)")
        rows.execute(
            node,
            [{"level": level, "place": place, "hash": one} for place, one in enumerate(hashes)],
        )
