"""Deposits on their way into the database: the rows of many by a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from evidence.receipt import Entry
from evidence.seal import SigningKey
from store import agents, leaves
from store.agents import Caller
from store.blobs import Kept, enter_all
from store.database import batched, insert_all, insert_all_missing
from store.problems import Refused
from store.schema import blob_owner, statement, statement_blob

_KNOWN = select(statement.c.digest, statement.c.receipt).where(
    statement.c.digest.in_(bindparam("digests", expanding=True))
)


class CallerChanged(Refused):
    """The agent is not any more what it was when its request was let in."""

    def __init__(self) -> None:
        super().__init__("the agent was just changed; send it again", code="not_ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """What one request brought, its files written under their names.

    `came` are its blobs; `entry` is its statement's, and `blobs` what the statement rests on; a
    blob alone has none. `copy` is what the journal keeps of it; None: the files have to be synced.
    """

    caller: Caller
    came: Kept
    entry: Entry | None = None
    blobs: Sequence[str] = ()
    copy: bytes | None = None


Given = tuple[bytes, bool]
"""The receipt of a deposit (empty for a blob alone), and whether it is new."""


def enter(
    rows: Connection, deposits: Sequence[Deposit], origin: str, key: SigningKey, now: datetime
) -> list[Given]:
    """Enter all of them within the caller's write transaction, in their order. Raises CallerChanged
    or Refused where one of them cannot be."""
    callers = {one.caller.agent: one.caller for one in deposits}
    current = {agent: agents.current(rows, agent) for agent in callers}
    if any(current[one.caller.agent] != one.caller for one in deposits):
        raise CallerChanged
    statements = {one.entry.digest: one for one in reversed(deposits) if one.entry is not None}
    known = _known(rows, list(statements))
    new = [
        one
        for one in deposits
        if one.entry is None
        or (one.entry.digest not in known and statements[one.entry.digest] is one)
    ]
    enter_all(rows, [one.came for one in new], now)
    owned = {(digest, one.caller.agent) for one in new for digest in one.came.sizes}
    owners = [{"digest": digest, "agent": agent} for digest, agent in sorted(owned)]
    insert_all_missing(rows, blob_owner, owners)
    given, are_new = known | _append(rows, new, origin, key), {id(one) for one in new}
    return [
        (b"" if one.entry is None else given[one.entry.digest], id(one) in are_new)
        for one in deposits
    ]


def _append(
    rows: Connection, deposits: Sequence[Deposit], origin: str, key: SigningKey
) -> dict[str, bytes]:
    """The statements' entries in the log, and their rows; the signed receipt of each."""
    entries = [one.entry for one in deposits if one.entry is not None]
    if not entries:
        return {}
    given, new = {}, []
    for receipt in leaves.append_all(rows, entries, origin):
        entry = receipt.entry
        given[entry.digest] = receipt.seal(key).to_json()
        new.append(
            {
                "digest": entry.digest,
                "kind": entry.kind,
                "agent": entry.agent,
                "position": receipt.index,
                "receipt": given[entry.digest],
            }
        )
    insert_all(rows, statement, new)
    named = [
        {"statement": one.entry.digest, "blob": digest}
        for one in deposits
        if one.entry is not None
        for digest in one.blobs
    ]
    insert_all(rows, statement_blob, named)
    return given


def _known(rows: Connection, digests: Sequence[str]) -> dict[str, bytes]:
    """The receipts of those that are here already: another request may have been faster."""
    known: dict[str, bytes] = {}
    for some in batched(digests):
        known |= {digest: receipt for digest, receipt in rows.execute(_KNOWN, {"digests": some})}
    return known
