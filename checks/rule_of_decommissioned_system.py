"""Are the rules of decommissioned systems gone? Joins the asset register with rules' addresses.

The rule must be adjusted or disabled within six calendar months of the day its system left;
it is reported from the first day, with its deadline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from evidence.clock import add_months, taipei_day
from evidence.facts import Asset
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules, unread
from evidence.services import Network, networks, within
from evidence.text import Text

CHECK = "rule_of_decommissioned_system"
RULES = Text("its rules", "規則")
REGISTER = Text("the asset register", "資產清冊")


def check(readings: Readings, *, deadline_months: int = 6) -> Iterator[Observation]:
    """`deadline_months`: from decommissioning to the day the rule must be adjusted or disabled."""
    yield from unread(readings, "firewall", CHECK, RULES)
    yield from unread(readings, "assets", CHECK, REGISTER)
    registers = [(device, reading) for device, reading in readings.each("assets") if reading]
    if not any(readings.each("assets")):
        yield _no_register(readings)
    gone = [
        _Gone.of(asset, asset.decommissioned_on, reading.digest)
        for _, reading in registers
        for asset in reading.of(Asset)
        if asset.decommissioned_on and asset.decommissioned_on <= taipei_day(readings.at)
    ]
    rules = [held for held in held_rules(readings) if held.rule.enabled and held.rule.permits]
    for held in rules if registers else ():
        left = [one for one in gone if one.has(held)]
        yield _observed(
            readings, held, left, [reading.digest for _, reading in registers], deadline_months
        )


@dataclass(frozen=True, slots=True)
class _Gone:
    """A decommissioned system: where it was, what it was called, and when it left."""

    asset: Asset
    names: frozenset[str]
    addresses: tuple[Network, ...]
    left_on: date
    evidence: str

    @classmethod
    def of(cls, asset: Asset, left_on: date, evidence: str) -> _Gone:
        names = {name.casefold() for name in (asset.asset_id, asset.name) if name}
        parts = [part for address in asset.addresses for part in networks(address) or ()]
        return cls(asset, frozenset(names), tuple(parts), left_on, evidence)

    def has(self, held: HeldRule) -> bool:
        """Whether the rule names this system: an entry of its own, not a wide one around it."""
        return any(map(self._is, (*held.rule.sources, *held.rule.destinations)))

    def _is(self, entry: str) -> bool:
        parts = networks(entry)
        if parts is None:
            return entry.casefold() in self.names
        return any(within(part, mine) for part in parts for mine in self.addresses)


def _observed(
    readings: Readings,
    held: HeldRule,
    left: Sequence[_Gone],
    registers: Sequence[str],
    deadline_months: int,
) -> Observation:
    measures = {"rule": held.rule.key, "match_digest": held.rule.match_digest}
    if not left:
        return Observation(
            check=CHECK,
            device=held.device.id,
            subject=held.subject,
            result=Result.satisfied,
            state="system_in_service",
            description=Text(
                f"{held.title}: names no decommissioned system",
                f"{held.title}：未涉及已下線資通系統",
            ),
            at=readings.at,
            evidence=(held.evidence, *registers),
            measures=measures,
            scope=held.scope,
        )
    first = min(left, key=lambda one: one.left_on)
    deadline_on = add_months(first.left_on, deadline_months)
    names = "、".join(one.asset.name or one.asset.asset_id for one in left)
    return Observation(
        check=CHECK,
        device=held.device.id,
        subject=held.subject,
        result=Result.not_satisfied,
        state="decommissioned",
        description=Text(
            f"{held.title}: {names} was decommissioned on {first.left_on}; "
            f"adjust or disable the rule by {deadline_on}",
            f"{held.title}：{names} 已於 {first.left_on} 下線，規則應於 {deadline_on} 前調整或停用",
        ),
        at=readings.at,
        evidence=(held.evidence, *dict.fromkeys(one.evidence for one in left)),
        measures={
            **measures,
            "assets": [one.asset.asset_id for one in left],
            "decommissioned_on": first.left_on.isoformat(),
            "deadline_on": deadline_on.isoformat(),
        },
        scope=held.scope,
    )


def _no_register(readings: Readings) -> Observation:
    return Observation(
        check=CHECK,
        device="",
        subject="asset register",
        result=Result.not_assessed,
        state="no_register",
        description=Text(
            "no asset register is collected, so no rule can be joined with a decommissioned system",
            "未收集資產清冊，無法比對已下線資通系統之規則",
        ),
        at=readings.at,
        scope=("*",),
    )
