"""Dispositions: what people decided, planned, allowed, reviewed, attached or signed.

Observations are what a machine saw; a disposition is what a person said about it. Both are
signed, and only the fold joins them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from evidence.clock import parse_at, stamp
from evidence.control.words import Verdict
from evidence.reading import canonical
from evidence.text import Text


class Kind(StrEnum):
    decision = "decision"
    plan = "plan"
    exception = "exception"
    review = "review"
    manual_evidence = "manual_evidence"
    reply = "reply"
    follow_up = "follow_up"
    sign_off = "sign_off"


class Decision(StrEnum):
    """What is to become of a rule. Keeping needs a reason, as the others do."""

    keep = "keep"
    adjust = "adjust"
    disable = "disable"

    @property
    def text(self) -> Text:
        """The decision as reviewers write it."""
        return Text(self.value, _DECISIONS_ZH[self.value])


_DECISIONS_ZH = {"keep": "保留", "adjust": "調整", "disable": "停用"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """Who said what, when, about which thing, why, and until when it holds.

    `subject` is an observation's subject; for a review the activity's id; for manual evidence and
    sign-offs of a whole clause ""; for a follow-up `evidence.follow_up.SUBJECT`. `control` is a
    clause's short id; "": wherever the subject occurs. `digest` is what the person had in view: for
    a decision about a rule its match digest (a rule that matches something else needs a new
    decision), for a reply the id of what it answers, for others the digest signed. Replies and
    follow-ups change no verdict.
    `until`: the last day it holds; for adjust and disable the day by which the device shows it.
    `verdict`: what manual evidence comes to in the words of the person who gave it.
    """

    kind: Kind
    subject: str
    by: str
    at: datetime
    reason: str
    control: str = ""
    decision: Decision | None = None
    verdict: Verdict | None = None
    until: date | None = None
    approver: str | None = None
    digest: str | None = None

    @property
    def complete(self) -> bool:
        """Whether it says enough to count: who, why, and a decision where one is needed."""
        said = bool(self.by.strip() and self.reason.strip())
        return said and (self.kind is not Kind.decision or self.decision is not None)

    @property
    def self_approved(self) -> bool:
        """The same person decided and approved: reported, because the four eyes are missing."""
        return self.approver is not None and self.approver.casefold() == self.by.casefold()

    def about(self, control: str, subject: str) -> bool:
        """Whether it speaks of this subject under this clause (short id)."""
        return self.subject == subject and self.control in ("", control)

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "subject": self.subject,
            "by": self.by,
            "at": stamp(self.at),
            "reason": self.reason,
            "control": self.control,
            "decision": None if self.decision is None else self.decision.value,
            "verdict": None if self.verdict is None else self.verdict.value,
            "until": None if self.until is None else self.until.isoformat(),
            "approver": self.approver,
            "digest": self.digest,
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Disposition:
        """Raises KeyError, TypeError or ValueError for a record that is none."""
        decision, verdict, until = record["decision"], record["verdict"], record["until"]
        return cls(
            kind=Kind(record["kind"]),
            subject=record["subject"],
            by=record["by"],
            at=parse_at(record["at"]),
            reason=record["reason"],
            control=record["control"],
            decision=None if decision is None else Decision(decision),
            verdict=None if verdict is None else Verdict(verdict),
            until=None if until is None else date.fromisoformat(until),
            approver=record["approver"],
            digest=record["digest"],
        )

    @property
    def id(self) -> str:
        """SHA-256 of the canonical record: what findings cite."""
        return sha256(canonical(self.record())).hexdigest()
