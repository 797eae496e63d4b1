"""What iptables says: `iptables-save -c`, or a listing (`iptables -L -v -n -x`) given by hand.

A listing does not name its table; its built-in chains tell. It rounds counts (`318K`) unless
it was asked with `-x`, and shows none without `-v`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors.linux._draft import Draft
from collectors.linux._iptables_rule import (
    Count,
    Options,
    Place,
    options,
    policy_draft,
    rule_draft,
)
from evidence.errors import Incomplete, Unexpected, shown

_CHAIN = re.compile(r":(\S+) (\S+)(?: \[(\d+):(\d+)\])?")
_RULE = re.compile(r"(?:\[(\d+):(\d+)\] )?(?:-A|--append) (\S+) ?(.*)")
_LISTED_CHAIN = re.compile(
    r"Chain (\S+) \((?:policy (\S+)(?: (\S+) packets, (\S+) bytes)?|.*references.*)\)"
)
_COUNT = re.compile(r"(\d+)([KMGT]?)")
_TIMES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_PROTOCOL = re.compile(
    r"!?(?:all|tcp|udp|udplite|icmp|icmpv6|ipv6-icmp|esp|ah|sctp|dccp|gre|igmp|ospf|ipencap|ipv6"
    r"|vrrp|\d{1,3})"
)


@dataclass(frozen=True, slots=True)
class Dump:
    """One answer of iptables. `nf_tables`: the tables are nft's too, which must not count twice."""

    family: str
    nf_tables: bool
    tables: frozenset[str]
    drafts: tuple[Draft, ...]


def dump(text: str, family: str, who: str) -> Dump:
    """The rules of one answer; none for an empty one. Raises Incomplete or Unexpected."""
    listed = re.search(r"(?m)^Chain \S+ \(", text) is not None
    commands = not listed and re.match(r"(?:#.*\n|\s)*-P \S+ \S+", text) is not None
    # A listing does not say; of today's hosts it is nf_tables'.
    nf_tables = listed or commands or "(nf_tables)" in text or "by xtables-save" in text
    text = _as_saved(text) if commands else text
    read = _listing if listed else _saved
    drafts = tuple(read(text, family, nf_tables, who))
    tables = frozenset(draft.rule.context.removeprefix("legacy:") for draft in drafts)
    return Dump(family, nf_tables, tables, drafts)


def _as_saved(text: str) -> str:
    """What `iptables -S` prints as iptables-save does: policies and counters stand elsewhere, and
    the table is the one that has such chains."""
    lines, chains = list[str](), set[str]()
    for line in text.splitlines():
        count = _COUNTERS.search(line)
        plain = _COUNTERS.sub("", line)
        made = re.fullmatch(r"-(?:P (\S+) (\S+)|N (\S+))\s*", plain)
        if made:
            chains.add(made[1] or made[3])
            shown_ = f" [{count[1]}:{count[2]}]" if count and made[1] else ""
            lines.append(f":{made[1] or made[3]} {made[2] or '-'}{shown_}")
        else:
            lines.append(f"[{count[1]}:{count[2]}] {plain}" if count else plain)
    return "\n".join((f"*{_table(chains)}", *lines, "COMMIT", ""))


# Behind the match, so that a comment's words are none.
_COUNTERS = re.compile(r" -c (\d+) (\d+)(?= -[jg] |\s*$)")


def _saved(text: str, family: str, nf_tables: bool, who: str) -> Iterator[Draft]:
    if re.search(r"(?m)^# (?!Warning)", text) and not re.search(r"(?m)^COMMIT$", text):
        raise Incomplete(f"{who}: the dump breaks off before its first COMMIT")
    counted = re.search(r"(?m)^\[\d+:\d+\] -A ", text) is not None
    table: str | None = None
    policies: dict[str, tuple[str, Count]] = {}
    positions: dict[str, int] = {}
    chains: set[str] = set()
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith("*") and table is None:
            table, policies, positions, chains = line[1:], {}, {}, set()
        elif table is None:
            raise Unexpected(f"{who}: no iptables-save output; it holds {shown(line)!r}")
        elif line == "COMMIT":
            for chain, (action, count) in policies.items():
                place = Place(family, table, chain, not nf_tables)
                yield policy_draft(place, action, positions.get(chain, 0) + 1, count)
            table = None
        elif chain_line := _CHAIN.fullmatch(line):
            chain, action, packets, size_bytes = chain_line.groups()
            chains.add(chain)
            if action != "-":
                # Without -c nf_tables' save shows 0 for every policy.
                shows = packets is not None and (counted or packets != "0")
                count = Count(int(packets), int(size_bytes)) if shows else Count()
                policies[chain] = (action, count)
        elif rule := _RULE.fullmatch(line):
            packets, size_bytes, chain, words = rule.groups()
            positions[chain] = positions.get(chain, 0) + 1
            count = Count(int(packets), int(size_bytes)) if packets else Count()
            place = Place(family, table, chain, not nf_tables)
            found = options(words, who)
            found.jumps = found.target in chains
            yield rule_draft(place, found, f"-A {chain} {words}", positions[chain], count)
        elif line.split()[0] not in ("-N", "--new-chain"):
            raise Unexpected(f"{who}: not a line of iptables-save: {shown(line)!r}")
    if table is not None:
        raise Incomplete(f"{who}: table {table} breaks off before its COMMIT")


@dataclass(slots=True)
class _Listed:
    """A chain of a listing: its heading's groups and its rows."""

    name: str
    policy: str | None
    count: Count
    columns: tuple[str, ...] = ()
    rows: list[str] = field(default_factory=list)


def _listing(text: str, family: str, nf_tables: bool, who: str) -> Iterator[Draft]:
    for chains in _tables(_chains(text, who)):
        names = {chain.name for chain in chains}
        table = _table(names)
        for chain in chains:
            place = Place(family, table, chain.name, not nf_tables)
            for position, row in enumerate(chain.rows, 1):
                found, count = _row(row, chain.columns, who)
                found.jumps = found.target in names
                said = " ".join([found.target, *found.match_words]).strip()
                yield rule_draft(place, found, said, position, count)
            if chain.policy:
                yield policy_draft(place, chain.policy, len(chain.rows) + 1, chain.count)


def _chains(text: str, who: str) -> Iterator[_Listed]:
    chain: _Listed | None = None
    for line in text.splitlines():
        if heading := _LISTED_CHAIN.match(line):
            if chain:
                yield chain
            chain = _Listed(heading[1], heading[2], _count(heading[3], heading[4]))
        elif not line.strip() or line.startswith("#"):
            continue
        elif chain is None:
            raise Unexpected(f"{who}: no iptables listing; it holds {shown(line)!r}")
        elif not chain.columns:
            chain.columns = tuple(line.split())
            if "source" not in chain.columns:
                raise Unexpected(f"{who}: not a listing's heading: {shown(line)!r}")
        else:
            chain.rows.append(line)
    if chain:
        if not chain.columns:
            raise Incomplete(f"{who}: the listing breaks off at chain {chain.name}")
        yield chain


def _tables(chains: Iterator[_Listed]) -> Iterator[list[_Listed]]:
    """The listing cut where a built-in chain comes again: the next table starts."""
    group: list[_Listed] = []
    for chain in chains:
        if chain.policy and any(one.name == chain.name for one in group):
            yield group
            group = []
        group.append(chain)
    yield group


def _table(names: set[str]) -> str:
    if "FORWARD" in names:
        return "mangle" if "PREROUTING" in names else "filter"
    if "POSTROUTING" in names:
        return "nat"
    return "raw" if "PREROUTING" in names else "filter"


def _row(row: str, columns: tuple[str, ...], who: str) -> tuple[Options, Count]:
    """One row. The target may be blank, and for IPv6 older versions leave `opt` blank."""
    words = row.split()
    if "num" in columns:
        words = words[1:]
    count = Count()
    if "pkts" in columns:
        count, words = _count(*words[:2]) if len(words) > 1 else count, words[2:]
    target = ""
    if words and not (_PROTOCOL.fullmatch(words[0]) and not _is_protocol(words, 1)):
        target, words = words[0], words[1:]
    protocol, words = (words[0], words[1:]) if words else ("", [])
    fragments = ""
    if words[:1] and words[0] in ("--", "-f", "!f"):
        fragments, words = words[0].strip("-"), words[1:]
    wanted = 4 if "in" in columns else 2
    if len(words) < wanted or not protocol:
        raise Incomplete(f"{who}: a row breaks off: {shown(row)!r}")
    found = Options(target=target)
    entering, leaving = words[:2] if "in" in columns else ("*", "*")
    source, destination = words[wanted - 2 : wanted]
    given = (
        ("protocol", protocol), ("entering", entering), ("leaving", leaving),
        ("source", source), ("destination", destination),
    )  # fmt: skip
    for name, value in given:
        if value not in ("*", "any", "all", "0"):
            found.values[name] = [value.removeprefix("!")]
            found.negated |= {name} if value.startswith("!") else set()
    found.other += [fragments.replace("f", "-f")] if fragments else []
    _beyond(found, " ".join(words[wanted:]))
    found.match_words = [*(value for _, value in given), *words[wanted:]]
    return found, count


def _is_protocol(words: list[str], at: int) -> bool:
    return words[at : at + 1] != [] and _PROTOCOL.fullmatch(words[at]) is not None


_OF = r"(?:\b(?:tcp|udp|udplite|sctp|dccp) )?"
_BEYOND = (
    ("port", re.compile(rf"{_OF}\b(?:dpts?|dports|multiport dports):?\s?(!?\S+)")),
    ("from_port", re.compile(rf"{_OF}\b(?:spts?|sports|multiport sports):?\s?(!?\S+)")),
    ("control", re.compile(r"\b(?:icmp ?type|ipv6-icmptype|icmptype)\s(\S+)")),
)
_COMMENT = re.compile(r"/\* (.*?) \*/")
# What a row says of its target, and not of what it matches.
_OF_TARGET = re.compile(
    r"\bLOG (?:flags \S+ )?level \S+(?: prefix (?:\"[^\"]*\"|`[^']*'))?|\breject-with \S+|\[goto\]"
    r"|\b(?:to:\S+|redir ports \S+|masq ports:? \S+|nflog-(?:prefix|group|size|threshold) +\S+)"
)


def _beyond(found: Options, text: str) -> None:
    """What a row says behind its columns: ports, ICMP types, a comment. What else stands there
    narrows the match, and is carried as written."""
    if comment := _COMMENT.search(text):
        found.comment = comment[1]
    rest = _OF_TARGET.sub(" ", _COMMENT.sub(" ", text))
    for name, pattern in _BEYOND:
        if said := pattern.search(rest):
            found.values[name] = said[1].removeprefix("!").split(",")
            found.negated |= {name} if said[1].startswith("!") else set()
            rest = rest[: said.start()] + " " + rest[said.end() :]
    words = rest.split()
    if words not in ([], ["multiport"], found.values.get("protocol")):
        found.other += words


def _count(packets: str | None, size_bytes: str | None) -> Count:
    shown_packets, shown_bytes = (_COUNT.fullmatch(one or "") for one in (packets, size_bytes))
    if shown_packets is None or shown_bytes is None:
        return Count()
    return Count(
        int(shown_packets[1]) * _TIMES[shown_packets[2]],
        int(shown_bytes[1]) * _TIMES[shown_bytes[2]],
        exact=not shown_packets[2],
    )
