"""What the broker says: of itself (`Profile`), and of the limits the rules leave open (`Policy`).

Policy is dated company criteria (公司判定準則), data and not code: another company's differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from evidence.control.book import Activity, Applies, Control
from evidence.control.keys import Keys, mistake
from evidence.control.words import Answer, Verdict
from evidence.reading import canonical
from evidence.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The broker, as far as applicability hangs on it. `tier` is its security tier's word."""

    name: str = ""
    net_order: Answer = Answer.unknown
    colo: Answer = Answer.unknown
    tier: str | None = None

    def binds(self, control: Control) -> Answer:
        """Whether a clause binds this broker."""
        if control.applies is Applies.all:
            return Answer.yes
        if control.applies is Applies.net:
            return self.net_order
        if control.applies is Applies.colo:
            return self.colo
        return Answer.unknown

    @classmethod
    def of_record(cls, record: object) -> Profile:
        """The profile in a parsed file. Raises ConfigurationError naming the place."""
        keys = Keys(record, "profile")
        tier = str(keys.take("tier", "unknown"))
        profile = cls(
            name=keys.string("name", ""),
            net_order=keys.word("net_order", Answer, "unknown"),
            colo=keys.word("colo", Answer, "unknown"),
            tier=None if tier == "unknown" else tier,
        )
        keys.close()
        return profile

    def record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "net_order": self.net_order.value,
            "colo": self.colo.value,
            "tier": self.tier or "unknown",
        }

    @property
    def digest(self) -> str:
        return sha256(canonical(self.record())).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A vendor to ask about (疑似，待人工確認), and who said so. Never an official list.

    `names` are words by which its products are known, models and publishers among them.
    `enterprises` are its numbers in SNMP's sysObjectID, `mac_prefixes` its blocks of MAC addresses
    in small hexadecimal digits. `origin`: where it is at home, as the source says.
    """

    vendor: str
    names: tuple[str, ...]
    source: str
    basis: str
    entered_on: date
    origin: str | None = None
    enterprises: tuple[int, ...] = ()
    mac_prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, keys: Keys) -> Suspect:
        suspect = cls(
            vendor=keys.string("vendor"),
            names=tuple(str(name) for name in keys.take("names")),
            source=keys.string("source"),
            basis=keys.string("basis"),
            entered_on=keys.day("entered_on"),
            origin=keys.take("origin", None),
            enterprises=tuple(keys.take("enterprises", ())),
            mac_prefixes=tuple(
                re.sub(r"[^0-9a-f]", "", str(one).lower()) for one in keys.take("mac_prefixes", ())
            ),
        )
        keys.close()
        if not suspect.names or not all(isinstance(one, int) for one in suspect.enterprises):
            raise mistake(keys.place, "`names` are words, `enterprises` are numbers")
        if not all(6 <= len(one) <= 12 for one in suspect.mac_prefixes):
            raise mistake(f"{keys.place}.mac_prefixes", "a block is six to twelve digits")
        return suspect

    def record(self) -> dict[str, Any]:
        return {
            "vendor": self.vendor,
            "names": list(self.names),
            "source": self.source,
            "basis": self.basis,
            "entered_on": self.entered_on.isoformat(),
            **self._more(),
        }

    def _more(self) -> dict[str, Any]:
        """What came after policies were signed: left out where it says nothing."""
        said = {
            "origin": self.origin,
            "enterprises": list(self.enterprises),
            "mac_prefixes": list(self.mac_prefixes),
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """A part of the company's criteria, dated and approved by itself: settings by check."""

    id: str
    title: Text
    dated: date
    approved_by: str | None
    checks: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, keys: Keys) -> Criteria:
        part = cls(
            id=keys.string("id"),
            title=keys.text("title"),
            dated=keys.day("dated"),
            approved_by=keys.take("approved_by", None),
            checks=_settings(keys),
        )
        keys.close()
        return part

    def record(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title.record(),
            "dated": self.dated.isoformat(),
            "approved_by": self.approved_by,
            "checks": {name: dict(settings) for name, settings in self.checks.items()},
        }


WORST_FIRST = (
    Verdict.not_satisfied,
    Verdict.not_assessed,
    Verdict.partly,
    Verdict.undetermined,
    Verdict.awaiting_evidence,
    Verdict.satisfied,
    Verdict.not_applicable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Dated company criteria.

    `order`: verdicts, worst first; a control is as bad as its worst finding. `decide_within_days`:
    from first found to due; `carry_out_within_days`: from a decision to disable or adjust until
    the device must show it. `checks` holds settings by check and keyword; `parts` hold more of
    them, each part dated and approved by itself, and give way to `checks`. `activity_months` holds
    the periods the text leaves open, by `control/activity`: months, or months by tier.
    """

    id: str
    title: Text
    dated: date
    approved_by: str | None = None
    order: tuple[Verdict, ...] = WORST_FIRST
    decide_within_days: int = 30
    carry_out_within_days: int = 30
    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    activity_months: Mapping[str, Any] = field(default_factory=dict)
    suspects: tuple[Suspect, ...] = ()
    parts: tuple[Criteria, ...] = ()

    def settings(self, check: str) -> dict[str, Any]:
        """A check's settings by keyword, from the parts and then the policy's own."""
        found: dict[str, Any] = {}
        for checks in (*(part.checks for part in self.parts), self.checks):
            found |= checks.get(check, {})
        return found

    def worst(self, verdicts: set[Verdict]) -> Verdict:
        """The worst of some verdicts, of which there is at least one."""
        return min(verdicts, key=self.order.index)

    def months(self, control: Control, activity: Activity, tier: str | None) -> int | None:
        """An activity's period in calendar months; None: neither rule nor company said it."""
        if activity.months is not None:
            return activity.months
        said = self.activity_months.get(f"{control.id}/{activity.id}")
        if isinstance(said, Mapping):
            said = said.get(tier)
        return said if isinstance(said, int) else None

    @classmethod
    def of_record(cls, record: object) -> Policy:
        """The policy in a parsed file. Raises ConfigurationError naming the place."""
        keys = Keys(record, "policy")
        policy = cls(
            id=keys.string("id"),
            title=keys.text("title"),
            dated=keys.day("dated"),
            approved_by=keys.take("approved_by", None),
            order=_order(keys.take("order", [verdict.value for verdict in WORST_FIRST])),
            decide_within_days=keys.count("decide_within_days") or 0,
            carry_out_within_days=keys.count("carry_out_within_days") or 0,
            checks=_settings(keys),
            activity_months=keys.table("activity_months", {}),
            suspects=tuple(Suspect.of(one) for one in keys.each("suspects", ())),
            parts=tuple(Criteria.of(one) for one in keys.each("parts", ())),
        )
        keys.close()
        return policy

    def record(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title.record(),
            "dated": self.dated.isoformat(),
            "approved_by": self.approved_by,
            "order": [verdict.value for verdict in self.order],
            "decide_within_days": self.decide_within_days,
            "carry_out_within_days": self.carry_out_within_days,
            "checks": {name: dict(settings) for name, settings in self.checks.items()},
            "activity_months": dict(self.activity_months),
            "suspects": [suspect.record() for suspect in self.suspects],
            "parts": [part.record() for part in self.parts],
        }

    @property
    def digest(self) -> str:
        return sha256(canonical(self.record())).hexdigest()


def _settings(keys: Keys) -> dict[str, dict[str, Any]]:
    """Settings by check and keyword; what they mean only the checks know."""
    return {
        name: dict(Keys(value, f"{keys.place}.checks.{name}").rest())
        for name, value in keys.table("checks", {}).items()
    }


def _order(words: Any) -> tuple[Verdict, ...]:
    """The verdicts in the company's order; every one of them, once, and none that is no pass behind
    `satisfied`: a company weighs shortcomings, it does not wave them through."""
    try:
        order = tuple(Verdict(word) for word in words)
    except (TypeError, ValueError) as error:
        raise mistake("policy.order", str(error)) from None
    if sorted(order) != sorted(Verdict):
        raise mistake("policy.order", "every verdict must stand in it once")
    if set(order[-2:]) != {Verdict.satisfied, Verdict.not_applicable}:
        raise mistake("policy.order", "satisfied and not_applicable must stand last")
    return order
