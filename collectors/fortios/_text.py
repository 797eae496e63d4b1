"""The rules of a configuration: `show`, `show full-configuration`, a backup, a script.

What is not set has the release's default, and is left out by `show`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import chain

from collectors.fortios._central_nat import central_nat
from collectors.fortios._objects import of_rows, schedule_ends
from collectors.fortios._policy import listed
from collectors.fortios._script import Row, read
from collectors.fortios._tables import CONSOLIDATED, OTHERS, in_mode, settings_of
from collectors.fortios._tables import rules as rules_beside
from collectors.fortios._vip import virtual_ips
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import Fact, FirewallRule

# What `show` leaves out: an address of which nothing is said is everything.
_DEFAULTS = {
    "firewall address": {"type": "ipmask", "subnet": "0.0.0.0 0.0.0.0"},
    "firewall address6": {"ip6": "::/0"},
}
_SERVICES = ("firewall service custom",)
_GROUPS = ("firewall addrgrp", "firewall addrgrp6", "firewall service group")
# Tables of older releases (6.2) whose policies let traffic pass.
_OLDER = (
    f"firewall {CONSOLIDATED}",
    "firewall hyperscale-policy",
    "firewall hyperscale-policy6",
)


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
    sources = central_nat(found.rows("firewall central-snat-map"), objects)
    first = "inet" if found.consolidated else "ip"
    named = [
        *((vdom, first, _policy(row)) for vdom, row in found.rows("firewall policy")),
        *((vdom, "ip6", _policy(row)) for vdom, row in found.rows("firewall policy6")),
    ]
    settings = replace(settings_of(found.settings), sources=sources)
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
