"""A store's receipt: its signed word that a statement lies in its log, and where.

The receipt carries the log entry as it was hashed and the proof of its inclusion in the log as
it then was. An agent keeps its own copy until it holds one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.clock import parse_at, stamp
from evidence.errors import SealError, shown
from evidence.log import included, leaf_hash
from evidence.reading import canonical
from evidence.seal import Envelope, PublicKey, SigningKey
from evidence.statement import RECEIPT, Statement

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a store's log. `kind` is collection, run, assessment, enrol or revoke;
    `digest` that of the payload, or the keyid of a key enrolled or revoked.

    `flags`: `replayed`, and `time_suspect` where the statement's own time is more than five
    minutes ahead of the store's, or more than 90 days behind.
    """

    kind: str
    digest: str
    agent: str
    received_at: datetime
    flags: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "digest": self.digest,
            "agent": self.agent,
            "received_at": stamp(self.received_at),
            "flags": list(self.flags),
        }

    @property
    def leaf(self) -> bytes:
        return leaf_hash(canonical(self.record()))

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Entry:
        return cls(
            **{key: record[key] for key in ("kind", "digest", "agent")},
            received_at=parse_at(record["received_at"]),
            flags=tuple(record["flags"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`index` is the entry's place from 0; `size`, `root` and `proof` are of the log as soon as
    the entry was in it."""

    store: str
    entry: Entry
    index: int
    size: int
    root: bytes
    proof: tuple[bytes, ...]

    def seal(self, key: SigningKey) -> Envelope:
        predicate = {
            "format": FORMAT,
            "store": self.store,
            "entry": self.entry.record(),
            "log": {
                "index": self.index,
                "size": self.size,
                "root": self.root.hex(),
                "proof": [sibling.hex() for sibling in self.proof],
            },
        }
        subjects = {f"{self.entry.kind}/{self.entry.digest}": self.entry.digest}
        return Envelope(Statement(RECEIPT, subjects, predicate).payload()).signed_by(key)

    @classmethod
    def check(cls, envelope: Envelope, digest: str, store_key: PublicKey) -> Receipt:
        """The receipt for `digest` in a signed envelope, its proof verified.

        Raises SealError: `key_untrusted`, `signature_invalid`, `receipt_invalid`.
        """
        envelope.verify([store_key])
        receipt = cls.of(Statement.parse(envelope.payload))
        if receipt.entry.digest != digest:
            raise SealError(
                f"the receipt is for {receipt.entry.digest}, not for {digest}",
                code="receipt_invalid",
            )
        return receipt

    @classmethod
    def of(cls, statement: Statement) -> Receipt:
        """The receipt a statement holds, its proof verified. Raises SealError."""
        record = statement.predicate
        try:
            log = record["log"]
            receipt = cls(
                store=record["store"],
                entry=Entry.of_record(record["entry"]),
                index=int(log["index"]),
                size=int(log["size"]),
                root=bytes.fromhex(log["root"]),
                proof=tuple(bytes.fromhex(sibling) for sibling in log["proof"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SealError(
                f"the receipt does not parse ({shown(repr(error))})", code="receipt_invalid"
            ) from None
        if statement.predicate_type != RECEIPT or not included(
            receipt.entry.leaf, receipt.index, receipt.size, receipt.proof, receipt.root
        ):
            raise SealError("the receipt's proof does not hold", code="receipt_invalid")
        return receipt
