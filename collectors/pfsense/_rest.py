"""The API of the package pfSense-pkg-RESTAPI (pfrest), version 2: rules as the pages hold them.

It has no counters. A rule's tracking number is its own; the rules of one interface decide in their
order behind those that float.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from collectors._managed.answer import document, who
from collectors._managed.apart import twice
from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from collectors._pf.order import in_order
from collectors._pf.words import FAMILIES, PERMITS, services
from collectors.pfsense._unit import VENDOR
from evidence.capture import Capture
from evidence.errors import NotAnswered, Unexpected, shown
from evidence.facts import FirewallRule, Unit

Row = Mapping[str, Any]

_RESOLVED = ("host", "network", "port")
_KNOWN = frozenset(
    (
        *("id", "parent_id", "type", "interface", "ipprotocol", "protocol", "icmptype", "source"),
        *("source_port", "destination", "destination_port", "descr", "disabled", "log", "sched"),
        *("dscp", "tcp_flags_out_of", "tcp_flags_set", "tcp_flags_any", "floating", "quick"),
        *("direction", "tracker", "associated_rule_id", "created_time", "created_by"),
        *("updated_time", "updated_by"),
        # What pf does with what matched: states, marks, ways, speed.
        *("tag", "statetype", "gateway", "dnpipe", "pdnpipe", "defaultqueue", "ackqueue"),
    )
)
_UNSET: tuple[Any, ...] = (None, "", [], False, 0)
_UPTIME = re.compile(
    r"(?:(?P<d>\d+) Days? ?,? )?(?P<h>\d+) Hours? (?P<m>\d+) Minutes? (?P<s>\d+) Seconds?"
)


def rows(capture: Capture) -> list[Row]:
    """The rows of an answer. Raises NotAnswered for a refusal, Unexpected for another form."""
    data = given(capture)
    if not isinstance(data, list) or not all(isinstance(one, Mapping) for one in data):
        raise Unexpected(f"{who(capture)}: its data is no list of objects")
    return data


def sheet(capture: Capture) -> Row:
    """The object of an answer."""
    data = given(capture)
    if not isinstance(data, Mapping):
        raise Unexpected(f"{who(capture)}: its data is not one object")
    return data


def given(capture: Capture) -> Any:
    """The data of an answer. Raises NotAnswered for a refusal, Unexpected for another form."""
    said = document(capture)
    if not isinstance(said, Mapping) or not {"code", "status", "data"} <= said.keys():
        raise Unexpected(f"{who(capture)}: not the form of a pfrest answer")
    if said["code"] != 200:
        raise NotAnswered(
            f"{who(capture)}: refused: {shown(str(said.get('message')))}",
            code="privilege_missing" if said["code"] in (401, 403) else "ask_refused",
            next_step="give the key's user the privileges of the platform's page",
        )
    return said["data"]


def aliases(found: Iterable[Row]) -> Objects:
    """Addresses and ports by alias; one whose content is fetched from elsewhere stays a name."""
    return Objects(
        groups={
            str(row.get("name")): tuple(map(str, row.get("address") or ()))
            for row in found
            if row.get("type") in _RESOLVED
        }
    )


def rules(
    found: Iterable[Row], known: Objects, device: str, *, whole: bool = False
) -> list[FirewallRule]:
    """The rules in the order of deciding, the denial behind those of incoming packets last.

    Raises Incomplete for a rule that comes twice, but of a `whole` document, which repeats what
    somebody wrote twice.
    """
    floating: list[tuple[FirewallRule, bool]] = []
    placed: list[tuple[FirewallRule, bool]] = []
    seen: Counter[str] = Counter()
    for row in found:
        rule = _rule(row, known)
        seen[rule.key] += 1
        if seen[rule.key] > 1 and not whole:
            raise twice(device, rule.name or rule.key)
        if seen[rule.key] > 1:
            rule = replace(rule, key=f"{rule.key}#{seen[rule.key]}")
        if row.get("floating") is True:
            floating.append((rule, row.get("quick") is True))
        else:
            placed.append((rule, True))
    told = list(in_order([*floating, *placed]))
    last = max((one.position for one in told if one.policy == "in"), default=0)
    return [*told, *([_default(last + 1)] if told else [])]


def _default(position: int) -> FirewallRule:
    return FirewallRule(
        key="page/default-deny",
        family="inet",
        policy="in",
        position=position,
        name="Default deny rule",
        action="block",
        permits=False,
        implicit=True,
        owner="pfsense",
        match_digest=sha256(b"default deny").hexdigest(),
    )


def _rule(row: Row, known: Objects) -> FirewallRule:
    way = str(row.get("direction") or "in") if row.get("floating") is True else "in"
    interfaces = tuple(map(str, row.get("interface") or ()))
    places = tuple(one for one in interfaces if one != "any")
    action, family = str(row.get("type", "")).lower(), str(row.get("ipprotocol", "")).lower()
    source, target = _address(row, "source"), _address(row, "destination")
    tracker = row.get("tracker")
    rule = with_digest(
        FirewallRule(
            key="",
            family=FAMILIES.get(family, "inet"),
            policy=way,
            vendor_id=None if tracker in _UNSET else str(tracker),
            name=str(row.get("descr") or "").strip() or None,
            enabled=row.get("disabled") is not True,
            action=action,
            permits=PERMITS.get(action),
            source_zones=places if way == "in" else (),
            destination_zones=places if way == "out" else (),
            sources=known.resolve([source.removeprefix("!")]),
            sources_negated=source.startswith("!"),
            destinations=known.resolve([target.removeprefix("!")]),
            destinations_negated=target.startswith("!"),
            services=tuple(_services(row, known)),
            logged=row["log"] is True if "log" in row else None,
            schedule=str(row["sched"]) if row.get("sched") else None,
            created_at=_moment(row.get("created_time")),
            modified_at=_moment(row.get("updated_time")),
            owner="policy",
            conditions=tuple(_conditions(row, way, places)),
            not_understood=tuple(_strange(row, action, family)),
        )
    )
    return replace(rule, key=f"page/{rule.vendor_id or rule.match_digest[:16]}")


def _address(row: Row, end: str) -> str:
    return str(row.get(end) or "any").strip()


def _services(row: Row, known: Objects) -> Iterator[str]:
    kinds = row.get("icmptype")
    control = map(str, kinds) if isinstance(kinds, list) else ()
    yield from services(
        str(row.get("protocol") or ""),
        _ports(row, "destination", known),
        _ports(row, "source", known),
        control,
    )


def _ports(row: Row, end: str, known: Objects) -> Iterable[str]:
    port = row.get(f"{end}_port")
    return () if port in _UNSET else known.resolve([str(port)])


def _conditions(row: Row, way: str, places: tuple[str, ...]) -> Iterator[str]:
    if row.get("dscp"):
        yield f"dscp {row['dscp']}"
    for name in ("tcp_flags_set", "tcp_flags_out_of"):
        if isinstance(row.get(name), list) and row[name]:
            yield f"{name} {','.join(map(str, row[name]))}"
    if way == "any" and places:
        yield f"on {', '.join(places)}"


def _strange(row: Row, action: str, family: str) -> Iterator[str]:
    if action not in PERMITS:
        yield f"action {action}".strip()
    if family not in FAMILIES:
        yield f"ipprotocol {family}"
    for name, value in row.items():
        if name not in _KNOWN and not name.startswith("_") and value not in _UNSET:
            yield f"{name} {value!r}"[:120]


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**34:
        return None
    return datetime.fromtimestamp(value, UTC)


def unit(status: Capture | None, name: Capture | None) -> Unit:
    """What the API says of the unit; the part in a CARP pair is not in it."""
    said = sheet(status) if status else {}
    host = sheet(name) if name else {}
    spent = _UPTIME.fullmatch(str(said.get("uptime") or "").strip())
    boot_at = uptime_s = None
    if spent and status:
        days, hours, minutes, seconds = (int(one or 0) for one in spent.groups())
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        uptime_s = span.total_seconds()
        boot_at = (status.answered_at - span).replace(microsecond=0)
    return Unit(
        vendor=VENDOR,
        model=str(said.get("platform") or "").strip() or None,
        serial=str(said.get("serial") or "").strip() or None,
        hostname=str(host.get("hostname") or "").strip() or None,
        boot_at=boot_at,
        uptime_s=uptime_s,
    )
