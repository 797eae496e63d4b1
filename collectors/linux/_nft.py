"""nft's rules: verdict, counter and match of each, the policy of each hooked chain as a rule.

Counted is what has a `counter` statement; nft keeps no count for a chain's policy. A chain of
its own in braces (`jump { … }`) has no name: it is called after the rule that jumps there.
Permitting is said of chains that filter; elsewhere `accept` only ends the chain.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from collectors.linux._draft import Draft, digest
from collectors.linux._nft_match import closing, elements, selection
from collectors.linux._nft_text import Chain, Ruleset, Statement, Table
from evidence.errors import Incomplete
from evidence.facts import FirewallRule

_NAT = ("masquerade", "snat", "dnat", "redirect", "tproxy")
_VERDICTS = (*_NAT, "accept", "drop", "reject", "jump", "goto", "return", "continue", "queue")
_LOG_WORDS = ("prefix", "level", "group", "snaplen", "queue-threshold", "flags")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]+")
_LOG_FLAGS = ("tcp", "ip", "sequence", "options", "sequence,options", "skuid", "ether", "all", ",")


@dataclass(slots=True)
class _Parts:
    """A rule's words by what they are for; `count` None: the statement shows no numbers."""

    match: list[str] = field(default_factory=list)
    action: list[str] = field(default_factory=list)
    counted: bool = False
    counter: str | None = None
    count: int | None = None
    size_bytes: int | None = None
    logged: bool = False
    comment: str | None = None


_OF_IPTABLES = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")


def own_tables(ruleset: Ruleset) -> set[Table]:
    """Tables that iptables did not make: they hook chains under names it does not use."""
    return {
        chain.table for chain in ruleset.chains if chain.hook and chain.name not in _OF_IPTABLES
    }


def drafts(ruleset: Ruleset, elsewhere: Collection[Table], who: str) -> Iterator[Draft]:
    """The rules, but for tables that are read `elsewhere` (iptables-nft's own).

    Raises Incomplete for a rule of iptables-nft that nft cannot read: half of it would be
    taken for the whole.
    """
    filters = {chain.table for chain in ruleset.chains if chain.kind in (None, "filter")}
    for chain in ruleset.chains:
        if chain.table in elsewhere:
            continue
        decides = chain.kind == "filter" or (chain.kind is None and chain.table in filters)
        yield from _chain(ruleset, chain, decides, who)
        if chain.policy is not None:
            yield _policy(ruleset, chain, decides)


def _chain(ruleset: Ruleset, chain: Chain, decides: bool, who: str) -> Iterator[Draft]:
    for position, statement in enumerate(chain.rules, 1):
        if "xt" in statement.words:
            raise Incomplete(
                f"{who}: table {' '.join(chain.table)} is iptables-nft's and nft shows its rules "
                "only in part",
                next_step="have `iptables-save -c` and `ip6tables-save -c` answered as well",
            )
        parts = _parts(statement.words)
        draft = _draft(ruleset, chain, parts, statement, position, decides)
        yield draft
        if statement.block is not None:
            name = f"{chain.name}~{digest(draft.identity, 8)}"
            inner = Chain(chain.table, name, rules=statement.block)
            yield from _chain(ruleset, inner, decides, who)


def _policy(ruleset: Ruleset, chain: Chain, decides: bool) -> Draft:
    action = chain.policy or "accept"
    return Draft(
        rule=FirewallRule(
            key="",
            context=chain.table[1],
            family=chain.table[0],
            policy=chain.name,
            position=len(chain.rules) + 1,
            enabled=chain.table not in ruleset.dormant,
            action=action,
            permits=_permits(action, decides),
            counted=False,
            implicit=True,
            text=f"policy {action}",
        ),
        identity="policy",
        match=f"policy {chain.hook}",
        group="",
    )


def _draft(
    ruleset: Ruleset,
    chain: Chain,
    parts: _Parts,
    statement: Statement,
    position: int,
    decides: bool,
) -> Draft:
    def members(name: str) -> list[str] | None:
        words = ruleset.sets.get((chain.table, name))
        # What traffic puts into a set is more than it holds now.
        more = [f"@{name}"] if (chain.table, name) in ruleset.changing else []
        return None if words is None else [*more, *elements(words)]

    family, table = chain.table
    found = selection(parts.match, members)
    action, permits = _decision(parts, ruleset, chain.table, decides)
    by_map = _of_map(parts, ruleset, chain.table)
    count, size_bytes = parts.count, parts.size_bytes
    group = f"{table}/{family}/{chain.name}"
    if parts.counter is not None:
        count, size_bytes = ruleset.counters.get((chain.table, parts.counter), (None, None))
        group = f"{table}/{family} named counters"
    match = [_plain(word) for word in _still(parts.match)]
    return Draft(
        rule=FirewallRule(
            key="",
            context=table,
            family=family,
            policy=chain.name,
            position=position,
            comment=parts.comment,
            enabled=chain.table not in ruleset.dormant,
            action=action,
            permits=permits,
            source_zones=tuple(found.entering),
            destination_zones=tuple(found.leaving),
            sources=tuple(found.sources) or ("any",),
            sources_negated=found.not_sources,
            destinations=tuple(found.destinations) or ("any",),
            destinations_negated=found.not_destinations,
            services=found.services,
            nat=" ".join(parts.action) if action in _NAT else None,
            logged=parts.logged,
            counted=parts.counted,
            text=_text(statement),
            conditions=(
                *(" ".join(_still(one.split())) for one in found.conditions),
                *([f"by value: {', '.join(sorted(by_map))}"] if len(by_map) > 1 else []),
            ),
            not_understood=tuple(
                (*(["no action"] if found.strange and not parts.action else []), *found.strange)
            ),
        ),
        identity=" ".join([*match, "=>", *parts.action]),
        match=" ".join([*match, *_resolved(ruleset, chain.table, match)]),
        group=group,
        count=count,
        size_bytes=size_bytes,
        exact=count is not None,
    )


def _parts(words: Sequence[str]) -> _Parts:
    """Sort a rule's words. Only words outside braces are statements."""
    parts, rest = _Parts(), list[str]()
    at = 0
    while at < len(words):
        word = words[at]
        if word == "{":
            end = closing(words, at) + 1
            rest += words[at:end]
            at = end
        elif word == "comment" and words[at + 1 : at + 2]:
            parts.comment = words[at + 1].strip('"')
            at += 2
        elif word == "counter":
            at = _count(parts, words, at + 1)
        elif word == "log":
            parts.logged = True
            at = _past_log(words, at + 1)
        else:
            rest.append(word)
            at += 1
    at = _verdict_at(rest)
    # How a refusal is worded (`with tcp reset`) is left out of its JSON's form by some versions.
    end = at + 1 if rest[at : at + 1] == ["reject"] else len(rest)
    parts.match, parts.action = rest[:at], [_plain(word) for word in rest[at:end]]
    return parts


def _plain(word: str) -> str:
    """Text and JSON write names and numbers differently: quoted or not, as 0x10 or 16."""
    word = word.strip('"')
    return str(int(word, 16)) if _HEXADECIMAL.fullmatch(word) else word


def _count(parts: _Parts, words: Sequence[str], at: int) -> int:
    parts.counted = True
    if words[at : at + 1] == ["name"]:
        parts.counter = words[at + 1].strip('"')
        return at + 2
    if words[at : at + 1] == ["packets"]:
        parts.count, parts.size_bytes = int(words[at + 1]), int(words[at + 3])
        return at + 4
    return at


def _past_log(words: Sequence[str], at: int) -> int:
    while words[at : at + 1] and words[at] in _LOG_WORDS:
        flags = words[at] == "flags"
        at += 2
        while flags and words[at : at + 1] and words[at] in _LOG_FLAGS:
            at += 1
    return at


def _verdict_at(words: Sequence[str]) -> int:
    depth = 0
    for at, word in enumerate(words):
        depth += (word == "{") - (word == "}")
        if not depth and word in _VERDICTS:
            return at
    return len(words)


def _decision(
    parts: _Parts, ruleset: Ruleset, table: Table, decides: bool
) -> tuple[str, bool | None]:
    """The action's word, and whether it lets pass. A map of verdicts that accepts any, does."""
    if parts.action:
        return parts.action[0], _permits(parts.action[0], decides)
    if "vmap" not in parts.match:
        return "log" if parts.logged else "continue", None
    verdicts = {_permits(word, decides) for word in _of_map(parts, ruleset, table)}
    return "vmap", True if True in verdicts else None if None in verdicts else False


def _of_map(parts: _Parts, ruleset: Ruleset, table: Table) -> set[str]:
    """The verdicts of the map that a rule decides by; none where it decides by none."""
    if "vmap" not in parts.match:
        return set()
    words = parts.match[parts.match.index("vmap") + 1 :]
    if words[:1] and words[0].startswith("@"):
        words = ruleset.sets.get((table, words[0][1:]), [])
    return {word for word in words if word in _VERDICTS}


def _permits(action: str, decides: bool) -> bool | None:
    if action in ("drop", "reject"):
        return False
    return True if action == "accept" and decides else None


def _still(words: Sequence[str]) -> Sequence[str]:
    """The words without numbers that traffic moves: counts, ages, and what a quota has used."""
    if _MOVING.keys().isdisjoint(words):
        return words
    still, at = list[str](), 0
    while at < len(words):
        step = _MOVING.get(words[at], 0)
        if not step or (words[at] == "counter" and words[at + 1 : at + 2] != ["packets"]):
            still.append(words[at])
            step = 1
        at += step
    return still


_MOVING = {"counter": 5, "expires": 2, "used": 3}


def _resolved(ruleset: Ruleset, table: Table, words: Sequence[str]) -> Iterator[str]:
    """Members of the named sets a match cites, but for those that traffic itself changes."""
    for word in words:
        name = (table, word[1:])
        if word.startswith("@") and name in ruleset.sets and name not in ruleset.changing:
            yield from sorted(elements(ruleset.sets[name]))


def _text(statement: Statement) -> str:
    words = [*_still(statement.words), *([] if statement.block is None else ["{ … }"])]
    return " ".join(words).replace(" ,", ",")
