"""Schema 7: what was noticed, and how far the audit trail went to the SIEM."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.schema import Count, String

revision, down_revision = "7", "6"


def upgrade() -> None:
    op.create_table(
        "notice",
        *(sa.Column(name, String, primary_key=True) for name in ("kind", "agent", "about")),
        sa.Column("found_at", String, primary_key=True),
        *(sa.Column(name, String, nullable=False) for name in ("en", "zh")),
        *(sa.Column(f"{name}_at", String) for name in ("ended", "mailed", "posted", "logged")),
        sqlite_strict=True,
    )
    op.create_table(
        "siem_mark",
        sa.Column("one", Count, primary_key=True, autoincrement=False),
        sa.Column("seq", Count, nullable=False),
        sqlite_strict=True,
    )
