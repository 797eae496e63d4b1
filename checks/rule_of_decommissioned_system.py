"""Are the rules of decommissioned systems gone? Joins the asset register with rules' addresses.

The rule must be adjusted or disabled within six calendar months of the day its system left;
it is reported from the first day, with its deadline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from checks._rule import RULES, Answer, as_understood, lets_in, rule_observed
from evidence.clock import add_months, taipei_day
from evidence.facts import Asset
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import held_rules, unread
from evidence.services import Network, networks, within
from evidence.text import Text

CHECK = "rule_of_decommissioned_system"
REGISTER = Text("the asset register", "資產清冊")


def check(readings: Readings, *, deadline_months: int = 6) -> Iterator[Observation]:
    """`deadline_months`: from decommissioning to the day the rule must be adjusted or disabled;
    0 is the strict profile: on that day."""
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
    rules = [held for held in held_rules(readings) if lets_in(held)]
    digests = [reading.digest for _, reading in registers]
    # The same few thousand entries stand in many rules: each is looked up once.
    named: dict[str, list[_Gone]] = {}
    for held in rules if registers else ():
        left: list[_Gone] = []
        for entry in (*held.rule.sources, *held.rule.destinations):
            if entry not in named:
                named[entry] = [one for one in gone if one.is_(entry)]
            left += (one for one in named[entry] if one not in left)
        answer = as_understood(held, _answer(left, digests, deadline_months))
        yield rule_observed(CHECK, readings, held, answer)


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

    def is_(self, entry: str) -> bool:
        """Whether a rule's entry names this system: one of its own, not a wide one around it."""
        parts = networks(entry)
        if parts is None:
            return entry.casefold() in self.names
        return any(within(part, mine) for part in parts for mine in self.addresses)


def _answer(left: Sequence[_Gone], registers: Sequence[str], deadline_months: int) -> Answer:
    if not left:
        said = Text("names no decommissioned system", "未涉及已下線資通系統")
        return Answer(Result.satisfied, "system_in_service", said, {}, tuple(registers))
    first = min(left, key=lambda one: one.left_on)
    deadline_on = add_months(first.left_on, deadline_months)
    names = "、".join(one.asset.name or one.asset.asset_id for one in left)
    said = Text(
        f"{names} was decommissioned on {first.left_on}; adjust or disable the rule "
        f"by {deadline_on}",
        f"{names} 已於 {first.left_on} 下線，規則應於 {deadline_on} 前調整或停用",
    )
    measures = {
        "assets": [one.asset.asset_id for one in left],
        "decommissioned_on": first.left_on.isoformat(),
        "deadline_on": deadline_on.isoformat(),
    }
    evidence = tuple(one.evidence for one in left)
    return Answer(Result.not_satisfied, "decommissioned", said, measures, evidence)


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
