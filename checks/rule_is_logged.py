"""Does every rule that lets traffic pass log it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._rule import Answer, each_rule, lets_in
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule
from evidence.text import Text

CHECK = "rule_is_logged"
FINE = Text("are logged", "均留存紀錄")


def check(readings: Readings, *, actions: Sequence[str] = ("permit",)) -> Iterator[Observation]:
    """`actions`: which rules are asked, `permit` and `deny`; defaults that nobody wrote are not."""

    def judge(held: HeldRule) -> Answer | None:
        rule = held.rule
        passes = lets_in(held)
        if not rule.enabled or rule.implicit or (rule.permits is None and not passes):
            return None
        if ("permit" if passes else "deny") not in actions:
            return None
        if rule.logged is None:
            said = Text("whether it logs is not said", "設備未顯示是否留存紀錄")
            return Answer(Result.not_assessed, "logging_unknown", said, {})
        if not rule.logged:
            return Answer(Result.not_satisfied, "not_logged", Text("not logged", "未留存紀錄"), {})
        return Answer(Result.satisfied, "logged", FINE, {})

    return each_rule(CHECK, readings, judge, FINE)
