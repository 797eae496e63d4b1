"""The words of judgement: verdicts, and the answers a broker gives about itself."""

from __future__ import annotations

from enum import StrEnum

from evidence.observation import Result
from evidence.text import Text


class Verdict(StrEnum):
    """What a control or finding comes to: five verdicts, and two states that are none.

    `awaiting_evidence` and `undetermined` stand beside the verdicts: nobody has judged yet.
    They never become `not_applicable`, and never a pass.
    """

    satisfied = "satisfied"
    partly = "partly_satisfied"
    not_satisfied = "not_satisfied"
    not_assessed = "not_assessed"
    not_applicable = "not_applicable"
    awaiting_evidence = "awaiting_manual_evidence"
    undetermined = "applicability_undetermined"

    @property
    def text(self) -> Text:
        """The verdict as officers, auditors and engineers read it."""
        return _TEXTS[self]

    @classmethod
    def of(cls, result: Result) -> Verdict:
        """The verdict that a check's result alone comes to."""
        return cls(result.value)


_TEXTS = {
    Verdict.satisfied: Text("satisfied", "符合"),
    Verdict.partly: Text("partly satisfied", "部分符合"),
    Verdict.not_satisfied: Text("not satisfied", "不符合"),
    Verdict.not_assessed: Text("could not be examined", "無法查核"),
    Verdict.not_applicable: Text("not applicable", "不適用"),
    Verdict.awaiting_evidence: Text("awaiting manual evidence", "待人工"),
    Verdict.undetermined: Text("applicability undetermined", "適用性未定"),
}


class Answer(StrEnum):
    """What a broker says of itself. Unknown is an answer, and never counts as no."""

    yes = "yes"
    no = "no"
    unknown = "unknown"
