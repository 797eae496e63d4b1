"""Rules under keys of their own: one that comes twice, and two that share an id, are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from evidence.errors import Incomplete, shown
from evidence.facts import FirewallRule


def apart(rules: Iterable[FirewallRule], who: str) -> Iterator[FirewallRule]:
    """The rules, each under its own key. Raises Incomplete where one comes twice.

    An id that two rules of other names or places have is no id of the second: a name is put to it.
    """
    seen: dict[tuple[str | None, str], set[tuple[str, str | None]]] = {}
    for rule in rules:
        known = seen.setdefault((rule.subject_unit, rule.key), set())
        place = (rule.policy, rule.name)
        if place in known:
            raise twice(who, rule.name or rule.key)
        yield replace(rule, key=f"{rule.key}@{rule.policy}/{rule.name}") if known else rule
        known.add(place)


def twice(who: str, name: str) -> Incomplete:
    return Incomplete(
        f"{who}: rule {shown(name)!r} comes twice",
        next_step="read again when nobody is changing rules; if it stays so, report it",
    )
