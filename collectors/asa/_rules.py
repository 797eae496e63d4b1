"""Access lists as facts: each configured line with its use, and the denial behind the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from collectors.asa._access_list import Line
from collectors.asa._objects import Names
from evidence.facts import Fact, FirewallRule, RuleUsage

Binding = tuple[str, str]  # in, out, global or control-plane; interface
Bound = Mapping[str, Sequence[Binding]]  # by list


def facts(
    found: list[Line],
    context: str,
    bound: Bound | None,
    everywhere: tuple[str, ...],
    last_hits: Mapping[tuple[str, str], datetime],
    read_at: datetime,
    names: Names,
) -> Iterator[Fact]:
    """Each line as a rule under its key, and what its counter says.

    The key is context, list, and a digest of what the line says without number, logging and
    `inactive`: it stays when lines are inserted above. `bound` None: nobody told the bindings.
    """
    seen: Counter[str] = Counter()
    for line in found:
        where = bound.get(line.acl, []) if bound is not None else [("not read", "")]
        rule = _rule(line, context, where, everywhere, names)
        seen[rule.key] += 1
        if seen[rule.key] > 1:
            rule = replace(rule, key=f"{rule.key}#{seen[rule.key]}")
        hit_at = last_hits.get((line.acl, line.hash or ""))
        yield rule
        yield RuleUsage(
            key=rule.key,
            reset_domain=f"{context or '-'}/{line.acl}",
            count=line.count,
            # Equal hashes are not always equal rules: an unhit one was not hit at that time.
            last_hit_at=hit_at if line.count else None,
            persistent=False,
            counting="unknown" if line.count is None else "on",
            read_at=read_at,
        )


def _rule(
    line: Line,
    context: str,
    where: Sequence[Binding],
    everywhere: tuple[str, ...],
    names: Names,
) -> FirewallRule:
    entry = line.entry
    action = "".join(line.text.removeprefix(line.kind).split()[:1])
    said = f"{line.kind} {action} {entry.match}"
    members = sorted({one.match for one in line.expanded if "fqdn" not in one.match})
    sources, destinations = (
        names.addresses(line.members(name)) for name in ("sources", "destinations")
    )
    services = names.services(line.members("services"))
    if not line.expanded and (sources, destinations, services) != (
        *(entry.sources, entry.destinations),
        entry.services,
    ):
        members = sorted((*sources, *destinations, *services))
    entering, leaving = zones(where, everywhere)
    return FirewallRule(
        key=f"{context or '-'}/ip/{line.acl}/{sha256(said.encode()).hexdigest()[:16]}",
        context=context,
        family=entry.family,
        policy=line.acl,
        position=line.number,
        vendor_id=line.hash,
        comment=line.remark,
        enabled=not entry.inactive,
        action=action,
        permits=entry.permits if where else None,
        source_zones=entering,
        destination_zones=leaving,
        sources=sources,
        destinations=destinations,
        services=services,
        users=line.named("users"),
        logged=entry.logged,
        schedule=entry.schedule,
        installed_on=tuple(" ".join(filter(None, one)) for one in where),
        match_digest=sha256("\n".join([entry.match, *members]).encode()).hexdigest(),
        counted=True if line.count is not None else None,
        text=line.text,
        not_understood=line.named("not_understood"),
    )


def zones(
    where: Sequence[Binding], everywhere: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Interfaces by which traffic enters and leaves, for a list applied there."""
    entering = [name for way, name in where if name and way != "out"]
    if any(way == "global" for way, _ in where):
        entering += everywhere
    leaving = [name for way, name in where if way == "out"]
    return tuple(dict.fromkeys(entering)), tuple(leaving)


def unwritten(
    found: list[Line], context: str, bound: Bound, everywhere: tuple[str, ...]
) -> Iterator[FirewallRule]:
    """The denial behind the last line of each list that is applied to traffic passing through."""
    is_global = any(way == "global" for where in bound.values() for way, _ in where)
    for name in dict.fromkeys(line.acl for line in found):
        where = [one for one in bound.get(name, []) if one[0] != "control-plane"]
        if not where or (is_global and all(way != "global" for way, _ in where)):
            continue
        entering, leaving = zones(where, everywhere)
        yield FirewallRule(
            key=f"{context or '-'}/ip/{name}/implicit-deny",
            context=context,
            family="inet",
            policy=name,
            position=max(line.number for line in found if line.acl == name) + 1,
            action="deny",
            permits=False,
            source_zones=entering,
            destination_zones=leaving,
            installed_on=tuple(" ".join(filter(None, one)) for one in where),
            match_digest=sha256(b"any").hexdigest(),
            counted=False,
            implicit=True,
        )
