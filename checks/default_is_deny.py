"""Is denied what no rule permits? By each list's default, or a last rule that denies everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._rule import RULES, Answer, by_group, rule_observed
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule, unread
from evidence.rules import match_of
from evidence.rules.addresses import FAMILIES, WHOLE
from evidence.rules.match import WORDS
from evidence.rules.services import WHOLE as EVERY_SERVICE
from evidence.text import Text

CHECK = "default_is_deny"
# Where a list is applied narrows nothing: it is that list's default.
_NARROWING = ("connection", "application", "user", "schedule", "condition")


def check(readings: Readings) -> Iterator[Observation]:
    """One observation for each default that a device shows, and for a firewall that shows none."""
    yield from unread(readings, "firewall", CHECK, RULES)
    for group, rules in by_group(readings).items():
        defaults = [held for held in rules if _is_default(held)]
        for held in defaults:
            yield rule_observed(CHECK, readings, held, _default(held))
        if not defaults and not any(map(denies_everything, rules)):
            yield _not_shown(readings, group, rules)


def _is_default(held: HeldRule) -> bool:
    """Whether it says what happens to traffic that no rule decided."""
    return held.rule.implicit and held.rule.enabled and held.rule.permits is not None


def _default(held: HeldRule) -> Answer:
    """What happens to traffic that no rule decided."""
    if held.rule.permits:
        said = Text("lets through what no rule denies", "未列明之流量預設放行")
        return Answer(Result.not_satisfied, "default_permits", said, {})
    said = Text("denies what no rule permits", "未列明之流量預設拒絕")
    return Answer(Result.satisfied, "default_denies", said, {})


def _not_shown(readings: Readings, group: str, rules: Sequence[HeldRule]) -> Observation:
    held = rules[-1]
    return Observation(
        check=CHECK,
        device=held.device.id,
        subject=f"{group}/default",
        result=Result.not_assessed,
        state="default_not_shown",
        description=Text(
            f"{group}: what happens to traffic that no rule decides is not shown",
            f"{group}：設備未顯示未列明流量之預設處置",
        ),
        at=readings.at,
        evidence=(held.evidence,),
        scope=(f"site:{held.device.site}", "zone:?"),
    )


def denies_everything(held: HeldRule) -> bool:
    """Whether a rule denies all traffic of its families, whatever else it could be about."""
    rule = held.rule
    if not rule.enabled or rule.permits is not False or rule.not_understood:
        return False
    matches = [(family, match_of(rule, family)) for family in FAMILIES]
    return any(match for _, match in matches) and all(
        match.sources.spans == match.destinations.spans == (WHOLE[family],)
        and match.services.spans == (EVERY_SERVICE,)
        and all(match.words[WORDS.index(name)] is None for name in _NARROWING)
        for family, match in matches
        if match is not None
    )
