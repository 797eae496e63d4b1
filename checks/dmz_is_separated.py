"""Is the DMZ kept apart? A matrix of zones says what may pass from where to where.

`zones.yaml` says which zone a place is; the company's criteria (公司判定準則) say which ways are
closed, and which are open only to rules that name source, destination and service.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._rule import Answer, each_rule, lets_in, listed
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import EVERYWHERE, UNKNOWN, HeldRule
from evidence.services import is_any, service
from evidence.text import Text

CHECK = "dmz_is_separated"
FINE = Text("keep the zones apart", "符合區域隔離")
CLOSED = ("external>internal", "external>management", "guest>internal", "guest>management")
NARROW = ("dmz>internal", "dmz>management", "external>dmz")


def check(
    readings: Readings, *, closed: Sequence[str] = CLOSED, narrow: Sequence[str] = NARROW
) -> Iterator[Observation]:
    """`closed`: ways (`from>to`) that nothing may pass. `narrow`: ways that a rule may open only
    from or to named addresses, and for named services."""

    def judge(held: HeldRule) -> Answer | None:
        if not lets_in(held):
            return None
        shut = [way for way in closed if _passes(held, way)]
        wide = [way for way in narrow if _passes(held, way) and _broad(held, way)]
        if shut:
            words = listed(shut)
            said = Text(f"opens a closed way: {words.en}", f"開放應隔離之區域：{words.zh}")
            return Answer(Result.not_satisfied, "way_closed", said, {"ways": shut})
        if wide:
            words = listed(wide)
            said = Text(f"too broad for its way: {words.en}", f"跨區規則過於寬鬆：{words.zh}")
            return Answer(Result.not_satisfied, "way_too_broad", said, {"ways": wide})
        if any(_may_pass(held, way) for way in (*closed, *narrow)):
            unmapped.setdefault(held.group, []).append(held)
            return None
        return Answer(Result.satisfied, "separated", FINE, {})

    unmapped: dict[str, list[HeldRule]] = {}
    yield from each_rule(CHECK, readings, judge, FINE)
    for group, rules in unmapped.items():
        yield _unmapped(readings, group, rules)


def _unmapped(readings: Readings, group: str, rules: Sequence[HeldRule]) -> Observation:
    """One for all rules of a firewall whose places `zones.yaml` does not hold."""
    names = listed(one.label for one in rules)
    return Observation(
        check=CHECK,
        device=rules[0].device.id,
        subject=f"{group}/places not mapped",
        result=Result.not_assessed,
        state="zone_unknown",
        description=Text(
            f"{group}: {len(rules)} rules lead from or to places of no zone: {names.en}",
            f"{group}：{len(rules)} 條規則之來源或目的未對應區域：{names.zh}",
        ),
        at=readings.at,
        evidence=tuple(dict.fromkeys(one.evidence for one in rules)),
        measures={"rules": len(rules)},
        scope=(f"site:{rules[0].device.site}", "zone:?"),
    )


def _passes(held: HeldRule, way: str) -> bool:
    source, _, destination = way.partition(">")
    return bool(
        held.sources & {source, EVERYWHERE} and held.destinations & {destination, EVERYWHERE}
    )


def _may_pass(held: HeldRule, way: str) -> bool:
    """Whether a place that is not mapped may make it pass."""
    source, _, destination = way.partition(">")
    return bool(
        UNKNOWN in held.sources | held.destinations
        and held.sources & {source, EVERYWHERE, UNKNOWN}
        and held.destinations & {destination, EVERYWHERE, UNKNOWN}
    )


def _broad(held: HeldRule, way: str) -> bool:
    """Any destination or service; from the outside any source is what a public service is for."""
    rule = held.rule
    applications = any(name.casefold() not in ("any", "all") for name in rule.applications)
    any_service = not applications and any(service(one).any for one in rule.services)
    any_source = is_any(rule.sources) and not way.startswith("external>")
    return any_service or any_source or is_any(rule.destinations)
