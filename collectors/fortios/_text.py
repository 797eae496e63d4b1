"""A configuration as the command line prints it: `show`, `show full-configuration`, a backup.

    config firewall policy
        edit 3
            set srcintf "wan1"
        next
    end

Blocks stand within blocks; with VDOMs each VDOM's stand under `config vdom`, `edit NAME`. What is
not set has the release's default, and is left out by `show`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain
from typing import Any

from collectors.fortios._objects import of_rows, schedule_ends
from collectors.fortios._policy import listed
from collectors.fortios._tables import OTHERS, in_mode, settings_of
from collectors.fortios._tables import rules as rules_beside
from collectors.fortios._vip import virtual_ips
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, FirewallRule

Row = Mapping[str, Any]

_VERSION = re.compile(r"(?m)^#config-version=\S+?-(\d+)\.(\d+)\.\d+-")
_WORD = re.compile(r"""\"((?:[^"\\]|\\.)*)"|(?<!\S)'([^']*)'|(\S+)""", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# What `show` leaves out: an address of which nothing is said is everything.
_DEFAULTS = {
    "firewall address": {"type": "ipmask", "subnet": "0.0.0.0 0.0.0.0"},
    "firewall address6": {"ip6": "::/0"},
}
_SERVICES = ("firewall service custom",)
_GROUPS = ("firewall addrgrp", "firewall addrgrp6", "firewall service group")
# Tables of older releases (6.2) whose policies let traffic pass.
_OLDER = (
    "firewall consolidated policy",
    "firewall hyperscale-policy",
    "firewall hyperscale-policy6",
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
    )
)


@dataclass(slots=True)
class Configuration:
    """The rows of every table by VDOM, in order, and each VDOM's own settings."""

    tables: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    consolidated: bool = True

    def rows(self, *names: str) -> Iterator[tuple[str, Row]]:
        for name in names:
            yield from self.tables.get(name, ())


def facts(capture: Capture) -> list[Fact]:
    """The policies of every VDOM and the denial behind them. Raises Incomplete or Unexpected."""
    who = f"{capture.device}: {capture.ask.text!r}"
    found = read(capture.text(), who)
    addresses, addresses6 = (
        [(vdom, {**defaults, **row}) for vdom, row in found.rows(table)]
        for table, defaults in _DEFAULTS.items()
    )
    services = [(vdom, {"protocol-number": "0", **row}) for vdom, row in found.rows(*_SERVICES)]
    objects = replace(
        of_rows(chain(addresses, addresses6), services, found.rows(*_GROUPS)),
        translated=virtual_ips(found.rows("firewall vip"), found.rows("firewall vipgrp")),
        ends=schedule_ends(found.rows("firewall schedule onetime", "firewall schedule recurring")),
    )
    first = "inet" if found.consolidated else "ip"
    named = [
        *((vdom, first, _policy(row)) for vdom, row in found.rows("firewall policy")),
        *((vdom, "ip6", _policy(row)) for vdom, row in found.rows("firewall policy6")),
    ]
    settings = settings_of(found.settings)
    beside = rules_beside(
        [
            (
                name.removeprefix("firewall "),
                vdom,
                _policy(row, "accept" if "multicast" in name else "deny"),
            )
            for name in (*(f"firewall {one}" for one in OTHERS), *_OLDER)
            for vdom, row in found.rows(name)
        ],
        objects,
        settings,
        capture.device,
    )
    ordinary = [one.rule for one in listed(named, objects, capture.device)]
    rules = [*in_mode([*ordinary, *_denials(ordinary)], beside, settings, objects), *beside]
    if not ordinary and not any(not one.implicit for one in beside):
        raise Unexpected(
            f"{who}: no firewall policy in it",
            code="result_empty_suspicious",
            next_step="deliver the whole configuration, of every VDOM",
        )
    return rules


def _policy(row: Row, action: str = "deny") -> Row:
    """The row with the defaults that `show` leaves out."""
    told = {"action": action, "status": "enable", **row}
    return {"logtraffic": "utm", **told} if told["action"] == "accept" else told


def _denials(rules: list[FirewallRule]) -> Iterator[FirewallRule]:
    last = {(rule.context, rule.family): rule.position for rule in rules}
    for (vdom, family), position in last.items():
        yield FirewallRule(
            key=f"{vdom}/{family}/0",
            context=vdom,
            family=family,
            policy="policy6" if family == "ip6" else "policy",
            position=position + 1,
            name="Implicit Deny",
            action="deny",
            permits=False,
            implicit=True,
            match_digest=sha256(b"implicit").hexdigest(),
            text="policyid 0",
        )


def read(text: str, who: str) -> Configuration:
    """The tables. Raises Incomplete for a block that does not end, Unexpected for another text."""
    version = _VERSION.search(text)
    found = Configuration()
    # Frames: (name of the table, None), or (key of a row, its values).
    stack: list[tuple[str, dict[str, Any] | None]] = []
    for words in _lines(text, who):
        match words:
            case ("config", *path):
                stack.append((" ".join(path), None))
            case ("edit", key, *_) if stack and stack[-1][1] is None:
                stack.append((key, {}))
            case ("set", name, *values) if stack:
                row = stack[-1][1] if stack[-1][1] is not None else _settings(found, stack)
                if row is not None:
                    row[name] = _value(name, values)
            case ("next",) if stack and stack[-1][1] is not None:
                _keep(found, stack)
            case ("end",) if stack:
                if stack[-1][1] is not None:
                    _keep(found, stack)
                stack.pop()
            case ("unset", *_) if stack:
                continue
            case _:
                if stack or not _beside(words):
                    raise Unexpected(f"{who}: no FortiOS configuration: {shown(' '.join(words))}")
    if stack:
        raise Incomplete(f"{who}: the block of {shown(stack[-1][0])!r} does not end")
    if version:
        found.consolidated = (int(version[1]), int(version[2])) >= (6, 4)
    else:
        found.consolidated = "firewall policy6" not in found.tables
    return found


def _keep(found: Configuration, stack: list[tuple[str, dict[str, Any] | None]]) -> None:
    """Take the row that ends here to its table."""
    key, row = stack.pop()
    if row is None or not stack:
        return
    vdom, tables = _place(stack)
    if len(tables) == 1:  # a table within a row is that row's own
        of_policies = tables[0].startswith("firewall ") and tables[0].endswith(_POLICIES)
        row.setdefault("policyid" if of_policies else "name", key)
        found.tables.setdefault(tables[0], []).append((vdom, row))


_POLICIES = ("policy", "policy6")


def _place(stack: list[tuple[str, dict[str, Any] | None]]) -> tuple[str, list[str]]:
    """The VDOM, and the tables that are open in it."""
    tables = [name for name, held in stack if held is None]
    if tables[0] == "vdom" and len(stack) > 1:
        return stack[1][0], tables[1:]
    return "root", tables[1:] if tables[0] == "global" else tables


def _settings(
    found: Configuration, stack: list[tuple[str, dict[str, Any] | None]]
) -> dict[str, Any] | None:
    """The settings of a VDOM, where they are what is open."""
    vdom, tables = _place(stack)
    return found.settings.setdefault(vdom, {}) if tables == ["system settings"] else None


def _value(name: str, values: list[str]) -> Any:
    if name in _LISTS:
        return [{"name": one, "q_origin_key": one} for one in values]
    return " ".join(values)


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
            found = _WORD.findall("\n".join(parts))
            yield [
                _ESCAPED.sub(r"\1", double) or single or plain for double, single, plain in found
            ]
            parts = []
    if parts:
        raise Incomplete(f"{who}: a line breaks off: {shown(parts[0])}")


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
