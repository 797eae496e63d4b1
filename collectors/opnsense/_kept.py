"""`config.xml`, as somebody kept it: its rules and aliases in the form of the API's rows."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from collectors._pf.kept import ends, said
from collectors.opnsense._answer import Row
from evidence.capture import Capture
from evidence.errors import Unexpected

_ELSEWHERE = frozenset(
    (
        *("type", "interface", "ipprotocol", "protocol", "source", "destination", "descr"),
        *("disabled", "log", "floating", "quick", "created", "updated", "direction"),
    )
)


def tables(capture: Capture) -> tuple[list[Row], list[Row]]:
    """The rules and the aliases. Raises Unexpected for another document, and where both pages
    have rules: in which order they decide, the document does not tell."""
    root = capture.xml()
    who = f"{capture.device}: {capture.ask.text!r}"
    if root.tag != "opnsense":
        raise Unexpected(f"{who} is no configuration of OPNsense")
    old: list[Row] = [_rule(entry) for entry in root.findall("filter/rule")]
    new: list[Row] = [_flat(entry) for entry in root.findall("OPNsense/Firewall/Filter/rules/rule")]
    if old and new:
        raise Unexpected(
            f"{who}: rules of both pages, and not in which order they decide",
            next_step="read the unit by its API",
        )
    new.sort(key=lambda row: int(row["sequence"]) if row.get("sequence", "").isdecimal() else 0)
    aliases: list[Row] = [
        _flat(entry) for entry in root.findall("OPNsense/Firewall/Alias/aliases/alias")
    ]
    return [*old, *new], aliases


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
