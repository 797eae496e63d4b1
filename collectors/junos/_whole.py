"""A whole configuration, as somebody kept it: policies and filters without counters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from collectors.junos import _filters, _policies
from collectors.junos._lines import Statement
from collectors.junos._objects import address_books, applications, interfaces
from evidence.errors import Unexpected
from evidence.facts import Fact, FirewallRule

_RULES = (("security", "policies"), ("firewall",))


def is_whole(found: Iterable[Statement]) -> bool:
    """Whether other parts stand in it than the policies, which are asked for alone."""
    return any(one.words[:2] != ("security", "policies") for one in found)


def facts(found: Sequence[Statement], device: str) -> list[Fact]:
    """Interfaces, policies and terms. Raises Unexpected where groups that are applied bring in
    rules that nobody expanded, and where there is no rule."""
    applied = {one.words[-1] for one in found if one.words[-2:-1] == ("apply-groups",)}
    for one in found:
        for path in _RULES:
            if one.below("groups", "*", *path) is not None and _is_applied(one.words[1], applied):
                raise Unexpected(
                    f"{device}: group {one.words[1]} brings in rules",
                    next_step="keep `show configuration | display inheritance | display set`",
                )
    told: list[Fact] = []
    told += _policies_of(found, found)
    for kind, name in _systems(found):
        inner = [one.within(kind, name) for one in found if one.below(kind, name)]
        told += [
            replace(rule, context=name, key=rule.key.replace(_policies.ROOT, name, 1))
            for rule in _policies_of(inner, [*found, *inner])
        ]
    filters = _filters.filters(found)
    told += _filters.facts(filters, _filters.prefix_lists(found), {}, None)
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in told):
        raise Unexpected(
            f"{device}: no policy and no term of a filter",
            code="result_empty_suspicious",
            next_step="deliver the whole configuration",
        )
    return [*interfaces(found), *told]


def _is_applied(group: str, applied: Collection[str]) -> bool:
    """Whether a group is; `${node}` is the one of the unit's own name in its cluster."""
    return group in applied or ("${node}" in applied and group.startswith("node"))


def _policies_of(found: Sequence[Statement], named: Sequence[Statement]) -> list[FirewallRule]:
    """The policies of the root or of one system; `named`: where what they name may stand."""
    if not any(one.below("security", "policies") is not None for one in found):
        return []
    known = [one for one in named if one.words[0] == "applications" or _default(one)]
    return _policies.policies(found, address_books(found), applications(known))


def _systems(found: Iterable[Statement]) -> Iterable[tuple[str, str]]:
    """The logical systems and tenants that have policies of their own."""
    return dict.fromkeys(
        (kind, one.words[1])
        for one in found
        for kind in ("logical-systems", "tenants")
        if one.below(kind, "*", "security", "policies") is not None
    )


def _default(one: Statement) -> bool:
    return one.below("groups", "junos-defaults", "applications") is not None
