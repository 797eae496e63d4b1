"""Signing off a month: who prepared it, who reviewed it, over exactly which evidence.

A step binds the evidence by `members_root`, the Merkle root over the digests of every statement
of the month in their order in the store's log, and the judgement by its own digest. Nothing is
ever edited: a month that is opened again gets further steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from evidence.answers import Person
from evidence.clock import parse_at, stamp
from evidence.control import Judgement
from evidence.errors import shown
from evidence.log import leaf_hash, root_of
from evidence.reading import canonical
from evidence.seal import Envelope, SigningKey
from evidence.statement import SIGN_OFF, Statement, invalid, is_digest
from evidence.text import Text

FORMAT = 1
MEMBERS = "members.json"
"""Where a pack lists the digests that the signed root is over, in their order in the log."""


class Step(StrEnum):
    """`reopen_asked` and `reopened` need two people, and a reason each."""

    prepared = "prepared"
    returned = "returned"
    reviewed = "reviewed"
    reopen_asked = "reopen_asked"
    reopened = "reopened"

    @property
    def text(self) -> Text:
        return _STEPS[self]


_STEPS = {
    Step.prepared: Text("prepared", "編製"),
    Step.returned: Text("returned", "退回"),
    Step.reviewed: Text("reviewed", "覆核"),
    Step.reopen_asked: Text("asked to open it again", "申請重新開啟"),
    Step.reopened: Text("opened again", "核准重新開啟"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSet:
    """What is signed: how many statements (`members`), their root, how long the log was, as of
    which moment the month was folded, and the digest of what it came to."""

    members_root: str
    members: int
    log_size: int
    judged_at: datetime
    judgement: str

    def record(self) -> dict[str, Any]:
        return {
            "members_root": self.members_root,
            "members": self.members,
            "log_size": self.log_size,
            "judged_at": stamp(self.judged_at),
            "judgement": self.judgement,
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> EvidenceSet:
        return cls(
            members_root=str(record["members_root"]),
            members=int(record["members"]),
            log_size=int(record["log_size"]),
            judged_at=parse_at(record["judged_at"]),
            judgement=str(record["judgement"]),
        )


def members_root(digests: Sequence[str]) -> str:
    """The root over the members in their order in the log, in hexadecimal."""
    return root_of([leaf_hash(bytes.fromhex(digest)) for digest in digests]).hex()


def judgement_digest(judgement: Judgement) -> str:
    """SHA-256 of the canonical records of every clause, their findings included."""
    return sha256(canonical(list(judgement.records()))).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """One step of a month's signing. `deputises`: in whose place the person signs (職務代理).

    `proof`: how the person was known at that moment (`password+totp`). `previous`: the digest of
    the step before it; None for a month's first.
    """

    store: str
    agent: str
    period: str
    step: Step
    person: Person
    deputises: Person | None
    at: datetime
    comment: str
    proof: str
    evidence: EvidenceSet
    previous: str | None

    def seal(self, key: SigningKey) -> Envelope:
        predicate = {
            "format": FORMAT,
            "store": self.store,
            "agent": self.agent,
            "period": self.period,
            "step": self.step.value,
            "person": self.person.record(),
            "deputises": None if self.deputises is None else self.deputises.record(),
            "at": stamp(self.at),
            "comment": self.comment,
            "proof": self.proof,
            "evidence": self.evidence.record(),
            "previous": self.previous,
        }
        return Envelope(Statement(SIGN_OFF, self._subjects, predicate).payload()).signed_by(key)

    @property
    def _subjects(self) -> dict[str, str]:
        return {
            "members_root": self.evidence.members_root,
            "judgement": self.evidence.judgement,
        }

    @classmethod
    def of(cls, statement: Statement) -> SignOff:
        """The step a statement holds. Raises SealError."""
        record = statement.read_as(SIGN_OFF, FORMAT, "the sign-off has")
        try:
            deputises, previous = record["deputises"], record["previous"]
            found = cls(
                **{key: str(record[key]) for key in ("store", "agent", "period")},
                **{key: str(record[key]) for key in ("comment", "proof")},
                step=Step(record["step"]),
                person=Person.of_record(record["person"]),
                deputises=None if deputises is None else Person.of_record(deputises),
                at=parse_at(record["at"]),
                evidence=EvidenceSet.of_record(record["evidence"]),
                previous=None if previous is None else str(previous),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise invalid(f"the sign-off does not parse ({shown(repr(error))})") from None
        if found._subjects != statement.subjects or not (
            previous is None or is_digest(found.previous)
        ):
            raise invalid("its subjects are not the set and the judgement")
        return found
