"""Accounts, grants, sessions, deputies and the audit trail. All but the last can be changed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary

from store.schema import Count, Moment, String, table

# `password` is argon2id's own form, None where an identity provider knows the person (`identity`,
# `issuer subject`). `totp` is sealed with the store's own key. `totp_step` is the newest used.
# `same_as`: the account whose other way in this one is; nobody is ever logged in as this one, and
# as that one only since its person agreed (`agreed_at`).
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
    Column("same_as", String),
    Column("agreed_at", Moment),
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
# `identity` is who vouched for the person (None: the store's own password), `login_name` what they
# are called there, `again_at` when they proved anew who they are, for a signature.
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
    Column("identity", String),
    Column("login_name", String),
    Column("again_at", Moment),
    Index("session_of", "account"),
)
# A log-in that is under way at an identity provider; gone once it was used. `session`: it is to
# prove anew who holds that one.
login_flow = table(
    "login_flow",
    Column("state_digest", String, primary_key=True),
    Column("browser_digest", String, nullable=False),
    Column("nonce", String, nullable=False),
    Column("verifier", String, nullable=False),
    Column("wanted", String, nullable=False),
    Column("session", String),
    Column("begun_at", Moment, nullable=False),
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
