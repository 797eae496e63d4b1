"""What was noticed and on which ways it was told. Not evidence: a lost row is told once more."""

from __future__ import annotations

from sqlalchemy import Column

from store.schema import Count, Moment, String, table

# One row from when something is noticed until it is over; noticed again, it is another row.
notice = table(
    "notice",
    Column("kind", String, primary_key=True),
    Column("agent", String, primary_key=True),
    Column("about", String, primary_key=True),
    Column("found_at", Moment, primary_key=True),
    Column("en", String, nullable=False),
    Column("zh", String, nullable=False),
    Column("ended_at", Moment),
    Column("mailed_at", Moment),
    Column("posted_at", Moment),
    Column("logged_at", Moment),
)
# How far the audit trail went to the SIEM: one row.
siem_mark = table(
    "siem_mark",
    Column("one", Count, primary_key=True, autoincrement=False),
    Column("seq", Count, nullable=False),
)
