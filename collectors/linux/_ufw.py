"""`ufw status`: rules as ufw lists them, for an answer given by hand where nothing else was.

ufw keeps its rules in iptables, where their counters are; it shows none, so no use can be told
from it. A rule for IPv6 says `(v6)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.linux._draft import Draft
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import FirewallRule

_RULE = re.compile(
    r"(?:\[ *\d+\] )?(?P<to>\S.*?)\s+(?P<action>ALLOW|DENY|REJECT|LIMIT)(?: (?P<way>IN|OUT|FWD))?"
    r"\s+(?P<from>\S.*?)(?:\s+#\s*(?P<comment>.*))?"
)
_DEFAULT = re.compile(r"(allow|deny|reject|disabled) \((incoming|outgoing|routed)\)")
_ADDRESS = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*)(?:/\d{1,3})?"
)
_LONGEST_LINE = 1000
_CHAINS = {"IN": "incoming", "OUT": "outgoing", "FWD": "routed"}


def drafts(text: str, who: str) -> Iterator[Draft]:
    """The rules and defaults. Raises Unexpected for another text or an inactive ufw."""
    status = re.search(r"(?m)^Status: (\w+)", text)
    if status is None:
        raise Unexpected(f"{who}: no `ufw status`; it starts {shown(text)!r}")
    if status[1] != "active":
        raise Unexpected(f"{who}: ufw is {status[1]}", code="result_empty_suspicious")
    lines = [line.strip() for line in text.splitlines()]
    heading = next((at for at, line in enumerate(lines) if re.match(r"--\s+--", line)), None)
    for position, line in enumerate(filter(None, lines[heading + 1 :] if heading else ()), 1):
        rule = _RULE.fullmatch(line) if len(line) < _LONGEST_LINE else None
        if rule is None:
            raise Incomplete(f"{who}: not a rule of ufw: {shown(line)!r}")
        yield _draft(rule, line, position)
    defaults = next((line for line in lines if line.startswith("Default:")), "")
    for action, chain in _DEFAULT.findall(defaults):
        if action != "disabled":
            yield _default(action, chain)


def _draft(rule: re.Match[str], line: str, position: int) -> Draft:
    to, sender = _side(rule["to"]), _side(rule["from"])
    way = rule["way"] or "IN"
    words = line.split("#")[0].split()
    said = " ".join(words[1:] if words[0].endswith("]") and "[" in line[:6] else words)
    said = re.sub(r"^\[ *\d+\] ", "", said)
    return Draft(
        rule=FirewallRule(
            key="",
            context="ufw",
            family="ip6" if "(v6)" in line or ":" in to[0] + sender[0] else "ip",
            policy=_CHAINS[way],
            position=position,
            comment=rule["comment"],
            action=rule["action"].lower(),
            permits=rule["action"] in ("ALLOW", "LIMIT"),
            source_zones=sender[2] or (to[2] if way == "IN" else ()),
            destination_zones=to[2] if way != "IN" else (),
            sources=(sender[0] or "any",),
            destinations=(to[0] or "any",),
            services=to[1] or ("any",),
            text=said,
        ),
        identity=said,
        match=said.replace(rule["action"], "", 1),
        group="",
    )


def _default(action: str, chain: str) -> Draft:
    return Draft(
        rule=FirewallRule(
            key="",
            context="ufw",
            family="inet",
            policy=chain,
            action=action,
            permits=action == "allow",
            implicit=True,
            text=f"Default: {action} ({chain})",
        ),
        identity="policy",
        match=f"policy {chain}",
        group="",
    )


def _side(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Address ("" for any), services and interfaces of one side of a rule."""
    text = text.replace("(v6)", "").strip()
    text, _, interface = text.partition(" on ")
    words = text.split()
    address, protocol = "", ""
    if words and words[0] == "Anywhere":
        words = words[1:]
    elif words and (found := _ADDRESS.match(words[0])):
        address, protocol = found[0], words[0][found.end() :].strip("/")
        words = words[1:]
    ports, _, of = " ".join(words).partition("/")
    if ports and not of and not ports[0].isdigit():  # the name of an application's profile
        return address, (ports,), (interface,) if interface else ()
    protocol = of or protocol or ("any" if ports else "")
    services = tuple(f"{protocol}/{port.replace(':', '-')}" for port in ports.split(",") if port)
    return address, services or ((protocol,) if protocol else ()), (interface,) if interface else ()
