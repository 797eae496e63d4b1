"""The command line's words, carried out in the order they stand: a configuration, or a script.

    config firewall policy
        edit 3
            set srcintf "wan1"
            append srcaddr "office"
        next
        move 3 before 1
        delete 7
    end

Blocks stand within blocks; with VDOMs each VDOM's stand under `config vdom`, `edit NAME`. What a
configuration holds was set; a script also changes what stands: `edit` of a row that is there goes
on with it, `append`, `unselect`, `unset`, `move`, `clone`, `rename`, `delete`, `purge` do as they
say, and a renamed object keeps its references. What a script adds to that it does not itself hold
has a name for the rest, which nobody can resolve.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evidence.errors import Incomplete, Unexpected, shown

Row = Mapping[str, Any]
Rows = dict[str, dict[str, Any]]
Frame = tuple[str, dict[str, Any] | None]  # (name of a table, None), or (key of a row, its values)

_VERSION = re.compile(r"(?m)^#config-version=\S+?-(\d+)\.(\d+)\.\d+-")
_QUOTED = r'"(?:[^"\\]|\\.)*"|(?<!\S)\'[^\']*\''
_WORD = re.compile(rf'(?:{_QUOTED}|[^\s"])+', re.DOTALL)
_PART = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|^'([^']*)'|([^\"]+)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NEXT_FREE = "0"
"""`edit 0` makes a row with the next number that is free."""
_POLICIES = ("policy", "policy6", "central-snat-map")
# Tables whose objects share their names, and where rows refer to those; `member` in the tables.
_SPACES = (
    (
        ("firewall address", "firewall addrgrp", "firewall vip", "firewall vipgrp"),
        ("srcaddr", "dstaddr", "srcaddr4", "dstaddr4", "orig-addr", "dst-addr"),
    ),
    (
        ("firewall address6", "firewall addrgrp6"),
        ("srcaddr6", "dstaddr6", "orig-addr6", "dst-addr6"),
    ),
    (("firewall service custom", "firewall service group"), ("service",)),
    (("system zone", "system interface"), ("srcintf", "dstintf")),
    (
        (
            "firewall schedule onetime",
            "firewall schedule recurring",
            "firewall schedule group",
        ),
        ("schedule",),
    ),
)
# What REST gives as a list, of however many values.
_LISTS = frozenset(
    (
        *("srcintf", "dstintf", "srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "service", "member"),
        *("srcaddr4", "dstaddr4", "internet-service-fortiguard", "internet-service-src-fortiguard"),
        *("users", "groups", "fsso-groups", "application", "app-category", "app-group"),
        *("url-category", "internet-service-name", "internet-service-group", "poolname"),
        *("internet-service-custom", "internet-service-custom-group", "custom-log-fields"),
        *("internet-service-src-name", "internet-service-src-group", "src-vendor-mac"),
        *("internet-service-src-custom", "internet-service-src-custom-group", "rtp-addr"),
        *("internet-service6-name", "internet-service6-src-name", "ztna-ems-tag", "ztna-geo-tag"),
        *("ztna-ems-tag-secondary", "network-service-dynamic", "network-service-src-dynamic"),
        *("devices", "ntlm-enabled-browsers", "sgt", "pcp-poolname", "poolname6"),
        *("orig-addr", "orig-addr6", "dst-addr", "dst-addr6", "nat-ippool", "nat-ippool6"),
        "vaps",
    )
)


@dataclass(slots=True)
class Configuration:
    """The rows of every table by VDOM, in order, and each VDOM's own settings."""

    tables: dict[str, dict[str, Rows]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    consolidated: bool = True

    def rows(self, *names: str) -> Iterator[tuple[str, Row]]:
        for name in names:
            for vdom, rows in self.tables.get(name, {}).items():
                yield from ((vdom, row) for row in rows.values())


def read(text: str, who: str) -> Configuration:
    """What stands at the end. Raises Incomplete for a block that does not end and for a policy
    that is changed and nowhere made, Unexpected for another text."""
    script = _Script(who)
    for words in _lines(text, who):
        script.does(words)
    if script.stack:
        raise Incomplete(f"{who}: the block of {shown(script.stack[-1][0])!r} does not end")
    found = script.found
    if version := _VERSION.search(text):
        found.consolidated = (int(version[1]), int(version[2])) >= (6, 4)
    else:
        found.consolidated = not any(found.rows("firewall policy6"))
    _number(found)
    return found


class _Script:
    """The blocks that are open, and what was made so far."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.found = Configuration()
        self.stack: list[Frame] = []

    def does(self, words: list[str]) -> None:
        match words:
            case ("config", *path):
                self.stack.append((" ".join(path), None))
            case ("edit", key, *_) if self._in_table:
                held = self._rows.get(key) if key != _NEXT_FREE else None
                self.stack.append((key, dict(held or {})))
            case ("set" | "select", name, *values) if self.stack:
                self._set(name, values)
            case ("append" | "unselect" as verb, name, *values) if self.stack:
                self._change(verb, name, values)
            case ("unset", name, *_) if self.stack:
                if (row := self._row) is not None:
                    row.pop(name, None)
            case ("next",) if self.stack and not self._in_table:
                self._keep()
            case ("end",) if self.stack:
                if not self._in_table:
                    self._keep()
                self.stack.pop()
            case ("abort",) if self.stack:
                if not self._in_table:
                    self.stack.pop()
                self.stack.pop()
            case ("delete" | "purge" | "move" | "clone" | "rename", *_) if self._in_table:
                self._rearrange(words)
            case _:
                if self.stack or not _beside(words):
                    told = shown(" ".join(words))
                    raise Unexpected(f"{self.who}: no FortiOS configuration: {told}")

    @property
    def _in_table(self) -> bool:
        return bool(self.stack) and self.stack[-1][1] is None

    @property
    def _place(self) -> tuple[str, list[str]]:
        """The VDOM, and the tables that are open in it."""
        tables = [name for name, held in self.stack if held is None]
        if tables[0] == "vdom" and len(self.stack) > 1:
            return self.stack[1][0], tables[1:]
        return "root", tables[1:] if tables[0] == "global" else tables

    @property
    def _rows(self) -> Rows:
        """The rows of the table that is open; a table within a row is that row's own."""
        vdom, tables = self._place
        if len(tables) != 1:
            return {}
        return self.found.tables.setdefault(tables[0], {}).setdefault(vdom, {})

    @property
    def _row(self) -> dict[str, Any] | None:
        """The row that is open, or the settings of a VDOM, or of a radio in a row, where they
        are."""
        if self.stack[-1][1] is not None:
            return self.stack[-1][1]
        holder = self.stack[-2][1] if len(self.stack) > 1 else None
        if holder is not None and self.stack[-1][0].startswith("radio-"):
            radio: dict[str, Any] = holder.setdefault(self.stack[-1][0], {})
            return radio
        vdom, tables = self._place
        settings = tables == ["system settings"]
        return self.found.settings.setdefault(vdom, {}) if settings else None

    def _set(self, name: str, values: Sequence[str]) -> None:
        if (row := self._row) is not None:
            row[name] = _references(values) if name in _LISTS else " ".join(values)

    def _change(self, verb: str, name: str, values: Sequence[str]) -> None:
        row = self._row
        if row is None:
            return
        told = [str(one["name"]) for one in row.get(name, ()) if isinstance(one, dict)]
        if name not in row:
            told = [f"what {self.stack[-1][0]} held before"]
        kept = [one for one in told if one not in values]
        self._set(name, [*kept, *values] if verb == "append" else kept)

    def _keep(self) -> None:
        """Take the row that ends here to its table."""
        key, row = self.stack.pop()
        if row is None or not self.stack:
            return
        _, tables = self._place
        if len(tables) == 1:
            rows = self._rows
            if key == _NEXT_FREE and _is_numbered(tables[0]):
                key = f"new {len(rows)}"
            row[_key_of(tables[0])] = row.get("name", key) if not _is_numbered(tables[0]) else key
            rows[key] = row

    def _rearrange(self, words: Sequence[str]) -> None:
        vdom, tables = self._place
        rows = self._rows
        if len(tables) != 1:
            return
        numbered = _is_numbered(tables[0])
        match words:
            case ("purge", *_):
                rows.clear()
                return
            case ("delete", *keys):
                named = keys
            case ("move", key, "before" | "after", beside):
                named = [key, beside]
            case (_, key, "to", other):
                named = [key]
                if other in rows or (words[0] == "rename" and self._taken(tables[0], vdom, other)):
                    return  # refused: the name is another's
            case _:
                raise Unexpected(f"{self.who}: no FortiOS command: {shown(' '.join(words))}")
        lacking = [one for one in named if one not in rows]
        if lacking and numbered:
            raise Incomplete(
                f"{self.who}: {words[0]} of {shown(lacking[0])}, which {tables[0]} does not hold",
                next_step="deliver the whole configuration, of every VDOM",
            )
        if not lacking:
            self._carried_out(rows, words, tables[0], vdom)

    def _carried_out(self, rows: Rows, words: Sequence[str], table: str, vdom: str) -> None:
        match words:
            case ("delete", *keys):
                for key in keys:
                    rows.pop(key, None)
            case ("move", key, way, beside) if key != beside:
                row, order = rows.pop(key), list(rows.items())
                place = [one for one, _ in order].index(beside) + (way == "after")
                order.insert(place, (key, row))
                rows.clear()
                rows.update(order)
            case ("clone", key, "to", other):
                copied = {name: value for name, value in rows[key].items() if name != "uuid"}
                rows[other] = copied | {_key_of(table): other}
            case ("rename", key, "to", other):
                order = list(rows.items())
                rows.clear()
                for one, row in order:
                    rows[other if one == key else one] = row
                rows[other][_key_of(table)] = other
                self._follow(table, vdom, key, other)

    def _taken(self, table: str, vdom: str, name: str) -> bool:
        spaces = [tables for tables, _ in _SPACES if table in tables]
        return any(
            name in self.found.tables.get(one, {}).get(vdom, {})
            for tables in spaces
            for one in tables
        )

    def _follow(self, table: str, vdom: str, old: str, new: str) -> None:
        """References to what was renamed, under its new name."""
        for tables, fields in (one for one in _SPACES if table in one[0]):
            for other, by_vdom in self.found.tables.items():
                for row in by_vdom.get(vdom, {}).values():
                    for name in (*fields, *(["member"] if other in tables else [])):
                        row.update(_renamed(row, name, old, new))


def _renamed(row: Row, name: str, old: str, new: str) -> dict[str, Any]:
    told = row.get(name)
    if isinstance(told, list):
        return {name: _references(new if one["name"] == old else one["name"] for one in told)}
    return {name: new} if told == old else {}


def _number(found: Configuration) -> None:
    """Rows without a number of their own get those behind the highest."""
    for table, by_vdom in found.tables.items():
        for rows in by_vdom.values() if _is_numbered(table) else ():
            highest = max((int(key) for key in rows if key.isdigit()), default=0)
            for row in rows.values():
                if not str(row["policyid"]).isdigit():
                    highest += 1
                    row["policyid"] = str(highest)


def _is_numbered(table: str) -> bool:
    return table.startswith("firewall ") and table.endswith(_POLICIES)


def _key_of(table: str) -> str:
    return "policyid" if _is_numbered(table) else "name"


def _references(names: Iterator[str] | Sequence[str]) -> list[dict[str, str]]:
    return [{"name": one, "q_origin_key": one} for one in names]


def _lines(text: str, who: str) -> Iterator[list[str]]:
    """The words of every line; one whose quotes are open goes on in the next."""
    parts: list[str] = []
    quote = ""
    for raw in text.splitlines():
        if not parts and (not raw.strip() or raw.lstrip().startswith("#")):
            continue
        parts.append(raw)
        quote = _open_quote(raw, quote)
        if not quote:
            yield [_word(one) for one in _WORD.findall("\n".join(parts))]
            parts = []
    if parts:
        raise Incomplete(f"{who}: a line breaks off: {shown(parts[0])}")


def _word(raw: str) -> str:
    """A word without its quotes: `"new"_group` is one."""
    if '"' not in raw and "'" not in raw:
        return raw
    return "".join(
        _ESCAPED.sub(r"\1", double) or single or plain
        for double, single, plain in _PART.findall(raw)
    )


def _open_quote(line: str, quote: str) -> str:
    """The quote that is open behind a line; `quote`: before it. A single one begins a word."""
    escaped = False
    before = " "
    for sign in line if quote or '"' in line or "'" in line else "":
        if escaped:
            escaped = False
        elif sign == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if sign == quote else quote
        elif sign == '"' or (sign == "'" and before.isspace()):
            quote = sign
        before = sign
    return quote


def _beside(words: list[str]) -> bool:
    """What stands around a configuration: prompt and echo."""
    return bool(re.fullmatch(r"[\w.-]+( \([\w.-]+\))? [#$].*", " ".join(words)))
