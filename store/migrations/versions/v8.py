"""Schema 8: accounts of one person, sessions that a provider or directory vouches for, and the
log-ins that are under way at a provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.schema import String

revision, down_revision = "8", "7"


def upgrade() -> None:
    op.add_column("person", sa.Column("same_as", String))
    for name in ("identity", "login_name", "again_at"):
        op.add_column("session", sa.Column(name, String))
    op.create_table(
        "login_flow",
        sa.Column("state_digest", String, primary_key=True),
        *(sa.Column(name, String, nullable=False) for name in ("browser_digest", "nonce")),
        *(sa.Column(name, String, nullable=False) for name in ("verifier", "wanted")),
        sa.Column("session", String),
        sa.Column("begun_at", String, nullable=False),
        sqlite_strict=True,
    )
