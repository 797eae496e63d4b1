"""Schema 9: whose account another one was joined to has to agree before it lets anybody in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.schema import String

revision, down_revision = "9", "8"


def upgrade() -> None:
    op.add_column("person", sa.Column("agreed_at", String))
