"""An agent's membership: how it comes in, each contact, and what it gives back to a store that was
put back from an older copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from evidence.checkpoint import Checkpoint
from evidence.receipt import Receipt
from evidence.seal import Envelope, PublicKey
from evidence.statement import Statement
from store import contacts, invitations, leaves, recovery
from store.agents import Caller
from store.claims import check_owned, claims_of
from store.custody import Custody, owned_of
from store.files import ENVELOPES
from store.problems import Refused


class Membership:
    """The agents of a store, over its custody."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody

    def invite(self, agent: str, sites: Sequence[str], valid: timedelta) -> str:
        """See `invitations.invite`."""
        with self._custody.database.transaction() as rows:
            store = self._custody.key.public.keyid
            return invitations.invite(rows, agent, sites, valid, self._custody.now(), store)

    def accept(self, token: str, agent: str, key: PublicKey) -> tuple[str, ...]:
        """See `invitations.accept`."""
        with self._custody.database.transaction() as rows:
            return invitations.accept(
                rows, token, agent, key, self._custody.now(), self._custody.origin
            )

    def contact(
        self, caller: Caller, generation: int, mark: str, note: str | None
    ) -> dict[str, Any]:
        """An agent came that knows this checkpoint: the one of now, and the proof that the log
        only grew since. A store that was put back says from which entry on it lacks what it signed.

        Raises Refused `agent_locked`, and SealError when the note is not of this store.
        """
        now = self._custody.now()
        seen = None if note is None else Checkpoint.parse(note, self._custody.key.public)
        with self._custody.database.transaction() as rows:
            if note is not None:
                self._custody.refilling |= recovery.told(rows, note, self._custody.key.public, now)
            known = contacts.contact(
                rows, caller.agent, generation, mark, now, put_back=self._custody.refilling
            )
            if self._custody.refilling:
                recovery.end_if_whole(rows, now)
                self._custody.refilling = recovery.needed(rows)
        if not known:
            raise contacts.locked(caller.agent)
        with self._custody.database.reading() as rows:
            at = leaves.frontier(rows)
            if self._custody.refilling:
                return {"checkpoint": None, "proof": None, "refill_from": at.size}
            proof = leaves.consistency(rows, 0 if seen is None else seen.size, at.size)
        return {
            "checkpoint": Checkpoint(self._custody.origin, at.size, at.root).sign(
                self._custody.key
            ),
            "proof": [sibling.hex() for sibling in proof],
        }

    def told(self, note: str) -> None:
        """Somebody shows a checkpoint of this store; see `recovery.told`."""
        with self._custody.database.transaction() as rows:
            self._custody.refilling |= recovery.told(
                rows, note, self._custody.key.public, self._custody.now()
            )

    def refill(self, caller: Caller, body: bytes, sealed: bytes) -> None:
        """An agent sends again a statement and the receipt it has for it.

        Raises Refused `blobs_missing`, `refill_conflict`, or SealError.
        """
        envelope = Envelope.parse(body)
        envelope.verify(caller.keys)
        receipt = Receipt.check(Envelope.parse(sealed), envelope.digest, self._custody.key.public)
        claims = claims_of(Statement.parse(envelope.payload))
        if claims.agent != caller.agent or receipt.entry.agent != caller.agent:
            raise Refused("the statement is of another agent", code="site_mismatch")
        with self._custody.database.reading() as rows:
            owned = owned_of(rows, claims.blobs, caller)
        check_owned(claims, owned)
        self._custody.files.put(ENVELOPES, envelope.digest, body)
        self._custody.files.sync()
        with self._custody.database.transaction() as rows:
            recovery.take(rows, receipt, sealed, claims.blobs)
            recovery.end_if_whole(rows, self._custody.now())
            self._custody.refilling = recovery.needed(rows)
        self._custody.indexer.wake()

    def refill_entries(self, entries: Sequence[bytes]) -> int:
        """See `recovery.take_entries`; all of the log, from its first entry on."""
        with self._custody.database.transaction() as rows:
            lacking = recovery.take_entries(rows, 0, entries)
            recovery.end_if_whole(rows, self._custody.now())
            self._custody.refilling = recovery.needed(rows)
        return lacking

    def give_up(self, because: str) -> None:
        """See `recovery.give_up`."""
        with self._custody.database.transaction() as rows:
            recovery.give_up(rows, because, self._custody.now())
            self._custody.refilling = recovery.needed(rows)

    def unlock(self, agent: str) -> bool:
        """See `contacts.unlock`."""
        with self._custody.database.transaction() as rows:
            return contacts.unlock(rows, agent)
