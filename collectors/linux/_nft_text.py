"""`nft list ruleset`, as it is printed: statements and blocks, then tables, chains and sets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from evidence.errors import Incomplete, Unexpected, shown

_TOKEN = re.compile(r'"[^"\n]*"|\n|[{};,]|[^\s{};,"]+')
# `nft -a` adds handles; newer versions warn in a comment of tables that iptables manages.
_REMARK = re.compile(r"(?m)^[ \t]*#.*$|[ \t]# handle \d+[ \t]*$")

Table = tuple[str, str]  # family, name


@dataclass(slots=True)
class Statement:
    """Words up to the end of a line, and the block in braces among them, if it holds statements.

    Braces around values (a set) are words like others, with everything between them.
    """

    words: list[str] = field(default_factory=list)
    block: list[Statement] | None = None


@dataclass(slots=True)
class Chain:
    """A chain with its rules in order; `hook` and `policy` where the kernel itself calls it."""

    table: Table
    name: str
    kind: str | None = None
    hook: str | None = None
    policy: str | None = None
    rules: list[Statement] = field(default_factory=list)


@dataclass(slots=True)
class Ruleset:
    """Chains in order; members of sets and maps, and counters, by table and name.

    `changing` are sets whose members come and go by traffic or time; `dormant` tables are
    loaded and not applied.
    """

    chains: list[Chain] = field(default_factory=list)
    sets: dict[tuple[Table, str], list[str]] = field(default_factory=dict)
    changing: set[tuple[Table, str]] = field(default_factory=set)
    counters: dict[tuple[Table, str], tuple[int, int]] = field(default_factory=dict)
    dormant: set[Table] = field(default_factory=set)


def read(text: str, who: str) -> Ruleset:
    """The ruleset. Raises Incomplete for a listing that breaks off, Unexpected for another text."""
    ruleset = Ruleset()
    for table in _Reader(text, who).block(0):
        if len(table.words) < 2 or table.words[0] != "table" or table.block is None:
            raise Unexpected(f"{who}: no nft ruleset; it holds {shown(' '.join(table.words))!r}")
        name = table.words[-1].strip('"')
        where = (table.words[1], name) if len(table.words) > 2 else ("ip", name)
        for one in table.block:
            _take(ruleset, where, one)
    return ruleset


class _Reader:
    def __init__(self, text: str, who: str) -> None:
        self._tokens: list[str] = _TOKEN.findall(_REMARK.sub("", text))
        self._at = 0
        self._who = who

    def block(self, depth: int) -> list[Statement]:
        """Statements up to the closing brace of this block (depth 0: to the end of the text)."""
        found: list[Statement] = []
        open_ = Statement()
        while (token := self._next(depth)) not in ("}", ""):
            if token in ("\n", ";"):
                open_ = self._close(open_, found)
            elif token != "{":
                open_.words.append(token)
            elif depth < 2 or open_.words[-1:] in (["jump"], ["goto"]):
                open_.block = self.block(depth + 1)
            else:
                open_.words += self._values()
        self._close(open_, found)
        return found

    def _next(self, depth: int) -> str:
        if self._at < len(self._tokens):
            self._at += 1
            return self._tokens[self._at - 1]
        if depth:
            raise Incomplete(f"{self._who}: the listing breaks off inside a block")
        return ""

    def _values(self) -> list[str]:
        words, depth = ["{"], 1
        while depth:
            token = self._next(1)
            depth += (token == "{") - (token == "}")
            if token != "\n":
                words.append(token)
        return words

    @staticmethod
    def _close(statement: Statement, found: list[Statement]) -> Statement:
        if statement.words:
            found.append(statement)
        return Statement()


def _take(ruleset: Ruleset, table: Table, one: Statement) -> None:
    """Add what one statement of a table declares."""
    kind, name = one.words[0], one.words[-1].strip('"')
    block = one.block or []
    if one.words[:2] == ["flags", "dormant"]:
        ruleset.dormant.add(table)
    elif kind == "chain":
        ruleset.chains.append(_chain(Chain(table, name), block))
    elif kind in ("set", "map"):
        members = [part.words[3:-1] for part in block if part.words[:2] == ["elements", "="]]
        ruleset.sets[table, name] = [word for part in members for word in part]
        if any(part.words[0] == "flags" and _CHANGING & {*part.words} for part in block):
            ruleset.changing.add((table, name))
    elif kind == "counter":
        for part in block:
            if part.words[0] == "packets" and len(part.words) == 4:
                ruleset.counters[table, name] = (int(part.words[1]), int(part.words[3]))


_CHANGING = {"dynamic", "timeout"}


def _chain(chain: Chain, block: list[Statement]) -> Chain:
    for one in block:
        words = one.words
        if words[0] == "type" and "hook" in words:
            chain.kind, chain.hook = words[1], words[words.index("hook") + 1]
        elif words[0] == "policy":
            chain.policy = words[1]
        elif words[0] == "comment" or (words[0] == "flags" and len(words) == 2):
            continue  # the chain's own comment; hardware offload
        else:
            chain.rules.append(one)
    if chain.hook is not None and chain.policy is None:
        chain.policy = "accept"  # the kernel's default, which a listing may leave out
    return chain
