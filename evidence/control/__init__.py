"""Rule book, policy, dispositions, and the pure fold that joins them with observations.

    fold(book, profile, policy, observations, period=…, at=…) -> Judgement

The agent folds without dispositions and calls the result provisional; the store folds with
them for the month; the verifier does it again over the same signed records.
"""

from evidence.control.book import (
    Activity,
    Applies,
    Audit,
    CheckUse,
    Control,
    Join,
    RuleBook,
    Source,
)
from evidence.control.decided import needs_decision
from evidence.control.disposition import Decision, Disposition, Kind
from evidence.control.finding import ClockState, ControlResult, Finding, Judgement
from evidence.control.fold import fold
from evidence.control.policy import Policy, Profile, Suspect
from evidence.control.words import Answer, Verdict

__all__ = [
    "Activity",
    "Answer",
    "Applies",
    "Audit",
    "CheckUse",
    "ClockState",
    "Control",
    "ControlResult",
    "Decision",
    "Disposition",
    "Finding",
    "Join",
    "Judgement",
    "Kind",
    "Policy",
    "Profile",
    "RuleBook",
    "Source",
    "Suspect",
    "Verdict",
    "fold",
    "needs_decision",
]
