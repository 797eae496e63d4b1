"""What changed from one reading of a device's subject to another: a difference of facts.

Counters, clocks and uptimes always differ and are no change; a unit that booted in between is.
A rule under another name that matches the same is one rule renamed, not one gone and one come;
a rule is moved when its order among the others changed, not when some were put before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from evidence.clock import stamp
from evidence.facts import (
    AdministrativeEvent,
    AirObservation,
    Asset,
    BasicServiceSet,
    Fact,
    FirewallRule,
    HardwareItem,
    Interface,
    RdpNegotiation,
    RemoteAccess,
    RemoteDesktopPolicy,
    RuleUsage,
    SoftwareRelease,
    Ticket,
    Unit,
    WirelessNetwork,
    to_record,
)
from evidence.reading import Reading

Kind = Literal["added", "removed", "changed", "moved"]
Key = tuple[Hashable, ...]

# What makes two facts of two readings the same thing. A fact of another type is its whole self.
_IDENTITY: Mapping[type[Fact], tuple[str, ...]] = {
    Unit: ("subject_unit",),
    FirewallRule: ("subject_unit", "key"),
    SoftwareRelease: ("subject_unit", "part", "product"),
    HardwareItem: ("subject_unit", "part", "position"),
    Interface: ("subject_unit", "name"),
    WirelessNetwork: ("subject_unit", "profile", "ssid"),
    BasicServiceSet: ("bssid", "ssid"),
    AirObservation: ("bssid", "ssid"),
    RemoteDesktopPolicy: ("subject_unit", "source"),
    RdpNegotiation: ("address", "port"),
    RemoteAccess: ("subject_unit", "service", "address", "port"),
    Asset: ("asset_id",),
    Ticket: ("ticket_id",),
}
_ALWAYS_DIFFERENT: Mapping[type[Fact], frozenset[str]] = {
    AirObservation: frozenset({"signal_dbm", "heard_by", "last_heard_at"}),
    BasicServiceSet: frozenset({"channel"}),
    Unit: frozenset({"uptime_s", "boot_at", "clock_at", "clock_offset_s", "role_since_at"}),
    # The position is a move; the digest and the vendor's own line follow from the rest.
    FirewallRule: frozenset({"position", "match_digest", "text"}),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `fact` is the fact's name, `title` what a person calls the thing.

    `fields` are (name, before, after) as they stand in records; `note` says what follows. `key`
    is a rule's, as it is now where it is still there.
    """

    kind: Kind
    fact: str
    title: str
    fields: tuple[tuple[str, Any, Any], ...] = ()
    note: str = ""
    key: str = ""

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "fact": self.fact,
            "title": self.title,
            "fields": [{"name": n, "before": b, "after": a} for n, b, a in self.fields],
            "note": self.note,
        }


def changes(before: Reading, after: Reading) -> list[Change]:
    """What differs between two good readings of one subject, in the order of the later one."""
    old, new = _named(before), _named(after)
    # What was done does not become undone when a device's log lets go of it.
    gone = {
        key: fact
        for key, fact in old.items()
        if key not in new and not isinstance(fact, AdministrativeEvent)
    }
    found: list[Change] = []
    renamed = _renamed(gone, {key: fact for key, fact in new.items() if key not in old})
    for key, fact in new.items():
        earlier = old.get(key) or renamed.get(key)
        if earlier is None:
            found.append(_came(fact))
        elif (change := _changed(earlier, fact, before)) is not None:
            found.append(change)
    followed = set(map(id, renamed.values()))
    found += (_went(fact) for fact in gone.values() if id(fact) not in followed)
    return [*found, *_moved({**old, **renamed}, new)]


def _named(reading: Reading) -> dict[Key, Fact]:
    """Each fact under what it is; equal ones are told apart by their order."""
    found: dict[Key, Fact] = {}
    seen: Counter[Key] = Counter()
    for fact in reading.facts:
        if isinstance(fact, RuleUsage) or _rolls(fact):
            continue
        key = (type(fact), *_identity(fact))
        seen[key] += 1
        found[(*key, seen[key])] = fact
    return found


def _rolls(fact: Fact) -> bool:
    """Where a device's log begins: it moves on by itself."""
    return isinstance(fact, AdministrativeEvent) and fact.kind == "log_begins"


def _identity(fact: Fact) -> Iterable[Hashable]:
    names = _IDENTITY.get(type(fact))
    if names is None:
        return (fact,)
    if isinstance(fact, HardwareItem) and fact.position is None:
        # Without a place only its own number tells one part from another.
        return (fact.subject_unit, fact.part, fact.serial or fact.model)
    return tuple(getattr(fact, name) for name in names)


def _renamed(gone: Mapping[Key, Fact], come: Mapping[Key, Fact]) -> dict[Key, Fact]:
    """Rules that came under a name, and went under another with the same match: once each."""
    left: dict[Key, list[FirewallRule]] = {}
    for fact in gone.values():
        if isinstance(fact, FirewallRule) and fact.match_digest:
            left.setdefault(_lineage(fact), []).append(fact)
    found: dict[Key, Fact] = {}
    for key, fact in come.items():
        if isinstance(fact, FirewallRule) and (same := left.get(_lineage(fact))):
            found[key] = same.pop(0)
    return found


def _lineage(rule: FirewallRule) -> Key:
    return rule.subject_unit, rule.context, rule.family, rule.policy, rule.match_digest


def _changed(before: Fact, after: Fact, earlier: Reading) -> Change | None:
    old, new = to_record(before), to_record(after)
    quiet = _ALWAYS_DIFFERENT.get(type(after), frozenset())
    differing = tuple(
        (one.name, old.get(one.name), new.get(one.name))
        for one in fields(after)
        if one.name not in quiet and old.get(one.name) != new.get(one.name)
    )
    note = ""
    if isinstance(before, FirewallRule) and isinstance(after, FirewallRule):
        note = _of_the_match(before, after)
    if isinstance(after, Unit) and after.boot_at is not None and after.boot_at > earlier.at:
        note = f"booted at {stamp(after.boot_at)}, after it was read before"
    if not differing and not note:
        return None
    return Change("changed", new["fact"], _title(after), differing, note, _key(after))


def _of_the_match(before: FirewallRule, after: FirewallRule) -> str:
    """What a changed rule means for the proof of its use."""
    if before.match_digest != after.match_digest:
        return "matches something else now: its history of use begins anew"
    if before.key != after.key:
        return "matches the same under another key: its history of use begins anew"
    return ""


def _came(fact: Fact) -> Change:
    return Change("added", to_record(fact)["fact"], _title(fact), _said(fact), key=_key(fact))


def _went(fact: Fact) -> Change:
    swapped = tuple((name, after, before) for name, before, after in _said(fact))
    return Change("removed", to_record(fact)["fact"], _title(fact), swapped, key=_key(fact))


def _key(fact: Fact) -> str:
    return fact.key if isinstance(fact, FirewallRule) else ""


def _said(fact: Fact) -> tuple[tuple[str, Any, Any], ...]:
    """What a fact says beside the unsaid, as fields that were not there before."""
    quiet = _ALWAYS_DIFFERENT.get(type(fact), frozenset())
    record = to_record(fact)
    return tuple(
        (one.name, None, record.get(one.name))
        for one in fields(fact)
        if one.name not in quiet and record.get(one.name) not in (None, [], "", False)
    )


def _title(fact: Fact) -> str:
    """What a person calls it: a rule by key and name, anything else by what identifies it."""
    if isinstance(fact, FirewallRule):
        return f"{fact.key} ({fact.name})" if fact.name else fact.key
    if isinstance(fact, AdministrativeEvent):
        return " ".join(filter(None, (fact.kind, fact.account, fact.detail)))
    if isinstance(fact, HardwareItem):
        parts: tuple[Hashable, ...] = (fact.part, fact.position, fact.model)
    else:
        parts = tuple(_identity(fact)) if type(fact) in _IDENTITY else ()
    named = [str(part) for part in parts if part not in (None, "")]
    return " ".join(dict.fromkeys(named))


def _moved(old: Mapping[Key, Fact], new: Mapping[Key, Fact]) -> list[Change]:
    """The fewest rules whose moves turn the old order into the new one, list by list."""
    lists: dict[Key, list[tuple[FirewallRule, int]]] = {}
    for key, rule in new.items():
        earlier = old.get(key)
        if isinstance(rule, FirewallRule) and isinstance(earlier, FirewallRule):
            place = (rule.subject_unit, rule.context, rule.family, rule.policy)
            lists.setdefault(place, []).append((rule, earlier.position))
    found = []
    for rules in lists.values():
        ordered = sorted(rules, key=lambda pair: pair[0].position)
        stay = _longest_run([was for _, was in ordered])
        found += [
            Change(
                "moved",
                "firewall_rule",
                _title(rule),
                (("position", was, rule.position),),
                key=rule.key,
            )
            for index, (rule, was) in enumerate(ordered)
            if index not in stay
        ]
    return found


def _longest_run(positions: Sequence[int]) -> set[int]:
    """Indexes of a longest subsequence that does not fall: what need not have moved."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for index, position in enumerate(positions):
        length = bisect_right(ends, position)
        before.append(last[length - 1] if length else None)
        ends[length : length + 1] = [position]
        last[length : length + 1] = [index]
    kept: set[int] = set()
    index_: int | None = last[-1] if last else None
    while index_ is not None:
        kept.add(index_)
        index_ = before[index_]
    return kept
