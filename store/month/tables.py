"""The tables of the read model. None of them is evidence; `reindex` makes all of them again.

Records are kept as the canonical JSON they have elsewhere.
"""

from __future__ import annotations

from sqlalchemy import Column, Index

from store.schema import Count, Moment, String, table

# How far the log has been read into these tables: one row.
indexed = table(
    "indexed",
    Column("one", Count, primary_key=True, autoincrement=False),
    Column("position", Count, nullable=False),
)
# Months whose rows are behind what is signed; `fold` 0: only how often devices were read.
unsettled = table(
    "unsettled",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("fold", Count, nullable=False),
)
visit = table(
    "visit",
    Column("digest", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("device", String, nullable=False),
    Column("site", String, nullable=False),
    Column("run", String, nullable=False),
    Column("requester", String, nullable=False),
    Column("period", String, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("replayed", Count, nullable=False),
    Column("position", Count, nullable=False),
    Index("visit_of_month", "agent", "period", "position"),
)
# `place`: which of its visit's readings it is. `failure` is the code, None for a good one.
reading = table(
    "reading",
    Column("digest", String, primary_key=True),
    Column("visit", String, nullable=False),
    Column("place", Count, nullable=False),
    Column("agent", String, nullable=False),
    Column("device", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("period", String, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("failure", String),
    Column("message", String),
    Column("provenance", String, nullable=False),
    Index("reading_of", "agent", "device", "subject", "read_at"),
    Index("reading_of_month", "agent", "period", "device", "subject"),
)
run = table(
    "run",
    Column("digest", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("period", String, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("bundles", Count, nullable=False),
    Column("gaps", String, nullable=False),
    Column("position", Count, nullable=False),
    Index("run_of_month", "agent", "period", "position"),
)
assessment = table(
    "assessment",
    Column("digest", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("period", String, nullable=False),
    Column("revision", Count, nullable=False),
    Column("assessed_at", Moment, nullable=False),
    Column("position", Count, nullable=False),
    Index("assessment_of_month", "agent", "period", "position"),
)
# What people said, at an agent or here, one row a disposition.
disposition = table(
    "disposition",
    Column("statement", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("agent", String, nullable=False),
    Column("period", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("said_at", Moment, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("here", Count, nullable=False),
    Column("record", String, nullable=False),
    Column("position", Count, nullable=False),
    Index("disposition_of_month", "agent", "period", "position"),
    Index("disposition_about", "agent", "subject"),
)

# A month of an agent, as folded. `problem` says why it could not be.
month = table(
    "month",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("assessment", String),
    Column("revision", Count),
    Column("assessed_at", Moment),
    Column("judged_at", Moment),
    Column("judgement", String),
    Column("replayed", Count, nullable=False),
    Column("findings", Count, nullable=False),
    Column("broker", String, nullable=False),
    Column("book", String, nullable=False),
    Column("problem", String),
)
# `rank`: 0 is the worst, in the company's order. `was`: the same clause's verdict a month before.
month_control = table(
    "month_control",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("place", Count, primary_key=True, autoincrement=False),
    Column("control", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("alone", String, nullable=False),
    Column("rank", Count, nullable=False),
    Column("was", String),
    Column("findings", Count, nullable=False),
    Column("record", String, nullable=False),
    Index("month_control_named", "agent", "period", "control", unique=True),
)
# `id` is the same from month to month and revision to revision.
finding = table(
    "finding",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("number", Count, nullable=False),
    Column("control", String, nullable=False),
    Column("device", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("checked", String, nullable=False),
    Column("state", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("alone", String, nullable=False),
    Column("was", String),
    Column("rank", Count, nullable=False),
    Column("due_on", String),
    Column("overdue", Count, nullable=False),
    Column("record", String, nullable=False),
    Index("finding_of_control", "agent", "period", "control", "rank", "number"),
    Index("finding_worst", "agent", "period", "rank", "number"),
    Index("finding_of_device", "agent", "period", "device", "rank", "number"),
    Index("finding_about", "agent", "period", "subject"),
    Index("finding_due", "agent", "period", "due_on"),
)
observation = table(
    "observation",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("checked", String, nullable=False),
    Column("record", String, nullable=False),
    Index("observation_of_check", "agent", "period", "checked"),
)
# A firewall rule as it stood, for the review. What was decided stands with its finding.
rule = table(
    "rule",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("firewall", String, nullable=False),
    Column("number", Count, nullable=False),
    Column("label", String, nullable=False),
    Column("enabled", Count, nullable=False),
    Column("permits", Count, nullable=False),
    Column("dmz", Count, nullable=False),
    Column("outside", Count, nullable=False),
    Column("traffic", String),
    Column("last_traffic_at", Moment),
    Column("risks", Count, nullable=False),
    Column("match_digest", String, nullable=False),
    Column("record", String, nullable=False),
    Index("rule_in_order", "agent", "period", "firewall", "number"),
)
# How often each subject of each device was read in a month, and how it went last.
coverage = table(
    "coverage",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("good", Count, nullable=False),
    Column("failed", Count, nullable=False),
    Column("last_good_at", Moment),
    Column("last_at", Moment, nullable=False),
    Column("failure", String),
    Column("message", String),
    Column("newest", String),
)
# A table of the report (`report.section`) as it was made, for pages that show it as it is.
made_section = table(
    "made_section",
    Column("agent", String, primary_key=True),
    Column("period", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("record", String, nullable=False),
)

READ_MODEL = (
    *(indexed, unsettled, visit, reading, run, assessment, disposition),
    *(month, month_control, finding, observation, rule, coverage, made_section),
)
