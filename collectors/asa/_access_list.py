"""`show access-list`: configured lines with their hits, and the entries each was expanded to.

A line with object groups is printed once as configured and then once for each combination of
members, under the same line number: it is one rule, and its own count is the rule's. Where its
own says nothing or 0 while its entries were hit, theirs count. An entry of a name that is not
resolved has no count. The hash is no key: equal entries have equal ones. A whole line that this
reader does not know is a rule that is not understood; one without its end fails the list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collectors.asa._ace import Ace, ace
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import RuleUsage

_LINE = re.compile(
    r"(?:(?P<six>ipv6) )?access-list (?P<acl>\S+)(?: line (?P<number>\d+))?"
    r"(?: (?P<kind>extended|standard|webtype|ethertype|advanced))?"
    r" (?P<rest>\S.*)"
)
_HEADING = re.compile(
    r"access-list (?:(?P<acl>\S+); \d+ elements?(?:;.*)?|cached ACL log flows:.*"
    r"|(?:alert-interval|deny-flow-max) \d+)"
    r"|\s*alert-interval \d+|\s*name hash: 0x[0-9a-f]+.*"
)
_WHOLE = re.compile(r"(?m)\) 0x[0-9a-f]{8} *$")
_HITS = re.compile(r"\(hitcnt=(\d+)\)")
_HASH = re.compile(r"0x[0-9a-f]{1,8}")
_BRIEF = re.compile(r"([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8})")


@dataclass(slots=True)
class Line:
    """A configured line: its entry, its own count, and what it was expanded to."""

    acl: str
    number: int
    kind: str
    entry: Ace
    hash: str | None
    hits: int | None
    remark: str | None
    text: str
    expanded: list[Ace] = field(default_factory=list)
    expanded_hits: list[int] = field(default_factory=list)

    @property
    def count(self) -> int | None:
        """Connections that matched; None: neither the line nor an entry of it shows a count."""
        if not self.hits and self.expanded_hits:
            return max(self.hits or 0, sum(self.expanded_hits))
        return self.hits

    def named(self, name: str) -> tuple[str, ...]:
        """A field as the line says it, and as that which it was expanded to does."""
        own: tuple[str, ...] = getattr(self.entry, name)
        if not self.expanded and len(own) < 2:
            return own
        return tuple(dict.fromkeys([*own, *self.members(name)]))

    def members(self, name: str) -> tuple[str, ...]:
        """What the names in a field stand for: the values of what the line was expanded to."""
        found = dict.fromkeys(one for entry in self.expanded for one in getattr(entry, name))
        return tuple(found) or getattr(self.entry, name)


def lines(text: str, who: str, *, whole: bool = False) -> list[Line]:
    """The configured lines in order; `whole`: of a configuration, which holds other lines too.

    Raises Incomplete for a line that breaks off, Unexpected for another text.
    """
    if whole and text.lstrip().startswith(": Saved") and not re.search(r"(?m)^: end\s*$", text):
        raise Incomplete(f"{who}: the configuration breaks off before its ': end'")
    found: list[Line] = []
    remarks: list[str] = []
    unnumbered: Counter[str] = Counter()
    for raw in text.splitlines():
        line = raw.strip()
        if not line.startswith(("access-list ", "ipv6 access-list ")):
            if not (whole or not line or _HEADING.fullmatch(raw) or _beside(line)):
                raise Unexpected(f"{who}: not a line of an access list: {shown(line)!r}")
            continue
        if _HEADING.fullmatch(line):
            remarks = []
            continue
        said = _LINE.fullmatch(line)
        if said is None:
            raise Incomplete(f"{who}: a line breaks off: {shown(line)!r}")
        acl = said["acl"]
        unnumbered[acl] += said["number"] is None  # a configuration does not number its lines
        number = int(said["number"] or unnumbered[acl])
        if said["rest"].startswith("remark"):
            remarks.append(said["rest"].removeprefix("remark").strip())
        elif said["number"] and found and (found[-1].acl, found[-1].number) == (acl, number):
            _expand(found[-1], said)
        else:
            found.append(_line(said, number, " ".join(remarks) or None))
            remarks = []
    _check_ended(found, text, who)
    last = text.rstrip().rpartition("\n")[2].strip()
    numbered = re.findall(r"(?m)^access-list (\S+); (?!0 )\d+ elements?\b", text)
    if empty := [name for name in numbered if name not in unnumbered]:
        raise Incomplete(f"{who}: list {shown(empty[0])} has elements, and none is listed")
    broken = last.startswith("access-list ") and not _ended(last)
    # A listing so old that it shows no hashes ends its entries with their counts.
    if broken and (_WHOLE.search(text) or (numbered and not last.endswith(")"))):
        raise Incomplete(f"{who}: the last line breaks off: {shown(last)!r}")
    return found


def _check_ended(found: list[Line], text: str, who: str) -> None:
    """Raise Incomplete where a line that is not understood may be half of one.

    The hash ends a line of a listing that shows any; otherwise the next line does.
    """
    hashes = _WHOLE.search(text) is not None
    for line in found:
        half = (hashes and line.hash is None) or (line is found[-1] and not text.endswith("\n"))
        if half and line.named("not_understood"):
            raise Incomplete(
                f"{who}: a line cannot be read, or breaks off: {shown(line.text)!r}",
                next_step="deliver the whole answer; if it is whole, report this line",
            )


def _line(said: re.Match[str], number: int, remark: str | None) -> Line:
    words = said["rest"].split()
    kind = said["six"] or said["kind"] or "extended"
    hits, hash_ = _HITS.search(said["rest"]), _HASH.fullmatch(words[-1])
    written = _written(words)
    return Line(
        acl=said["acl"],
        number=number,
        kind=kind,
        entry=ace(kind, written),
        hash=hash_[0] if hash_ else None,
        hits=int(hits[1]) if hits else None,
        remark=remark,
        text=" ".join([*filter(None, (said["six"] or said["kind"],)), *written]),
    )


def _expand(line: Line, said: re.Match[str]) -> None:
    """Take an entry that the line was expanded to."""
    hits = _HITS.search(said["rest"])
    line.expanded.append(ace(line.kind, _written(said["rest"].split())))
    line.expanded_hits += [int(hits[1])] if hits else []


def check_whole(listed: list[Line], configured: list[Line], who: str) -> None:
    """Raise Incomplete when the listing has fewer lines of a list than its configuration."""
    have, want = (Counter(line.acl for line in found) for found in (listed, configured))
    for name, count in want.items():
        if have[name] != count:
            raise Incomplete(
                f"{who}: list {name} has {count} configured lines and {have[name]} listed",
                next_step="read again: it was changed between two asks, or one was cut off",
            )


def _ended(line: str) -> bool:
    """Whether a line of a listing is whole: its hash ends it, of eight digits. One of a list for
    clientless VPN may have its count alone."""
    counted = " webtype " in line and re.search(r"\(hitcnt=\d+\)$", line) is not None
    hashed = _WHOLE.search(line) is not None
    return hashed or counted or " remark" in line or bool(_HEADING.fullmatch(line))


def _written(words: list[str]) -> list[str]:
    """The words without what the ASA adds: count, state and hash."""
    return [
        word
        for word in words
        if word[0] not in "(0"
        or not (_HITS.fullmatch(word) or _HASH.fullmatch(word) or word == "(inactive)")
    ]


def _beside(line: str) -> bool:
    """Lines that stand around an access list: prompt and echo, a comment, the end."""
    return line.startswith(("!", ":")) or re.fullmatch(r"\S+[>#](?: ?sh\S* .*)?", line) is not None


@dataclass(frozen=True, slots=True)
class Brief:
    """A line of `show access-list NAME brief`: hashes of the entry and of its configured line."""

    hash: str
    parent: str
    hits: int
    last_hit_at: datetime | None


def brief(text: str, who: str) -> list[Brief]:
    """The lines of a brief listing: four hexadecimal words each; the last is a time, 0 for none."""
    found = []
    for line in map(str.strip, text.splitlines()):
        if words := _BRIEF.fullmatch(line):
            seconds = int(words[4], 16)
            at = datetime.fromtimestamp(seconds, UTC) if seconds else None
            found.append(Brief(f"0x{words[1]}", f"0x{words[2]}", int(words[3], 16), at))
        elif line and not _HEADING.fullmatch(line) and not _beside(line):
            raise Unexpected(f"{who}: not a line of a brief listing: {shown(line)!r}")
    return found


def last_hits(listed: list[Brief]) -> dict[str, datetime]:
    """The last hit by hash, of entries and of the configured lines they come from."""
    found: dict[str, datetime] = {}
    for one in listed:
        for hash_ in (one.hash, one.parent):
            if one.last_hit_at and one.last_hit_at >= found.get(hash_, one.last_hit_at):
                found[hash_] = one.last_hit_at
    return found


def brief_usages(text: str, read_at: datetime, who: str) -> Iterator[RuleUsage]:
    """What a brief listing alone tells: counts of entries known by their hashes only."""
    name = "-"
    for line in text.splitlines():
        heading = _HEADING.fullmatch(line.strip())
        name = heading["acl"] if heading and heading["acl"] else name
        for one in brief(line, who):
            yield RuleUsage(
                key=f"-/ip/{name}/{one.hash}",
                reset_domain=f"-/{name}",
                count=one.hits,
                last_hit_at=one.last_hit_at,
                persistent=False,
                read_at=read_at,
            )
