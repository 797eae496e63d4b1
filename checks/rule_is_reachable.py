"""Is every rule reached? One that lies under earlier rules, alone or together, does nothing.

Covering is exact over what the device told as numbers (`evidence.rules`). What hangs on a name,
a user or a condition that nobody can resolve is not assessed, with the words it hangs on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checks._rule import MOST_NAMED, RULES, Answer, by_group, listed, rule_observed, summed_up
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule, unread
from evidence.rules import Reach, State, lists, reach
from evidence.text import Text

CHECK = "rule_is_reachable"
WORTH: Mapping[str, str] = {
    "shadowed": "not_satisfied",
    "redundant": "partly_satisfied",
    "unless": "not_assessed",
    "not_understood": "not_assessed",
    "matches_nothing": "partly_satisfied",
}
FINE = Text("are reached", "均會生效")


def check(readings: Readings, *, worth: Mapping[str, str] = WORTH) -> Iterator[Observation]:
    """`worth`: the result of each state that is not `reached`."""
    yield from unread(readings, "firewall", CHECK, RULES)
    table = {**WORTH, **worth}
    for group, rules in by_group(readings).items():
        held = {one.rule.key: one for one in rules}
        good = 0
        for in_order in lists(one.rule for one in rules):
            for rule, found in zip(in_order, reach(in_order), strict=True):
                if found is None:
                    continue
                if found.state is State.reached:
                    good += 1
                    continue
                by = [held[in_order[place].key] for place in found.by]
                answer = _answer(found, by, Result(table[found.state.value]))
                yield rule_observed(CHECK, readings, held[rule.key], answer)
        if good:
            yield summed_up(CHECK, readings, group, rules, good, FINE)


def _answer(found: Reach, by: Sequence[HeldRule], result: Result) -> Answer:
    return Answer(
        result,
        found.state.value if found.state is not State.unless else "reach_unknown",
        _said(found, by),
        {
            "by": [one.rule.key for one in by[:MOST_NAMED]],
            "by_count": len(by),
            "hangs_on": list(found.hangs_on[:MOST_NAMED]),
        },
    )


def _said(found: Reach, by: Sequence[HeldRule]) -> Text:
    names = listed(f"{one.rule.position} ({one.label})" for one in by)
    words = listed(found.hangs_on)
    match found.state:
        case State.shadowed:
            return Text(
                f"never reached: earlier rules decide all of its traffic otherwise: {names.en}",
                f"不會生效：其流量已全由先前規則處置，且處置不同：{names.zh}",
            )
        case State.redundant:
            return Text(
                f"never reached: earlier rules decide all of its traffic alike: {names.en}",
                f"不會生效：其流量已全由先前規則為相同處置（重複）：{names.zh}",
            )
        case State.not_understood:
            return Text(
                f"what it matches is not known; not understood: {words.en}",
                f"涵蓋範圍不明，無法解讀：{words.zh}",
            )
        case State.matches_nothing:
            return Text("matches no traffic at all", "不符合任何流量")
    return Text(
        f"whether it is reached hangs on {words.en}; earlier rules: {names.en}",
        f"是否生效取決於無法解析之內容：{words.zh}；先前規則：{names.zh}",
    )
