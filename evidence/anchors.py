"""What holds the records of a pack to the store's log, years later and without the store.

One checkpoint stands over every record; older ones that a witness signed or a time-stamp authority
stamped lie beside it, with the proofs that the log only grew from them to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence.errors import SealError
from evidence.reading import canonical

CHECKPOINT = "log/checkpoint"
WITNESSED = "log/witnessed"
"""The newest checkpoint that a witness signed, the witnesses' lines under the store's."""
STAMPED = "log/stamped"
"""The newest checkpoint with a time stamp."""
TOKEN = "log/stamped.tsr"
"""The authority's answer (RFC 3161) over the bytes of `log/stamped`."""
PROOFS = "log/proofs.json"

Proof = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Proofs:
    """`entries`: by a record's digest, the proof that its entry, at the place its receipt names, is
    under the checkpoint. `grown`: by an older checkpoint's member, the proof that the log only grew
    from it to the checkpoint."""

    entries: Mapping[str, Proof]
    grown: Mapping[str, Proof]

    def to_json(self) -> bytes:
        return canonical({"entries": _written(self.entries), "grown": _written(self.grown)})

    @classmethod
    def parse(cls, body: bytes) -> Proofs:
        """The proofs of a pack. Raises SealError `proofs_invalid`."""
        try:
            record = json.loads(body)
            return cls(_read(record["entries"]), _read(record["grown"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SealError(
                f"{PROOFS} does not parse ({type(error).__name__})", code="proofs_invalid"
            ) from None


def _written(proofs: Mapping[str, Proof]) -> dict[str, list[str]]:
    return {name: [one.hex() for one in proof] for name, proof in proofs.items()}


def _read(record: Mapping[str, Sequence[str]]) -> dict[str, Proof]:
    return {name: tuple(map(bytes.fromhex, proof)) for name, proof in record.items()}
