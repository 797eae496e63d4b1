"""The lab's Linux gateway: an nftables rule set with counters, its release and its packages."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lab.world.rules import LabRule


def ruleset(rules: tuple[LabRule, ...], boot_at: datetime, at: datetime) -> str:
    """`nft -j list ruleset` of a forward chain with these rules, counted since the boot."""
    standing = [rule for rule in rules if rule.stands(at)]
    place = {"family": "inet", "table": "fw"}
    chain = {
        **place,
        "name": "forward",
        "handle": 1,
        "type": "filter",
        "hook": "forward",
        "prio": 0,
        "policy": "drop",
    }
    made = [
        {
            "rule": {
                **place,
                "chain": "forward",
                "handle": 10 + rule.number,
                "comment": rule.name,
                "expr": _expression(rule, rule.flow.count(boot_at, at)),
            }
        }
        for rule in standing
    ]
    objects: list[dict[str, Any]] = [
        {
            "metainfo": {
                "version": "1.0.6",
                "release_name": "Lester Gooch #5",
                "json_schema_version": 1,
            }
        },
        {"table": {"family": "inet", "name": "fw", "handle": 1}},
        {"chain": chain},
        *made,
    ]
    return json.dumps({"nftables": objects})


def _expression(rule: LabRule, count: int) -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = []
    for side, network in (("saddr", rule.source), ("daddr", rule.destination)):
        if network != "any":
            words.append(_match({"payload": {"protocol": "ip", "field": side}}, _network(network)))
    if rule.protocol != "any":
        port = {"payload": {"protocol": rule.protocol, "field": "dport"}}
        words.append(_match(port, int(rule.port)))
    words.append({"counter": {"packets": count, "bytes": count * 60}})
    if rule.logged:
        words.append({"log": {"prefix": f"{rule.name} "}})
    return [*words, {"accept" if rule.permits else "drop": None}]


def _match(left: dict[str, Any], right: Any) -> dict[str, Any]:
    return {"match": {"op": "==", "left": left, "right": right}}


def _network(text: str) -> Any:
    address, _, length = text.partition("/")
    if length in ("", "32"):
        return address
    return {"prefix": {"addr": address, "len": int(length)}}


OS_RELEASE = """PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"
NAME="Debian GNU/Linux"
VERSION_ID="11"
VERSION="11 (bullseye)"
VERSION_CODENAME=bullseye
ID=debian
"""
PACKAGES = "openssh-server\t1:8.4p1-5+deb11u3\tinstalled\nnftables\t0.9.8-3.1+deb11u2\tinstalled\n"


def absent(command: str) -> str:
    """What sudo says of a program that is not installed."""
    return f"sudo: {command.split()[2]}: command not found\n"


def uptime(boot_at: datetime, at: datetime) -> str:
    """`cat /proc/uptime`: seconds since the boot, and seconds of idling."""
    up = (at - boot_at).total_seconds()
    return f"{up:.2f} {up * 1.9:.2f}\n"
