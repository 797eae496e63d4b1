"""Is every rule counted, so that its traffic, or the lack of it, can be shown at all?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks._rule import Answer, each_rule, lets_in
from evidence.facts import RuleUsage
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule
from evidence.text import Text

CHECK = "rule_is_counted"
FINE = Text("are counted", "均有計數")


def check(readings: Readings) -> Iterator[Observation]:
    """By what the newest reading of the rule's device says of its counter."""
    told: dict[str, Mapping[str, RuleUsage]] = {
        device.id: {one.key: one for one in reading.of(RuleUsage)}
        for device, reading in readings.each("firewall")
        if reading is not None
    }

    def judge(held: HeldRule) -> Answer | None:
        rule = held.rule
        # A jump or a log decides nothing, and nobody wrote a default.
        if not rule.enabled or rule.implicit or (rule.permits is None and not lets_in(held)):
            return None
        usage = told.get(held.device.id, {}).get(rule.key)
        if rule.counted is False or (usage is not None and usage.counting == "off"):
            said = Text("its traffic is not counted", "未計數")
            return Answer(Result.not_satisfied, "not_counted", said, {})
        if usage is None or usage.count is None:
            said = Text("no count of it was read", "未讀得其計數")
            return Answer(Result.not_assessed, "count_unknown", said, {})
        if usage.counting == "unknown":
            said = Text("its count is not exact", "計數並非精確值")
            return Answer(Result.not_assessed, "count_not_exact", said, {"count": usage.count})
        return Answer(Result.satisfied, "counted", FINE, {})

    return each_rule(CHECK, readings, judge, FINE)
