"""What becomes of kept bytes: held for a dispute, let go, or deleted once their time is over.

Each step is a statement of the store for the person who took it, and an entry of its log. The one
that deletes is the tombstone: it names every blob by its digest, so that years later a missing
file is either on a tombstone or missing. Statements, receipts and the log are never deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from evidence.answers import Person
from evidence.clock import parse_at, stamp
from evidence.errors import shown
from evidence.seal import Envelope, SigningKey
from evidence.sign_off import members_root
from evidence.statement import RETENTION, Statement, by_digest, invalid, is_digest
from evidence.text import Text

FORMAT = 1
_FOLDER = "blobs"


class Act(StrEnum):
    """`lifted` and `deleted` take a second person, who agrees to what the first one asked."""

    held = "held"
    lift_asked = "lift_asked"
    lifted = "lifted"
    deletion_asked = "deletion_asked"
    deleted = "deleted"

    @property
    def text(self) -> Text:
        return _ACTS[self]


_ACTS = {
    Act.held: Text("legal hold set", "設定法律保全"),
    Act.lift_asked: Text("asked to lift the hold", "申請解除保全"),
    Act.lifted: Text("hold lifted", "核准解除保全"),
    Act.deletion_asked: Text("asked to delete", "申請銷毀"),
    Act.deleted: Text("deleted", "核准銷毀"),
}
AGREES_TO = {Act.lifted: Act.lift_asked, Act.deleted: Act.deletion_asked}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionStep:
    """One step about an agent's month. `years`: how long each class is kept, by its name, as it was
    then. `blobs`: what is to be, or was, deleted, in order. `asked_by`: who asked for what this
    step agrees to, by the step `previous` (its digest). `proof`: how the person was known."""

    store: str
    agent: str
    period: str
    act: Act
    person: Person
    at: datetime
    reason: str
    proof: str
    years: Mapping[str, int]
    blobs: tuple[str, ...] = ()
    asked_by: Person | None = None
    previous: str | None = None

    @property
    def blobs_root(self) -> str:
        """The Merkle root over the blobs, in hexadecimal: what the two people agreed on."""
        return members_root(self.blobs)

    def seal(self, key: SigningKey) -> Envelope:
        predicate = {
            "format": FORMAT,
            "store": self.store,
            "agent": self.agent,
            "period": self.period,
            "act": self.act.value,
            "person": self.person.record(),
            "at": stamp(self.at),
            "reason": self.reason,
            "proof": self.proof,
            "years": dict(self.years),
            "blobs_root": self.blobs_root,
            "asked_by": None if self.asked_by is None else self.asked_by.record(),
            "previous": self.previous,
        }
        subjects = by_digest(_FOLDER, self.blobs)
        return Envelope(Statement(RETENTION, subjects, predicate).payload()).signed_by(key)

    @classmethod
    def of(cls, statement: Statement) -> RetentionStep:
        """The step a statement holds. Raises SealError."""
        record = statement.read_as(RETENTION, FORMAT, "the retention step has")
        try:
            asked_by, previous = record["asked_by"], record["previous"]
            found = cls(
                **{key: str(record[key]) for key in ("store", "agent", "period")},
                **{key: str(record[key]) for key in ("reason", "proof")},
                act=Act(record["act"]),
                person=Person.of_record(record["person"]),
                at=parse_at(record["at"]),
                years={str(name): int(years) for name, years in record["years"].items()},
                blobs=tuple(sorted(statement.subjects.values())),
                asked_by=None if asked_by is None else Person.of_record(asked_by),
                previous=None if previous is None else str(previous),
            )
            root = record["blobs_root"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise invalid(f"the retention step does not parse ({shown(repr(error))})") from None
        named = by_digest(_FOLDER, found.blobs)
        if root != found.blobs_root or named != dict(statement.subjects):
            raise invalid("its blobs are not those whose root it names")
        if not (previous is None or is_digest(found.previous)):
            raise invalid("the step before it is no digest")
        return found

    @property
    def by_two(self) -> bool:
        """Whether two people took it, where two have to."""
        if self.act not in AGREES_TO:
            return True
        return self.asked_by is not None and self.asked_by.account != self.person.account
