"""`config.xml`, as somebody kept it: its rules and aliases in the form of the API's rows.

The order of rules of both pages is that of OPNsense's source (`getPriority` of its rules).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from collectors._pf.kept import ends, said
from collectors.opnsense._answer import Row, is_set, items, words
from evidence.capture import Capture
from evidence.errors import Unexpected

_ELSEWHERE = frozenset(
    (
        *("type", "interface", "ipprotocol", "protocol", "source", "destination", "descr"),
        *("disabled", "log", "floating", "quick", "created", "updated", "direction"),
    )
)


def tables(capture: Capture) -> tuple[list[Row], list[Row], list[Row]]:
    """The rules in the order in which they are loaded, the aliases, and the groups of interfaces.
    Raises Unexpected for another document."""
    root = capture.xml()
    if root.tag != "opnsense":
        raise Unexpected(f"{capture.device}: {capture.ask.text!r} is no configuration of OPNsense")
    groups: list[Row] = [_flat(entry) for entry in root.findall("ifgroups/ifgroupentry")]
    old: list[Row] = [_rule(entry) for entry in root.findall("filter/rule")]
    new: list[Row] = [_flat(entry) for entry in root.findall("OPNsense/Firewall/Filter/rules/rule")]
    new.sort(key=lambda row: _number(row, "sequence"))
    aliases: list[Row] = [
        *(_flat(entry) for entry in root.findall("OPNsense/Firewall/Alias/aliases/alias")),
        *(_alias(entry) for entry in root.findall("aliases/alias")),
    ]
    weights = {words(row, "ifname"): _number(row, "sequence") for row in groups}
    placed = [*((_place(row, weights), 0, row) for row in new)]
    placed += [(_place(row, weights), 1, row) for row in old]
    placed.sort(key=lambda one: one[:2])
    return [row for _, _, row in placed], aliases, groups


def _place(row: Row, groups: Mapping[str, int]) -> int:
    """Rules that float are loaded first, then those of a group of interfaces, by its weight, then
    those of one interface; in each part the new pages' before the old ones'."""
    interfaces = items(row, "interface")
    if is_set(row, "floating") or len(interfaces) != 1:
        return _FLOATING
    return _OF_GROUP + groups[interfaces[0]] if interfaces[0] in groups else _OF_ONE


_FLOATING, _OF_GROUP, _OF_ONE = 200_000, 300_000, 400_000


def _number(row: Row, name: str) -> int:
    told = words(row, name)
    return int(told) if told.isascii() and told.isdecimal() else 0


def _alias(entry: Element) -> Row:
    """An alias as releases until 2018 kept it."""
    return {
        "name": said(entry, "name"),
        "type": said(entry, "type"),
        "content": said(entry, "address").replace(" ", "\n"),
        "enabled": "1",
    }


def _rule(entry: Element) -> dict[str, Any]:
    """A rule of the old pages. What is not written is the default: pass, IPv4, any protocol."""
    row: dict[str, Any] = {
        one.tag: " ".join("".join(one.itertext()).split())
        for one in entry
        if one.tag not in _ELSEWHERE
    }
    for end, negated, address, port in ends(entry):
        row |= {f"{end}_net": address, f"{end}_not": "1" if negated else "0", f"{end}_port": port}
    quick = {"quick": "1"} if entry.find("quick") is not None else {}
    created = {"created": {"time": said(entry, "created/time")}} if said(entry, "created") else {}
    return {
        **row,
        **quick,
        **created,
        "uuid": entry.get("uuid", ""),
        "enabled": "0" if entry.find("disabled") is not None else "1",
        "action": said(entry, "type") or "pass",
        "interface": said(entry, "interface"),
        "direction": said(entry, "direction") or "in",
        "ipprotocol": said(entry, "ipprotocol") or "inet",
        "protocol": said(entry, "protocol"),
        "description": said(entry, "descr"),
        "log": "1" if entry.find("log") is not None else "0",
        "floating": "1" if entry.find("floating") is not None else "0",
    }


def _flat(entry: Element) -> dict[str, Any]:
    """A row of the new pages: each element is a column."""
    return {"uuid": entry.get("uuid", ""), **{one.tag: (one.text or "").strip() for one in entry}}
