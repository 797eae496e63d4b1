"""The same unit by its command line: answers that somebody delivers, never asked by the agent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors.panos._answer import who
from collectors.panos._objects import Objects
from collectors.panos._rules import DEFAULTS, PERMITS, default, with_digest
from collectors.panos._unit import System, complete
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import FirewallRule

_LINE = re.compile(r"(?m)^([a-z][a-z0-9-]*): *(.*?) *$")
_OPEN = re.compile(r'^\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"{}]+))\s*\{$')
_INDEX = re.compile(r"; index: \d+$")
_FIELD = re.compile(r"^\s*([a-z][a-z/-]*):? +(.*?) *;?$")
_PAGER = re.compile(r"(?m)^\s*(?:lines \d+-\d+|-+ ?more ?-+)", re.IGNORECASE)
_KNOWN = frozenset(
    (
        *("from", "to", "source", "destination", "source-region", "destination-region", "user"),
        *("source-user", "category", "application/service", "action", "type", "icmp-unreachable"),
        *("source-device", "destination-device", "terminal", "tag"),
        *("hip-profiles", "source-hip", "destination-hip", "vsys", "index"),
    )
)
Block = tuple[str, dict[str, tuple[str, ...]]]


def system(capture: Capture) -> System:
    """What `show system info` says as text, by name."""
    return complete(capture, dict(_LINE.findall(capture.text())))


def rules(capture: Capture, vsys: str) -> list[FirewallRule]:
    """The rules of `show running security-policy`: what is in force, Panorama's included.

    Names are resolved already, UUIDs and logging are not told. Raises Incomplete for a list
    that does not end with the default between zones, as every one does.
    """
    found: list[FirewallRule] = []
    for name, fields in _blocks(capture):
        position = len(found) + 1
        if name in DEFAULTS:
            action = " ".join(fields.get("action", ()))
            found.append(default(vsys, position, name, None, action))
            continue
        found.append(_rule(vsys, position, name, fields))
    if not found or found[-1].name != "interzone-default":
        raise Incomplete(f"{who(capture)}: the list does not end with interzone-default")
    return found


def _rule(vsys: str, position: int, name: str, fields: dict[str, tuple[str, ...]]) -> FirewallRule:
    objects = Objects()
    pairs = [_service(one) for one in fields.get("application/service", ())]
    kind = " ".join(fields.get("type", ()))
    action = " ".join(fields.get("action", ())).lower()
    rule = FirewallRule(
        key=f"{vsys}/inet/{name}",
        context=vsys,
        family="inet",
        policy="running",
        position=position,
        name=name,
        action=action,
        permits=PERMITS.get(action),
        source_zones=fields.get("from", ()),
        destination_zones=fields.get("to", ()),
        sources=objects.address(_with_regions(fields, "source")) or ("any",),
        destinations=objects.address(_with_regions(fields, "destination")) or ("any",),
        services=tuple(dict.fromkeys(service for _, service in pairs)) or ("any",),
        applications=tuple(dict.fromkeys(application for application, _ in pairs)),
        users=tuple(user for user in fields.get("user", ()) if user != "any"),
        text=f"rule-type {kind}" if kind else None,
        not_understood=tuple(_strange(action, fields)),
    )
    category = sorted(one for one in fields.get("category", ()) if one != "any")
    more = {"category": category, "type": [kind], "not understood": list(rule.not_understood)}
    return with_digest(rule, more)


def _strange(action: str, fields: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if action not in PERMITS:
        yield f"action {action}".strip()
    for name, values in fields.items():
        if name not in _KNOWN and values not in ((), ("any",), ("none",), ("no",)):
            yield " ".join((name, *values))[:120]


def _blocks(capture: Capture) -> Iterator[Block]:
    """Each rule's name and fields. Raises Unexpected, or Incomplete for one that is not closed
    and for the marks of a pager, behind which half a line may stand."""
    if _PAGER.search(capture.text()):
        raise Incomplete(
            f"{who(capture)}: the answer went through a pager",
            next_step="type `set cli pager off` first, and deliver it again",
        )
    name: str | None = None
    fields: dict[str, tuple[str, ...]] = {}
    for line in capture.text().splitlines():
        if name is None:
            if opened := _OPEN.match(line):
                name = _INDEX.sub("", opened["quoted"] or opened["plain"] or "")
                fields = {}
        elif line.strip() == "}":
            if "action" not in fields:
                raise Unexpected(f"{who(capture)}: rule {shown(name)!r} says no action")
            yield name, fields
            name = None
        elif field := _FIELD.match(line):
            fields[field[1]] = tuple(field[2].strip("[] ").split())
    if name is not None:
        raise Incomplete(f"{who(capture)}: rule {shown(name)!r} breaks off")


def _with_regions(fields: dict[str, tuple[str, ...]], end: str) -> tuple[str, ...]:
    """Addresses, and countries beside them."""
    regions = tuple(one for one in fields.get(f"{end}-region", ()) if one not in ("none", "any"))
    addresses = fields.get(end, ())
    return regions if regions and addresses == ("any",) else (*addresses, *regions)


def _service(said: str) -> tuple[str, str]:
    """Application and service of `0:dns/udp/any/53`: application, protocol, both ports."""
    parts = said.partition(":")[2] if re.match(r"\d+:", said) else said
    application, protocol, _, port = (*parts.split("/"), "any", "any", "any")[:4]
    if protocol == "any":
        return application, "any" if port == "any" else port
    return application, protocol if port == "any" else f"{protocol}/{port}"
