"""A whole configuration in set form, as somebody kept it: policies and filters without counters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    """Interfaces, policies and terms. Raises Unexpected where groups bring in rules that
    nobody expanded, and where there is no rule."""
    for one in found:
        for path in _RULES:
            if one.below("groups", "*", *path) is not None:
                raise Unexpected(
                    f"{device}: group {one.words[1]} brings in rules",
                    next_step="keep `show configuration | display inheritance | display set`",
                )
    told: list[Fact] = []
    if any(one.below("security", "policies") is not None for one in found):
        named = [one for one in found if one.words[0] == "applications" or _default(one)]
        told += _policies.policies(found, address_books(found), applications(named))
    filters = _filters.filters(found)
    told += _filters.facts(filters, _filters.prefix_lists(found), {}, None)
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in told):
        raise Unexpected(
            f"{device}: no policy and no term of a filter",
            code="result_empty_suspicious",
            next_step="deliver the whole configuration",
        )
    return [*interfaces(found), *told]


def _default(one: Statement) -> bool:
    return one.below("groups", "junos-defaults", "applications") is not None
