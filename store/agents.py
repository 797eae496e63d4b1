"""Who may deliver: agents, the sites they speak for, and the keys they sign with.

Keys come and go; each coming and going is an entry of the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence.clock import stamp
from evidence.errors import ConfigurationError
from evidence.receipt import Entry
from evidence.seal import PublicKey
from store.leaves import append


@dataclass(frozen=True, slots=True)
class Caller:
    """An enrolled agent as it stands now: its sites and the keys in force."""

    agent: str
    sites: tuple[str, ...]
    keys: tuple[PublicKey, ...]


def enrol(
    rows: sqlite3.Connection,
    agent: str,
    sites: Sequence[str],
    key: PublicKey,
    now: datetime,
    origin: str,
) -> None:
    """Let `agent` deliver for `sites`, signing with `key`; further keys and sites add up.

    Raises ConfigurationError `key_taken` when the key is another agent's, or was revoked.
    """
    rows.execute("INSERT OR IGNORE INTO agent VALUES (?, ?)", (agent, stamp(now)))
    for site in sites:
        rows.execute("INSERT OR IGNORE INTO agent_site VALUES (?, ?)", (agent, site))
    found = rows.execute(
        "SELECT agent, revoked_at FROM agent_key WHERE keyid = ?", (key.keyid,)
    ).fetchone()
    if found == (agent, None):
        return
    if found is not None:
        raise ConfigurationError(
            f"key {key.keyid} was revoked or belongs to another agent",
            code="key_taken",
            next_step="make a new key for this agent",
        )
    rows.execute(
        "INSERT INTO agent_key VALUES (?, ?, ?, ?, NULL)", (key.keyid, agent, key.raw, stamp(now))
    )
    append(rows, Entry(kind="enrol", digest=key.keyid, agent=agent, received_at=now), origin)


def revoke(
    rows: sqlite3.Connection, agent: str, keyid: str | None, now: datetime, origin: str
) -> int:
    """Put the agent's key (None: all its keys) out of force. Returns how many were in force."""
    found = rows.execute(
        "SELECT keyid FROM agent_key WHERE agent = ? AND revoked_at IS NULL"
        " AND (? IS NULL OR keyid = ?)",
        (agent, keyid, keyid),
    ).fetchall()
    for (one,) in found:
        rows.execute("UPDATE agent_key SET revoked_at = ? WHERE keyid = ?", (stamp(now), one))
        append(rows, Entry(kind="revoke", digest=one, agent=agent, received_at=now), origin)
    return len(found)


def caller(rows: sqlite3.Connection, keyid: str) -> Caller | None:
    """The agent whose key this is; None when the key is unknown or revoked."""
    found = rows.execute(
        "SELECT agent FROM agent_key WHERE keyid = ? AND revoked_at IS NULL", (keyid,)
    ).fetchone()
    return None if found is None else _caller(rows, found[0])


def callers(rows: sqlite3.Connection) -> list[Caller]:
    """Every agent ever enrolled, by name."""
    names = rows.execute("SELECT id FROM agent ORDER BY id").fetchall()
    return [_caller(rows, name) for (name,) in names]


def _caller(rows: sqlite3.Connection, agent: str) -> Caller:
    sites = rows.execute("SELECT site FROM agent_site WHERE agent = ? ORDER BY site", (agent,))
    keys = rows.execute(
        "SELECT raw FROM agent_key WHERE agent = ? AND revoked_at IS NULL ORDER BY enrolled_at",
        (agent,),
    )
    return Caller(agent, tuple(site for (site,) in sites), tuple(PublicKey(raw) for (raw,) in keys))
