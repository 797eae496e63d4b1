"""The rule book: what a regulation asks, clause by clause, as data.

Two clocks: `audit` is how often internal audit must examine a clause; an `Activity` is what the
clause itself orders to be done, with a period of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

from evidence.control.keys import REQUIRED, Keys, mistake
from evidence.reading import canonical
from evidence.text import Text


class Applies(StrEnum):
    """Whom a clause binds: every broker, internet-order brokers, co-location users, not known."""

    all = "all"
    net = "net"
    colo = "colo"
    unknown = "unknown"


class Source(StrEnum):
    """Where a clause is known from. The last two are never printed as if they were its text."""

    deck = "S"  # slide deck of the exchange, a comparison with the draft
    page = "P"  # a public page
    knowledge = "K"  # background knowledge, no page seen
    inference = "I"  # our own reading


class Audit(StrEnum):
    """How often internal audit must examine a clause."""

    monthly = "monthly"
    half_yearly = "half-yearly"
    annual = "annual"
    unknown = "unknown"

    @property
    def months(self) -> int | None:
        """The period in calendar months; None: not known."""
        return {"monthly": 1, "half-yearly": 6, "annual": 12}.get(self.value)


class Join(StrEnum):
    """How what was observed and what was decided become findings."""

    by_result = "by_result"
    rule_is_decided = "rule_is_decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something a clause orders to be done again and again, or by a deadline.

    `months` None: the period is not in the text (`定期`), or hangs on the tier; the company's
    policy says it. `since` is what its clock starts from: when it was last done, or the day a
    system was decommissioned (then there is a clock per rule, and no review to record).
    """

    id: str
    title: Text
    months: int | None = None
    since: str = "last_done"  # last_done | decommissioned
    scope: Mapping[str, str] = field(default_factory=dict)
    by_tier: bool = False

    @classmethod
    def of(cls, keys: Keys) -> Activity:
        activity = cls(
            id=keys.string("id"),
            title=keys.text("title"),
            months=keys.count("months", None),
            since=keys.string("since", "last_done"),
            scope=keys.table("scope", {}),
            by_tier=keys.flag("by_tier", False),
        )
        if activity.since not in ("last_done", "decommissioned"):
            raise mistake(f"{keys.place}.since", "known are last_done and decommissioned")
        keys.close()
        return activity

    def record(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title.record(),
            "months": self.months,
            "since": self.since,
            "scope": dict(self.scope),
            "by_tier": self.by_tier,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckUse:
    """A check that a clause relies on, with its own settings, narrowed to a scope."""

    check: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    scope: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name its observations carry: the check's, with the clause's own settings if any."""
        if not self.settings:
            return self.check
        return f"{self.check}{canonical(dict(self.settings)).decode()}"

    def sees(self, scope: tuple[str, ...]) -> bool:
        """Whether an observation with these places falls into the scope.

        A place is `zone:dmz`, `site:colo` …; `zone:?` says the zone is not known, and `*` that
        the observation speaks of everything. Both are seen, or they would be lost.
        """
        return "*" in scope or all(
            f"{kind}:{wanted}" in scope or f"{kind}:?" in scope
            for kind, wanted in self.scope.items()
        )

    @classmethod
    def of(cls, keys: Keys) -> CheckUse:
        use = cls(
            check=keys.string("check"),
            settings=keys.table("settings", {}),
            scope=keys.table("scope", {}),
        )
        keys.close()
        return use

    def record(self) -> dict[str, Any]:
        return {"check": self.check, "settings": dict(self.settings), "scope": dict(self.scope)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One clause. `id` is short (`CC-17010.b.f`); `pinned` names the rule book's version too.

    `manual`: evidence that only people can give belongs to it, with or without checks beside it.
    `verified` False: the clause's text was not seen; it prints 條文內容待核對.
    `code_verified` False: the text was seen, its number or letter was not.
    """

    id: str
    book: str
    title: Text
    applies: Applies
    audit: Audit
    source: Source
    verified: bool
    code_verified: bool = True
    evidence: Text
    manual: bool = False
    join: Join = Join.by_result
    activities: tuple[Activity, ...] = ()
    checks: tuple[CheckUse, ...] = ()
    note: str | None = None

    @property
    def pinned(self) -> str:
        return f"{self.book}:{self.id}"

    @property
    def caveat(self) -> Text | None:
        """What must be printed beside the clause; None when its text and number were seen."""
        if not self.verified:
            return Text("content of the clause to be verified", "條文內容待核對")
        if not self.code_verified:
            return Text("number of the clause to be verified", "控制編號待核對")
        return None

    @classmethod
    def of(cls, keys: Keys, book: str) -> Control:
        basis = keys.inner("basis")
        control = cls(
            id=keys.string("id"),
            book=book,
            title=Text(en=keys.string("en"), zh=keys.string("zh")),
            applies=basis.word("applies", Applies),
            audit=basis.word("audit", Audit),
            source=basis.word("source", Source),
            verified=basis.flag("verified"),
            code_verified=basis.flag("code_verified", True),
            evidence=keys.text("evidence"),
            manual=keys.flag("manual", False),
            join=keys.word("join", Join, "by_result"),
            activities=tuple(Activity.of(one) for one in keys.each("activities", ())),
            checks=tuple(CheckUse.of(one) for one in keys.each("checks", ())),
            note=keys.take("note", None),
        )
        basis.close()
        keys.close()
        if not control.manual and not control.checks:
            raise mistake(keys.place, f"{control.id} has no check and is not manual")
        if control.verified and control.source in (Source.knowledge, Source.inference):
            raise mistake(keys.place, f"{control.id} is {control.source}, so it is not verified")
        return control

    def record(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "en": self.title.en,
            "zh": self.title.zh,
            "basis": {
                "applies": self.applies.value,
                "audit": self.audit.value,
                "source": self.source.value,
                "verified": self.verified,
                "code_verified": self.code_verified,
            },
            "evidence": self.evidence.record(),
            "manual": self.manual,
            "join": self.join.value,
            "activities": [activity.record() for activity in self.activities],
            "checks": [use.record() for use in self.checks],
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """One version of a regulation. `aliases` maps clause ids of earlier versions to this one's."""

    id: str
    title: Text
    dated: date
    controls: tuple[Control, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Control]:
        return iter(self.controls)

    def control(self, id: str) -> Control:
        """The clause of that id, short, pinned or an older version's. Raises KeyError."""
        known = {control.id: control for control in self.controls}
        wanted = self.aliases.get(id, id)
        return known[wanted.removeprefix(f"{self.id}:")]

    @classmethod
    def of_record(cls, record: object) -> RuleBook:
        """The rule book in a parsed file. Raises ConfigurationError naming the place."""
        keys = Keys(record, "rule book")
        id = keys.string("id")
        book = cls(
            id=id,
            title=keys.text("title"),
            dated=keys.day("dated", REQUIRED),
            controls=tuple(Control.of(one, id) for one in keys.each("controls")),
            aliases=keys.table("aliases", {}),
        )
        keys.close()
        known = [control.id for control in book.controls]
        for name in known:
            if known.count(name) > 1:
                raise mistake("controls", f"{name} stands twice")
        for old, new in book.aliases.items():
            if new not in known:
                raise mistake(f"aliases.{old}", f"{new} is not in this rule book")
        return book

    def record(self) -> dict[str, Any]:
        """The whole book as plain values: `of_record` reads it back, `digest` is over it."""
        return {
            "id": self.id,
            "title": self.title.record(),
            "dated": self.dated.isoformat(),
            "controls": [control.record() for control in self.controls],
            "aliases": dict(self.aliases),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the book's canonical record: what an assessment names."""
        return sha256(canonical(self.record())).hexdigest()
