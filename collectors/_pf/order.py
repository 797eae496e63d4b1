"""The order in which pf's rules decide, as a list in which the first match decides.

pf lets the last match decide, but a rule that is `quick` ends the matter at once. So the quick
rules decide in their order, and behind them the others from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from evidence.facts import FirewallRule


def in_order(rules: Iterable[tuple[FirewallRule, bool]]) -> Iterator[FirewallRule]:
    """Rules with whether each is quick, as loaded; each direction (`policy`) is a list by itself.

    The positions are those of the deciding order.
    """
    by_way: dict[str, tuple[list[FirewallRule], list[FirewallRule]]] = {}
    for rule, quick in rules:
        by_way.setdefault(rule.policy, ([], []))[0 if quick else 1].append(rule)
    for first, last in by_way.values():
        for position, rule in enumerate((*first, *reversed(last)), 1):
            yield replace(rule, position=position)
