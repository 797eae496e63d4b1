"""Accounts, grants, sessions, deputies and the audit trail. All but the last can be changed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary

from store.schema import Count, Moment, String, table

# `password` is argon2id's own form, None where an identity provider knows the person (`identity`,
# `issuer subject`). `totp` is sealed with the store's own key. `totp_step` is the newest used.
person = table(
    "person",
    Column("account", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("password", String),
    Column("totp", LargeBinary),
    Column("totp_step", Count, nullable=False, server_default="0"),
    Column("identity", String, unique=True),
    Column("language", String, nullable=False, server_default="zh-TW"),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)
# `site` is `*` for every site.
granted = table(
    "granted",
    Column("account", String, ForeignKey("person.account"), primary_key=True),
    Column("site", String, primary_key=True),
    Column("role", String, primary_key=True),
    Column("granted_by", String, nullable=False),
    Column("granted_at", Moment, nullable=False),
)
# Whoever tries, known here or not: an answer must not tell which accounts there are.
login_try = table(
    "login_try",
    Column("account", String, primary_key=True),
    Column("failed", Count, nullable=False),
    Column("failed_at", Moment, nullable=False),
)
# Kept under the digest of its token, so that who reads the database cannot use a session.
session = table(
    "session",
    Column("token_digest", String, primary_key=True),
    Column("account", String, ForeignKey("person.account"), nullable=False),
    Column("csrf", String, nullable=False),
    Column("proof", String, nullable=False),
    Column("address", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("proven_at", Moment, nullable=False),
    Index("session_of", "account"),
)
# 職務代理: `account` may sign in the place of `for_account` from one day to another.
deputy = table(
    "deputy",
    Column("account", String, ForeignKey("person.account"), primary_key=True),
    Column("for_account", String, ForeignKey("person.account"), primary_key=True),
    Column("from_on", String, primary_key=True),
    Column("until_on", String, nullable=False),
    Column("entered_by", String, nullable=False),
    Column("entered_at", Moment, nullable=False),
    CheckConstraint("account <> for_account", name="nobody_deputises_themselves"),
)
# Each event names the digest of the one before it.
audit_event = table(
    "audit_event",
    Column("seq", Count, primary_key=True, autoincrement=False),
    Column("happened_at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("object", String, nullable=False),
    Column("address", String, nullable=False),
    Column("result", String, nullable=False),
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),
)

INSERT_ONLY = ("audit_event",)
