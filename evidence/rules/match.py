"""`Match`: what a rule takes, dimension by dimension, its names kept; nothing widened or narrowed.

Addresses and services are numbers as far as the device told them. Everything else is a set of
words, where None stands for all: zones and applications, whose words are known to mean different
things, and users, schedules and further conditions, of which nobody knows how they overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evidence.facts import FirewallRule
from evidence.rules.addresses import Numbers, addresses
from evidence.rules.services import services

Words = frozenset[str] | None
_ANY = frozenset(("any", "all", "*", "always", ""))
_OPEN = ("!", "*", "+", "not ")  # of a word that stands for several, or for all others


@dataclass(frozen=True, slots=True)
class Match:
    """One family's part of a rule. `words` by dimension, in the order of `WORDS`."""

    sources: Numbers
    destinations: Numbers
    services: Numbers
    words: tuple[Words, ...]


WORDS = (
    *("enters", "leaves", "connection", "application", "installed on"),
    *("user", "schedule", "condition"),
)
# Two different words of these never take the same traffic; of the others nobody can say.
APART = frozenset(WORDS[:5])


def match_of(rule: FirewallRule, family: int) -> Match | None:
    """What a rule takes of IPv4 or IPv6 traffic; None: nothing."""
    if rule.family not in ("inet", _FAMILY[family]) and rule.family in _FAMILY.values():
        return None
    sources = addresses(rule.sources, rule.sources_negated, family)
    destinations = addresses(rule.destinations, rule.destinations_negated, family)
    carried = services(rule.services)
    states, conditions = _connection(rule.conditions)
    if any(not (one.spans or one.names) for one in (sources, destinations, carried)):
        return None
    return Match(
        sources,
        destinations,
        carried,
        (
            _words(rule.source_zones),
            _words(rule.destination_zones),
            states,
            _words(rule.applications),
            _words(rule.installed_on),
            _words(rule.users),
            _words((rule.schedule or "",)),
            # All of them must hold at once: together they are one word.
            _words(("; ".join(sorted(conditions)),)),
        ),
    )


_FAMILY = {4: "ip", 6: "ip6"}


def unresolved(rule: FirewallRule, match: Match | None) -> tuple[str, ...]:
    """What of a rule nobody can resolve to numbers, in its own words. `match`: one family's."""
    if match is None:
        return rule.not_understood
    names = [
        name
        for numbers in (match.sources, match.destinations, match.services)
        for name, _ in numbers.names
    ]
    words = [
        word
        for dimension, found in zip(WORDS, match.words, strict=True)
        if found is not None
        for word in sorted(found)
        if dimension not in APART or open_word(word)
    ]
    return tuple(dict.fromkeys((*rule.not_understood, *names, *words)))


def open_word(word: str) -> bool:
    """Whether a word stands for several, or for all others: `!eth0`, `eth+`, `not FGT1`."""
    return word.startswith(_OPEN) or word.endswith(("*", "+"))


_STATE = re.compile(
    r"(?:-m (?:conntrack|state) )?(?<!! )--(?:ct)?state (?P<iptables>[A-Z,]+)"
    r"|(?<![^ ])(?<!! )(?:ct)?state (?P<listed>[A-Z]+(?:,[A-Z]+)*)(?![^ ])"
    r"|\bct state (?:\{ )?(?P<nft>(?:new|established|related|invalid|untracked)(?:, ?[a-z]+)*)"
    r"(?: \})?"
)


def _connection(conditions: Iterable[str]) -> tuple[Words, list[str]]:
    """The states of a connection that conditions name, and what else they say."""
    states: Words = None
    others = []
    for condition in conditions:
        found = _STATE.search(condition)
        rest = condition if found is None else _STATE.sub("", condition, count=1).strip()
        if found is not None:
            told = found["iptables"] or found["listed"] or found["nft"]
            named = frozenset(told.casefold().replace(" ", "").split(","))
            states = named if states is None else states & named
        if rest:
            others.append(rest)
    return states, others


def _words(said: Iterable[str] | Sequence[str]) -> Words:
    found = frozenset(said)
    return None if not found or any(word.casefold() in _ANY for word in found) else found
