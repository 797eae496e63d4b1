"""What a zone does with traffic for which it names no list: the rules that nobody wrote.

`zone-policy zone X` up to 1.3, `firewall zone X` since: what comes from a zone without a list of
its own meets `default-action` (drop, unless it says otherwise), what stays within one passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors._managed.match import with_digest
from collectors.vyos._config import Statement
from collectors.vyos._match import PERMITS
from evidence.facts import FirewallRule

_WITHIN = "intra-zone-filtering"


def zone_of(one: Statement) -> str | None:
    """The zone that a statement is about."""
    match one:
        case ("firewall" | "zone-policy", "zone", zone, *_):
            return zone
    return None


def between_zones(told: Iterable[Statement]) -> Iterator[FirewallRule]:
    zones: dict[str, list[Statement]] = {}
    for one in told:
        if (zone := zone_of(one)) is not None:
            zones.setdefault(zone, []).append(one[3:])
    for zone, said in zones.items():
        within = [one for one in said if one[:1] == (_WITHIN,)]
        local = any(one[:1] == ("local-zone",) for one in said)
        if not local and not any("firewall" in one for one in within):
            action = next((one[-1] for one in within if one[1:2] == ("action",)), "accept")
            yield _rule(zone, "within", 1, action, (zone,), _WITHIN)
        if not any(one[:1] == ("default-firewall",) for one in said):
            action = next((one[-1] for one in said if one[:1] == ("default-action",)), "drop")
            logged = any(one[:1] in (("default-log",), ("enable-default-log",)) for one in said)
            yield _rule(zone, "default", 2, action, (), "default-action", logged=logged)


def _rule(
    zone: str,
    kind: str,
    position: int,
    action: str,
    sources: tuple[str, ...],
    name: str,
    *,
    logged: bool = False,
) -> FirewallRule:
    return with_digest(
        FirewallRule(
            key=f"inet/zone {zone}/{kind}",
            family="inet",
            policy=f"zone {zone}",
            position=position,
            name=name,
            action=action,
            permits=PERMITS.get(action),
            source_zones=sources,
            destination_zones=(zone,),
            logged=logged,
            implicit=True,
            not_understood=() if action in PERMITS else (f"action {action}",),
        )
    )
