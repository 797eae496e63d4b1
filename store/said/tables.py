"""What people said and signed here. Insert-only; the database itself demands two people."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
)

from store.schema import Count, Moment, String, table

# A statement the store signed for a person: `answers` or `sign_off`, about an agent's month.
said = table(
    "said",
    Column("digest", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("agent", String, ForeignKey("agent.id"), nullable=False),
    Column("period", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    Column("said_at", Moment, nullable=False),
    Column("position", Count, ForeignKey("leaf.position"), nullable=False, unique=True),
    Column("receipt", LargeBinary, nullable=False),
    Index("said_of_month", "agent", "period", "position"),
)
# Files people gave: blobs of nobody's but the store's.
attachment = table(
    "attachment",
    Column("statement", String, ForeignKey("said.digest"), primary_key=True),
    Column("digest", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size_bytes", Count, nullable=False),
)
# A plan, measure or exception that one person proposes and another approves or refuses.
proposal = table(
    "proposal",
    Column("id", String, primary_key=True),
    Column("agent", String, ForeignKey("agent.id"), nullable=False),
    Column("period", String, nullable=False),
    Column("finding", String, nullable=False),
    Column("proposed_by", String, ForeignKey("person.account"), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("record", String, nullable=False),
    UniqueConstraint("id", "proposed_by"),
    Index("proposal_of_month", "agent", "period", "proposed_at"),
)
settled = table(
    "settled",
    Column("proposal", String, primary_key=True),
    Column("proposed_by", String, nullable=False),
    Column("settled_by", String, ForeignKey("person.account"), nullable=False),
    Column("settled_at", Moment, nullable=False),
    Column("approved", Count, nullable=False),
    Column("comment", String, nullable=False),
    Column("statement", String, ForeignKey("said.digest")),
    ForeignKeyConstraint(["proposal", "proposed_by"], ["proposal.id", "proposal.proposed_by"]),
    CheckConstraint("settled_by <> proposed_by", name="nobody_approves_their_own"),
)
# `seats`: everybody in whose name it is prepared, the person and whoever they deputise.
prepared = table(
    "prepared",
    Column("statement", String, ForeignKey("said.digest"), primary_key=True),
    Column("agent", String, nullable=False),
    Column("period", String, nullable=False),
    Column("members_root", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    Column("in_place_of", String, nullable=False),
    UniqueConstraint("statement", "members_root", "account", "in_place_of"),
)
# `in_place_of` is the account itself where nobody is deputised, so that all four must differ.
reviewed = table(
    "reviewed",
    Column("prepared", String, primary_key=True),
    Column("statement", String, ForeignKey("said.digest"), nullable=False, unique=True),
    Column("members_root", String, nullable=False),
    Column("prepared_by", String, nullable=False),
    Column("prepared_in_place_of", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    Column("in_place_of", String, nullable=False),
    ForeignKeyConstraint(
        ["prepared", "members_root", "prepared_by", "prepared_in_place_of"],
        [
            "prepared.statement",
            "prepared.members_root",
            "prepared.account",
            "prepared.in_place_of",
        ],
    ),
    CheckConstraint(
        "account <> prepared_by AND account <> prepared_in_place_of"
        " AND in_place_of <> prepared_by AND in_place_of <> prepared_in_place_of",
        name="nobody_reviews_what_they_prepared",
    ),
)
reopened = table(
    "reopened",
    Column("statement", String, ForeignKey("said.digest"), primary_key=True),
    Column("asked", String, ForeignKey("said.digest"), nullable=False, unique=True),
    Column("asked_by", String, nullable=False),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    CheckConstraint("account <> asked_by", name="two_people_open_a_month_again"),
)

INSERT_ONLY = (*("said", "attachment", "proposal", "settled", "prepared", "reviewed", "reopened"),)
