"""`config.xml`, as somebody kept it: its rules and aliases in the form of the API's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from collectors._managed.names import Objects
from collectors._pf.kept import ends, interface_groups, said
from collectors.pfsense._rest import Row
from evidence.capture import Capture
from evidence.errors import Unexpected

# What the rows call otherwise, or hold in another form.
_ELSEWHERE = frozenset(
    (
        *("type", "interface", "ipprotocol", "protocol", "icmptype", "source", "destination"),
        *("descr", "disabled", "log", "floating", "quick", "tracker", "created", "updated"),
        *("associated-rule-id", "tcpflags1", "tcpflags2", "tcpflags_any", "id"),
    )
)


def tables(capture: Capture) -> tuple[Sequence[Row], list[Row]]:
    """The rules, those of groups of interfaces before those of one, and the aliases.

    Raises Unexpected for another document.
    """
    root = capture.xml()
    if root.tag != "pfsense":
        raise Unexpected(f"{capture.device}: {capture.ask.text!r} is no configuration of pfSense")
    known: set[str] = set()
    rules: list[dict[str, Any]] = []
    for entry in root.findall("filter/rule"):
        row = _rule(entry)
        # A number that was copied by hand is none of the second rule.
        if row["tracker"] in known:
            row["tracker"] = None
        known.add(row["tracker"])
        rules.append(row)
    groups = interface_groups(root)
    rules.sort(key=lambda row: not any(one in groups for one in row["interface"]))
    for row in rules:
        row["interface"] = list(Objects(groups=groups).resolve(row["interface"]))
    return rules, [_alias(entry) for entry in root.findall("aliases/alias")]


def _rule(entry: Element) -> dict[str, Any]:
    """One rule. What is not written is the default: pass, IPv4, any protocol."""
    flags = {name: said(entry, name) for name in ("tcpflags1", "tcpflags2")}
    return {
        "type": said(entry, "type") or "pass",
        "interface": [one for one in said(entry, "interface").split(",") if one],
        "ipprotocol": said(entry, "ipprotocol") or "inet",
        "protocol": said(entry, "protocol"),
        "icmptype": [one for one in said(entry, "icmptype").split(",") if one],
        "descr": said(entry, "descr"),
        "disabled": entry.find("disabled") is not None,
        "log": entry.find("log") is not None,
        "floating": entry.find("floating") is not None,
        "quick": entry.find("quick") is not None,
        "tracker": said(entry, "tracker") or None,
        "created_time": _number(entry, "created/time"),
        "updated_time": _number(entry, "updated/time"),
        "tcp_flags_set": [one for one in flags["tcpflags1"].split(",") if one],
        "tcp_flags_out_of": [one for one in flags["tcpflags2"].split(",") if one],
        **dict(_ends(entry)),
        **{
            one.tag: " ".join("".join(one.itertext()).split())
            for one in entry
            if one.tag not in _ELSEWHERE
        },
    }


def _ends(entry: Element) -> Iterator[tuple[str, str]]:
    for end, negated, address, port in ends(entry):
        yield end, f"{'!' if negated else ''}{address}"
        yield f"{end}_port", port


def _alias(entry: Element) -> Row:
    return {
        "name": said(entry, "name"),
        "type": said(entry, "type"),
        "address": said(entry, "address").split(),
    }


def _number(entry: Element, path: str) -> int | None:
    told = said(entry, path)
    return int(told) if told.isascii() and told.isdecimal() else None
