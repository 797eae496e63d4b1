"""What was counted: `show security policies hit-count`, `show firewall`.

Hits of a policy are sessions, in a cluster the sum over all its forwarding cards. A boot zeroes
them, and `clear security policies hit-count`, for a zone pair or for all: so the counters of a
pair are always zeroed together. The rows come in no order, and the index is a line number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from collectors.junos._lines import answered, who
from collectors.junos._policies import ALL, GLOBAL, ROOT, built_in, key_of
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, FirewallRule, RuleUsage

_HEAD = re.compile(r"(?i)^[ \t]*index\s+from zone\s+to zone\s+name\s+policy count(\s+action)?\s*$")
_SYSTEM = re.compile(r"(?i)^[ \t]*logical system:\s*(?P<name>\S+)")
_TOTAL = re.compile(r"(?i)^[ \t]*number of policy:\s*(?P<number>\d+)")
_ROW = re.compile(
    r"^[ \t]*\d+\s+(?P<source>\S+)\s+(?P<destination>\S+)\s+(?P<name>\S+)\s+(?P<count>\d+)"
    r"(?:\s+(?P<action>[A-Za-z]+))?\s*$"
)
_FILTER = re.compile(r"^[ \t]*Filter:\s+(?P<name>\S+)\s*$")
_COUNTER = re.compile(r"^[ \t]*(?P<name>\S+)\s+(?P<bytes>\d+)\s+(?P<packets>\d+)\s*$")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the hit counts. `action`: where the release prints it."""

    context: str
    source: str
    destination: str
    name: str
    count: int
    action: str | None

    @property
    def key(self) -> str:
        return key_of(self.source, self.destination, self.name, self.context)


def rows(capture: Capture) -> list[Row]:
    """Every line. Raises Unexpected for another answer, Incomplete where one breaks off."""
    context, found, head = ROOT, list[Row](), False
    since_total = 0
    for line in answered(capture).splitlines():
        if (system := _SYSTEM.match(line)) is not None:
            context = system["name"]
        elif _HEAD.match(line):
            head = True
        elif (row := _ROW.match(line)) is not None and head:
            action = row["action"]
            found.append(
                Row(
                    context,
                    *(row["source"], row["destination"], row["name"], int(row["count"])),
                    action and action.lower(),
                )
            )
            since_total += 1
        elif (total := _TOTAL.match(line)) is not None:
            if int(total["number"]) != since_total:
                raise Incomplete(
                    f"{who(capture)}: {since_total} policies given, {total['number']} counted"
                )
            since_total = 0
        elif head and re.match(r"^[ \t]*\d+\s+\S", line):
            raise Incomplete(f"{who(capture)}: a line breaks off: {shown(line)}")
    if not head:
        raise Unexpected(f"{who(capture)}: no table of hit counts")
    return found


def with_hits(rules: list[FirewallRule] | None, capture: Capture) -> Iterator[Fact]:
    """The rules, built-in ones that only the counters name too, then their hits.

    None: no list of rules was answered. Raises Incomplete where a policy is counted that no
    list holds, be it an empty one.
    """
    listed, rules = rules is not None, rules or []
    counted = {row.key: row for row in rows(capture)}
    known = {rule.key for rule in rules}
    missing = [row for key, row in counted.items() if key not in known and row.source != ALL]
    uncounted = [
        rule for rule in rules if rule.enabled and not rule.implicit and rule.key not in counted
    ]
    if listed and not missing and uncounted:
        raise Incomplete(
            f"{who(capture)}: {len(uncounted)} policies have no count, the first "
            f"{shown(uncounted[0].key)}",
            next_step="read again if policies were just being changed",
        )
    if listed and missing:
        raise Incomplete(
            f"{who(capture)}: {len(missing)} counted policies are in no list, the first "
            f"{shown(missing[0].name)!r} from {shown(missing[0].source)}",
            next_step="read again if policies were just being changed; logical systems and "
            "tenants are not read",
        )
    if rules:
        rules = [
            *rules,
            *(
                built_in(row.name, row.action or "", len(rules) + 1)
                for key, row in counted.items()
                if key not in known
            ),
        ]
    for rule in rules:
        yield replace(rule, counted=rule.key in counted)
    for row in counted.values():
        yield RuleUsage(
            key=row.key,
            reset_domain=_domain(row),
            count=row.count,
            count_unit="sessions",
            persistent=False,
            read_at=capture.answered_at,
        )


def _domain(row: Row) -> str:
    pair = "global" if row.source == GLOBAL else f"{row.source}/{row.destination}"
    return f"{row.context}/{pair}"


def filter_counters(capture: Capture) -> dict[tuple[str, str], tuple[int, int]]:
    """Packets and bytes by filter and counter. Policers stand in the same form and are left out."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    name, counters = "", False
    for line in answered(capture).splitlines():
        if (head := _FILTER.match(line)) is not None:
            name, counters = head["name"], False
        elif line.strip() in ("Counters:", "Policers:"):
            counters = line.strip() == "Counters:"
        elif counters and name and (row := _COUNTER.match(line)) is not None:
            found[name, row["name"]] = (int(row["packets"]), int(row["bytes"]))
    return found


def refuse_counted(capture: Capture) -> None:
    """Raise Incomplete where a filter is counted though the list of them is empty.

    `__…` is the system's own.
    """
    for name, _ in filter_counters(capture):
        if not name.startswith("__"):
            raise Incomplete(
                f"{who(capture)}: filter {shown(name)!r} is counted and in no list",
                next_step="read again if filters were just being changed",
            )


def filter_usage(
    rule: FirewallRule,
    counter: str,
    specific: bool,
    counters: Mapping[tuple[str, str], tuple[int, int]],
    read_at: datetime,
) -> RuleUsage | None:
    """The packets of a term; None where the answer does not hold its counter.

    A filter that counts for each interface by itself has one counter an interface: their sum.
    """
    parts = list(_parts(rule.policy, counter, specific, counters))
    if not parts:
        return None
    return RuleUsage(
        key=rule.key,
        reset_domain=f"filter/{rule.family}/{rule.policy}",
        count=sum(packets for packets, _ in parts),
        count_unit="packets",
        size_bytes=sum(size for _, size in parts),
        persistent=False,
        read_at=read_at,
    )


def _parts(
    name: str,
    counter: str,
    specific: bool,
    counters: Mapping[tuple[str, str], tuple[int, int]],
) -> Iterable[tuple[int, int]]:
    for (of, called), told in counters.items():
        mine = of.startswith(f"{name}-") and called.startswith(f"{counter}-")
        if (of, called) == (name, counter) or (specific and mine):
            yield told
