"""The tables of `show firewall`: one for each list, its columns by the line of dashes.

Since 1.4 `ipv4 Firewall "forward filter"` with a row `default`; before, `IPv4 Firewall "NAME":`
with the default as rule 10000. Rules that are off are in none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from unicodedata import east_asian_width

from collectors._managed.answer import who
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, FirewallRule, RuleUsage

# By family, list and rule number (`default`): packets and bytes; None where none are shown.
Counts = Mapping[tuple[str, str], Mapping[str, tuple[int, int] | None]]

_HEAD = re.compile(r'^(?P<family>ipv[46]|bridge) Firewall "(?:name )?(?P<name>[^"]+)":?$', re.I)
_DASHES = re.compile(r"^-+(?: +-+)+ *$")
_DEFAULT = "10000"


def counters(capture: Capture) -> Counts:
    """What every list counted. Raises Unexpected for what is no such table."""
    found: dict[tuple[str, str], dict[str, tuple[int, int] | None]] = {}
    current: dict[str, tuple[int, int] | None] = {}
    columns: dict[str, slice] = {}
    before = ""
    for line in capture.text().splitlines():
        if head := _HEAD.match(line.strip()):
            family = {"ipv4": "ip", "ipv6": "ip6"}.get(head["family"].lower(), "bridge")
            current = found.setdefault((family, head["name"]), {})
            columns = {}
        elif _DASHES.match(line):
            columns = _columns(before, line)
        elif columns:
            number, count = _row(line, columns, capture)
            if number:
                current[number] = count
        before = line
    if not found and "Rulesets" not in capture.text():
        raise Unexpected(f"{who(capture)}: not what `show firewall` prints")
    return found


def counted(rules: Iterable[FirewallRule], counts: Counts, capture: Capture) -> Iterator[Fact]:
    """The rules with whether they are counted, then the counts.

    Raises Incomplete where a list that is shown lacks a rule that is on: it was cut off, or
    changed in between.
    """
    usages = []
    if not counts:
        raise Incomplete(f"{who(capture)}: no list is shown, and rules are configured")
    for rule in rules:
        listed = counts.get((rule.family, rule.policy))
        number = rule.vendor_id or "default"
        if listed is None or not rule.enabled:
            yield rule
            continue
        if number not in listed:
            raise Incomplete(
                f"{who(capture)}: {rule.policy} is without rule {number}",
                next_step="read again when nobody is committing changes",
            )
        count = listed[number]
        yield replace(rule, counted=count is not None)
        if count:
            usages.append(
                RuleUsage(
                    key=rule.key,
                    reset_domain="firewall",
                    count=count[0],
                    count_unit="packets",
                    size_bytes=count[1],
                    persistent=False,
                    read_at=capture.answered_at,
                )
            )
    yield from usages


def _columns(heading: str, dashes: str) -> dict[str, slice]:
    """Each column's place; numbers stand right within their dashes."""
    spans = [one.span() for one in re.finditer(r"-+", dashes)]
    names = {heading[start:end].strip().lower(): slice(start, end) for start, end in spans}
    return names if {"rule", "packets", "bytes"} <= set(names) else {}


def _row(
    line: str, columns: Mapping[str, slice], capture: Capture
) -> tuple[str, tuple[int, int] | None]:
    """A row's number, "" where the line is none, and its count; None where it shows no counter.

    Raises Incomplete where the row breaks off, or is out of its columns.
    """
    if "conditions" not in columns:
        # The older table: words only, and numbers that outgrow their dashes.
        number, *words = line.split() or [""]
        if not number.isdigit():
            return "", None
        number = "default" if number == _DEFAULT else number
        told = words[2:] if len(words) == 4 else ["?", "?"]
    else:
        number = line[columns["rule"]].strip().lower()
        if not number.isdigit() and number != "default":
            return "", None
        row = _in_columns(line, columns, capture)
        told = [row[columns[one]].strip() for one in ("packets", "bytes")]
    if not any(told):
        return number, None
    if not all(one.isdigit() for one in told):
        raise Incomplete(f"{who(capture)}: a row is not whole: {shown(line)}")
    return number, (int(told[0]), int(told[1]))


def _in_columns(line: str, columns: Mapping[str, slice], capture: Capture) -> str:
    """The row, with a Chinese character as wide as it was counted: as one, or as two.

    Raises Incomplete where neither puts blanks around the numbers: one would be cut.
    """
    wide = "".join(one + " " * (east_asian_width(one) in "WF") for one in line)
    edges = [
        edge for one in (columns["packets"], columns["bytes"]) for edge in (one.start - 1, one.stop)
    ]
    for told in (line, wide):
        if all(told[edge : edge + 1].strip() == "" for edge in edges):
            return told
    raise Incomplete(f"{who(capture)}: a row is out of its columns: {shown(line)}")
