"""Schema 4: people, what they say and sign, and the read model of the console."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations.triggers import insert_only
from store.schema import Count, String

revision, down_revision = "4", "3"


def upgrade() -> None:
    _people()
    _said()
    _read_model()
    op.create_index("statement_blob_of", "statement_blob", ["blob"])
    insert_only("audit_event")
    insert_only("said", "attachment", "proposal", "settled", "prepared", "reviewed", "reopened")


def _people() -> None:
    _table(
        "person",
        sa.Column("account", String, primary_key=True),
        sa.Column("name", String, nullable=False),
        sa.Column("password", String),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_step", Count, nullable=False, server_default="0"),
        sa.Column("identity", String, unique=True),
        sa.Column("language", String, nullable=False, server_default="zh-TW"),
        sa.Column("created_at", String, nullable=False),
        sa.Column("disabled_at", String),
    )
    _table(
        "granted",
        sa.Column("account", String, sa.ForeignKey("person.account"), primary_key=True),
        sa.Column("site", String, primary_key=True),
        sa.Column("role", String, primary_key=True),
        sa.Column("granted_by", String, nullable=False),
        sa.Column("granted_at", String, nullable=False),
    )
    _table(
        "login_try",
        sa.Column("account", String, primary_key=True),
        sa.Column("failed", Count, nullable=False),
        sa.Column("failed_at", String, nullable=False),
    )
    _table(
        "session",
        sa.Column("token_digest", String, primary_key=True),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.Column("csrf", String, nullable=False),
        sa.Column("proof", String, nullable=False),
        sa.Column("address", String, nullable=False),
        sa.Column("created_at", String, nullable=False),
        sa.Column("seen_at", String, nullable=False),
        sa.Column("proven_at", String, nullable=False),
    )
    op.create_index("session_of", "session", ["account"])
    _table(
        "deputy",
        sa.Column("account", String, sa.ForeignKey("person.account"), primary_key=True),
        sa.Column("for_account", String, sa.ForeignKey("person.account"), primary_key=True),
        sa.Column("from_on", String, primary_key=True),
        sa.Column("until_on", String, nullable=False),
        sa.Column("entered_by", String, nullable=False),
        sa.Column("entered_at", String, nullable=False),
        sa.CheckConstraint("account <> for_account", name="nobody_deputises_themselves"),
    )
    _table(
        "audit_event",
        sa.Column("seq", Count, primary_key=True, autoincrement=False),
        sa.Column("happened_at", String, nullable=False),
        sa.Column("actor", String, nullable=False),
        sa.Column("action", String, nullable=False),
        sa.Column("object", String, nullable=False),
        sa.Column("address", String, nullable=False),
        sa.Column("result", String, nullable=False),
        sa.Column("previous", String, nullable=False),
        sa.Column("digest", String, nullable=False, unique=True),
    )


def _said() -> None:
    _table(
        "said",
        sa.Column("digest", String, primary_key=True),
        sa.Column("kind", String, nullable=False),
        sa.Column("agent", String, sa.ForeignKey("agent.id"), nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.Column("said_at", String, nullable=False),
        sa.Column("position", Count, sa.ForeignKey("leaf.position"), nullable=False, unique=True),
        sa.Column("receipt", sa.LargeBinary, nullable=False),
    )
    op.create_index("said_of_month", "said", ["agent", "period", "position"])
    _table(
        "attachment",
        sa.Column("statement", String, sa.ForeignKey("said.digest"), primary_key=True),
        sa.Column("digest", String, primary_key=True),
        sa.Column("name", String, nullable=False),
        sa.Column("media_type", String, nullable=False),
        sa.Column("size_bytes", Count, nullable=False),
    )
    _table(
        "proposal",
        sa.Column("id", String, primary_key=True),
        sa.Column("agent", String, sa.ForeignKey("agent.id"), nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("finding", String, nullable=False),
        sa.Column("proposed_by", String, sa.ForeignKey("person.account"), nullable=False),
        sa.Column("proposed_at", String, nullable=False),
        sa.Column("record", String, nullable=False),
        sa.UniqueConstraint("id", "proposed_by"),
    )
    op.create_index("proposal_of_month", "proposal", ["agent", "period", "proposed_at"])
    _table(
        "settled",
        sa.Column("proposal", String, primary_key=True),
        sa.Column("proposed_by", String, nullable=False),
        sa.Column("settled_by", String, sa.ForeignKey("person.account"), nullable=False),
        sa.Column("settled_at", String, nullable=False),
        sa.Column("approved", Count, nullable=False),
        sa.Column("comment", String, nullable=False),
        sa.Column("statement", String, sa.ForeignKey("said.digest")),
        sa.CheckConstraint("settled_by <> proposed_by", name="nobody_approves_their_own"),
        sa.ForeignKeyConstraint(
            ["proposal", "proposed_by"], ["proposal.id", "proposal.proposed_by"]
        ),
    )
    _table(
        "prepared",
        sa.Column("statement", String, sa.ForeignKey("said.digest"), primary_key=True),
        sa.Column("agent", String, nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("members_root", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.Column("in_place_of", String, nullable=False),
        sa.UniqueConstraint("statement", "members_root", "account", "in_place_of"),
    )
    _table(
        "reviewed",
        sa.Column("prepared", String, primary_key=True),
        sa.Column("statement", String, sa.ForeignKey("said.digest"), nullable=False, unique=True),
        sa.Column("members_root", String, nullable=False),
        sa.Column("prepared_by", String, nullable=False),
        sa.Column("prepared_in_place_of", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.Column("in_place_of", String, nullable=False),
        sa.CheckConstraint(
            "account <> prepared_by AND account <> prepared_in_place_of"
            " AND in_place_of <> prepared_by AND in_place_of <> prepared_in_place_of",
            name="nobody_reviews_what_they_prepared",
        ),
        sa.ForeignKeyConstraint(
            ["prepared", "members_root", "prepared_by", "prepared_in_place_of"],
            [
                "prepared.statement",
                "prepared.members_root",
                "prepared.account",
                "prepared.in_place_of",
            ],
        ),
    )
    _table(
        "reopened",
        sa.Column("statement", String, sa.ForeignKey("said.digest"), primary_key=True),
        sa.Column("asked", String, sa.ForeignKey("said.digest"), nullable=False, unique=True),
        sa.Column("asked_by", String, nullable=False),
        sa.Column("account", String, sa.ForeignKey("person.account"), nullable=False),
        sa.CheckConstraint("account <> asked_by", name="two_people_open_a_month_again"),
    )


def _read_model() -> None:
    _table(
        "indexed",
        sa.Column("one", Count, primary_key=True, autoincrement=False),
        sa.Column("position", Count, nullable=False),
    )
    _table(
        "unsettled",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("fold", Count, nullable=False),
    )
    _table(
        "visit",
        sa.Column("digest", String, primary_key=True),
        sa.Column("agent", String, nullable=False),
        sa.Column("device", String, nullable=False),
        sa.Column("site", String, nullable=False),
        sa.Column("run", String, nullable=False),
        sa.Column("requester", String, nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("started_at", String, nullable=False),
        sa.Column("ended_at", String, nullable=False),
        sa.Column("replayed", Count, nullable=False),
        sa.Column("position", Count, nullable=False),
    )
    op.create_index("visit_of_month", "visit", ["agent", "period", "position"])
    _table(
        "reading",
        sa.Column("digest", String, primary_key=True),
        sa.Column("visit", String, nullable=False),
        sa.Column("place", Count, nullable=False),
        sa.Column("agent", String, nullable=False),
        sa.Column("device", String, nullable=False),
        sa.Column("subject", String, nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("read_at", String, nullable=False),
        sa.Column("failure", String),
        sa.Column("message", String),
        sa.Column("provenance", String, nullable=False),
    )
    op.create_index("reading_of", "reading", ["agent", "device", "subject", "read_at"])
    op.create_index("reading_of_month", "reading", ["agent", "period", "device", "subject"])
    _table(
        "run",
        sa.Column("digest", String, primary_key=True),
        sa.Column("agent", String, nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("started_at", String, nullable=False),
        sa.Column("ended_at", String, nullable=False),
        sa.Column("bundles", Count, nullable=False),
        sa.Column("gaps", String, nullable=False),
        sa.Column("position", Count, nullable=False),
    )
    op.create_index("run_of_month", "run", ["agent", "period", "position"])
    _table(
        "assessment",
        sa.Column("digest", String, primary_key=True),
        sa.Column("agent", String, nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("revision", Count, nullable=False),
        sa.Column("assessed_at", String, nullable=False),
        sa.Column("position", Count, nullable=False),
    )
    op.create_index("assessment_of_month", "assessment", ["agent", "period", "position"])
    _table(
        "disposition",
        sa.Column("statement", String, primary_key=True),
        sa.Column("id", String, primary_key=True),
        sa.Column("agent", String, nullable=False),
        sa.Column("period", String, nullable=False),
        sa.Column("kind", String, nullable=False),
        sa.Column("subject", String, nullable=False),
        sa.Column("said_at", String, nullable=False),
        sa.Column("entered_at", String, nullable=False),
        sa.Column("here", Count, nullable=False),
        sa.Column("record", String, nullable=False),
        sa.Column("position", Count, nullable=False),
    )
    op.create_index("disposition_about", "disposition", ["agent", "subject"])
    op.create_index("disposition_of_month", "disposition", ["agent", "period", "position"])
    _table(
        "month",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("assessment", String),
        sa.Column("revision", Count),
        sa.Column("assessed_at", String),
        sa.Column("judged_at", String),
        sa.Column("judgement", String),
        sa.Column("replayed", Count, nullable=False),
        sa.Column("findings", Count, nullable=False),
        sa.Column("broker", String, nullable=False),
        sa.Column("book", String, nullable=False),
        sa.Column("problem", String),
    )
    _table(
        "month_control",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("place", Count, primary_key=True, autoincrement=False),
        sa.Column("control", String, nullable=False),
        sa.Column("verdict", String, nullable=False),
        sa.Column("alone", String, nullable=False),
        sa.Column("rank", Count, nullable=False),
        sa.Column("was", String),
        sa.Column("findings", Count, nullable=False),
        sa.Column("record", String, nullable=False),
    )
    op.create_index(
        "month_control_named", "month_control", ["agent", "period", "control"], unique=True
    )
    _table(
        "finding",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("id", String, primary_key=True),
        sa.Column("number", Count, nullable=False),
        sa.Column("control", String, nullable=False),
        sa.Column("device", String, nullable=False),
        sa.Column("subject", String, nullable=False),
        sa.Column("checked", String, nullable=False),
        sa.Column("state", String, nullable=False),
        sa.Column("verdict", String, nullable=False),
        sa.Column("alone", String, nullable=False),
        sa.Column("was", String),
        sa.Column("rank", Count, nullable=False),
        sa.Column("due_on", String),
        sa.Column("overdue", Count, nullable=False),
        sa.Column("record", String, nullable=False),
    )
    op.create_index("finding_about", "finding", ["agent", "period", "subject"])
    op.create_index("finding_due", "finding", ["agent", "period", "due_on"])
    op.create_index(
        "finding_of_control", "finding", ["agent", "period", "control", "rank", "number"]
    )
    op.create_index("finding_of_device", "finding", ["agent", "period", "device", "rank", "number"])
    op.create_index("finding_worst", "finding", ["agent", "period", "rank", "number"])
    _table(
        "observation",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("digest", String, primary_key=True),
        sa.Column("checked", String, nullable=False),
        sa.Column("record", String, nullable=False),
    )
    op.create_index("observation_of_check", "observation", ["agent", "period", "checked"])
    _table(
        "rule",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("subject", String, primary_key=True),
        sa.Column("firewall", String, nullable=False),
        sa.Column("number", Count, nullable=False),
        sa.Column("label", String, nullable=False),
        sa.Column("enabled", Count, nullable=False),
        sa.Column("permits", Count, nullable=False),
        sa.Column("dmz", Count, nullable=False),
        sa.Column("outside", Count, nullable=False),
        sa.Column("traffic", String),
        sa.Column("last_traffic_at", String),
        sa.Column("risks", Count, nullable=False),
        sa.Column("match_digest", String, nullable=False),
        sa.Column("record", String, nullable=False),
    )
    op.create_index("rule_in_order", "rule", ["agent", "period", "firewall", "number"])
    _table(
        "coverage",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("device", String, primary_key=True),
        sa.Column("subject", String, primary_key=True),
        sa.Column("good", Count, nullable=False),
        sa.Column("failed", Count, nullable=False),
        sa.Column("last_good_at", String),
        sa.Column("last_at", String, nullable=False),
        sa.Column("failure", String),
        sa.Column("message", String),
        sa.Column("newest", String),
    )
    _table(
        "made_section",
        sa.Column("agent", String, primary_key=True),
        sa.Column("period", String, primary_key=True),
        sa.Column("id", String, primary_key=True),
        sa.Column("record", String, nullable=False),
    )


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(name, *parts, sqlite_strict=True)
