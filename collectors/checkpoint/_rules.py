"""Rules of ordered and inline layers, in the order of evaluation, each layer's end included.

A packet runs through a layer from the top; where a rule's action is another layer, that
layer decides within it. Each ordered layer must accept. A layer ends in its implicit action.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from collectors._managed.match import with_digest
from collectors.checkpoint._answer import Pages, Row, moment, name_of, words
from collectors.checkpoint._objects import ANY, Dictionary
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import FirewallRule

INLINE = "inline-layer"
POLICY_TARGETS = "Policy Targets"
_PERMITS: dict[str, bool | None] = {
    **dict.fromkeys(("accept", "ask", "inform", "user auth", "client auth"), True),
    **dict.fromkeys(("drop", "reject"), False),
    **dict.fromkeys(("inner layer", "apply layer"), None),
}
# What makes a rule match beside its fields here.
_CONDITIONS = {"vpn": "vpn", "content": "content"}
_KNOWN = frozenset(
    (
        *("uid", "name", "type", "domain", "rule-number", "track", "source", "source-negate"),
        *("destination", "destination-negate", "service", "service-negate", "vpn", "action"),
        *("action-settings", "content", "content-negate", "content-direction", "time", "hits"),
        *("custom-fields", "meta-info", "comments", "enabled", "install-on", "inline-layer"),
        *("user-check", "icon", "available-actions", "tags", "color", "read-only"),
        *("service-resource", "exceptions-number", "exceptions"),
    )
)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: what it ends in (`drop`, `accept`; None: not told), and its pages of rules."""

    uid: str
    name: str
    ends_in: str | None
    pages: Pages

    def entries(self, device: str) -> Iterator[Row]:
        """Every rule, those within sections too. Raises Incomplete or Unexpected."""
        seen: set[str] = set()
        for row in self.pages.rows("rulebase"):
            inner = row.get("rulebase") if row.get("type") == "access-section" else [row]
            for rule in inner or ():
                if rule.get("type") == "place-holder":
                    raise Incomplete(
                        f"{device}: layer {shown(self.name)}: a rule is hidden from the account",
                        code="privilege_missing",
                        next_step="give its permission profile all layers to read",
                    )
                if rule.get("type") != "access-rule":
                    kind = shown(str(rule.get("type")))
                    raise Unexpected(f"{device}: layer {shown(self.name)}: an entry is a {kind}")
                if rule["uid"] in seen:
                    raise Incomplete(
                        f"{device}: layer {shown(self.name)}: a rule comes twice",
                        next_step="read again when nobody is publishing changes",
                    )
                seen.add(rule["uid"])
                yield rule


def objects_of(pages: Pages) -> Iterator[Row]:
    """The objects that rules of these pages name: in a dictionary, or where they are named."""
    yield from pages.rows("objects-dictionary")
    for row in pages.rows("rulebase"):
        for rule in row.get("rulebase") or [row]:
            for value in rule.values():
                named = value if isinstance(value, list) else [value]
                yield from (
                    one
                    for one in named
                    if isinstance(one, Mapping) and {"uid", "type"} <= one.keys()
                )


def rules(layer: Layer, device: str, domain: str, found: Dictionary) -> Iterator[FirewallRule]:
    """The layer's rules and its end, as no target in particular enforces them."""
    position = 0
    for row in layer.entries(device):
        position += 1
        yield _rule(row, layer, position, domain, found)
    if layer.ends_in:
        yield FirewallRule(
            key=f"{domain}/inet/{layer.uid}/implicit-cleanup",
            context=domain,
            family="inet",
            policy=layer.name,
            position=position + 1,
            name="Implicit Cleanup",
            action=layer.ends_in,
            permits=_PERMITS.get(layer.ends_in),
            logged=False,
            implicit=True,
            match_digest=sha256(b"implicit-cleanup").hexdigest(),
        )


def _rule(row: Row, layer: Layer, position: int, domain: str, found: Dictionary) -> FirewallRule:
    columns = {
        name: [name_of(one) for one in row.get(name) or ()]
        for name in ("source", "destination", "service", "vpn", "content", "time", "install-on")
    }
    action = found.name(name_of(row.get("action", ""))).lower()
    source_zones, sources = _places(columns["source"], found)
    destination_zones, destinations = _places(columns["destination"], found)
    services, applications = _services(columns["service"], found)
    meta = row.get("meta-info") or {}
    return with_digest(
        FirewallRule(
            key=f"{domain}/inet/{row['uid']}",
            context=domain,
            family="inet",
            policy=layer.name,
            position=position,
            vendor_id=str(row["uid"]),
            name=words(row.get("name")),
            comment=_comment(row),
            enabled=row.get("enabled", True) is True,
            action=action,
            permits=_PERMITS.get(action),
            source_zones=source_zones,
            sources=sources,
            sources_negated=row.get("source-negate") is True,
            destination_zones=destination_zones,
            destinations=destinations,
            destinations_negated=row.get("destination-negate") is True,
            services=services,
            applications=applications,
            logged=_logged(row.get("track"), found),
            schedule=", ".join(found.names(columns["time"])) or None,
            installed_on=tuple(
                name for name in found.names(columns["install-on"]) if name != POLICY_TARGETS
            ),
            created_at=moment(meta.get("creation-time")),
            modified_at=moment(meta.get("last-modify-time")),
            conditions=tuple(_conditions(row, columns, found)),
            not_understood=tuple(_strange(row, action)),
            text=f"rule {row.get('rule-number', position)}",
        )
    )


def _places(uids: list[str], found: Dictionary) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Zones and addresses of a column. A zone beside addresses widens it: then it is an entry."""
    if uids and all(found.kind(uid) == "security-zone" for uid in uids):
        return found.names(uids), ("any",)
    return (), found.resolve(uids)


def _services(uids: list[str], found: Dictionary) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Services and applications. An application beside services widens them: then it is one."""
    if uids and all(found.is_application(uid) for uid in uids):
        return ("any",), found.names(uids)
    return found.resolve(uids), ()


def _conditions(row: Row, columns: Mapping[str, list[str]], found: Dictionary) -> Iterator[str]:
    for name in _CONDITIONS:
        named = [found.name(uid) for uid in columns[name] if found.kind(uid) != ANY]
        if named:
            sign = "not " if row.get(f"{name}-negate") is True else ""
            yield f"{name} {sign}{', '.join(named)}"
    resource = row.get("service-resource")
    if resource:
        yield f"service-resource {found.name(name_of(resource))}"


def _strange(row: Row, action: str) -> Iterator[str]:
    """What this reader does not know of the rule, or cannot say in a rule's fields."""
    if row.get("service-negate") is True:
        yield "service-negate true"
    if action not in _PERMITS:
        yield f"action {action}"
    yield from (f"{name} {row[name]!r}"[:120] for name in row if name not in _KNOWN)


def _comment(row: Row) -> str | None:
    """The comment, and the custom fields, in which many keep the ticket."""
    custom = row.get("custom-fields") or {}
    said: Iterable[Any] = (row.get("comments"), *(custom.values()))
    return " | ".join(filter(None, (words(one) for one in said))) or None


def _logged(track: Any, found: Dictionary) -> bool | None:
    """Whether traffic is logged: any tracking but `None`, by connection or session."""
    kind = track.get("type") if isinstance(track, Mapping) else track
    if kind is None:
        return None
    return found.name(name_of(kind)).lower() != "none"
