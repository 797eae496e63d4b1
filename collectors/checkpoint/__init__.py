"""Check Point Security Management (R80.10 and later) by its web API with a read-only session.

The manager holds the rules of every package and the hits its gateways send it; it answers of
each gateway or cluster by itself. A hit is a connection. What a gateway enforces is the package
that was installed on it last: rules edited since then are told, and their counts show traffic
only. How long hits are kept is a setting of the manager: with less than the window kept, no
single reading shows the window.

From the documentation and public code; not confirmed on a manager of our own: that hits outlive
reboots of gateways and manager, and that a gateway in a rule stands for all its interfaces.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from collectors.checkpoint import _remote, _rules, _units, _usage
from collectors.checkpoint._answer import (
    Pages,
    Row,
    by_list,
    name_of,
    one_or_more,
    pages,
    words,
)
from collectors.checkpoint._objects import dictionary
from collectors.checkpoint._rules import INLINE, Layer, objects_of
from collectors.checkpoint._units import VENDOR, Counting, Gateway
from evidence.ask import Ask, HttpSession, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected, shown
from evidence.facts import Fact, FirewallRule

__all__ = ["VENDOR"]
ALIASES = ("checkpoint_mgmt", "check_point_mgmt")
TRANSPORTS = ("https",)

Flow = Generator[Ask, Capture, Iterable[Fact]]
T = TypeVar("T")

_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in ("password", "shared-secret", "secret-key", "one-time-password", "sic-password")
)
_UID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HOLES = {"offset": r"[0-9]{1,7}", "layer": _UID, "target": _UID}
_DOMAIN = {"domain": r"[A-Za-z0-9._ -]{1,64}"}


def _login(name: str, account: str) -> Ask:
    body = f'{{{account},"read-only":true}}'
    return Ask(name, f"POST /web_api/login {body}", "http", holes=_DOMAIN)


_KEY, _PAIR = '"api-key":"{$token}"', '"user":"{$username}","password":"{$password}"'
HTTP_SESSION = HttpSession(
    login=(
        _login("login_key_domain", f'{_KEY},"domain":"{{domain}}"'),
        _login("login_domain", f'{_PAIR},"domain":"{{domain}}"'),
        _login("login_key", _KEY),
        _login("login", _PAIR),
    ),
    token="json sid",
    carried=("header X-chkp-sid",),
    logout=Ask("logout", "POST /web_api/logout {}", "http"),
)


def _show(name: str, command: str, more: str = "") -> Ask:
    body = f'{{"limit":500,"offset":{{offset}}{more}}}'
    text = f"POST /web_api/{command} {body}"
    return Ask(name, text, "http", secrets=_SECRETS, holes=_HOLES, also=(command,))


_FULL = ',"details-level":"full"'
_RULES = ',"uid":"{layer}","details-level":"standard","use-object-dictionary":true'
_HITS = ',"show-hits":true,"hits-settings":{"target":"{target}"}'

PACKAGES = _show("packages", "show-packages", _FULL)
GATEWAYS = _show("gateways", "show-gateways-and-servers", _FULL)
RULES = _show("rulebase", "show-access-rulebase", _RULES)
RULES_HITS = _show("rulebase_hits", "show-access-rulebase", _RULES + _HITS)
LAYER = Ask("layer", 'POST /web_api/show-access-layer {"uid":"{layer}"}', "http", holes=_HOLES)
PROPERTIES = Ask(
    "global_properties",
    "POST /web_api/show-global-properties {}",
    "http",
    secrets=_SECRETS,
    also=("show-global-properties",),
)
OBJECTS = tuple(
    _show(name.replace("-", "_"), f"show-{name}", _FULL)
    for name in (
        *("hosts", "networks", "address-ranges", "groups"),
        *("services-tcp", "services-udp", "services-icmp", "service-groups"),
    )
)
COMMUNITIES = _show("remote_communities", "show-vpn-communities-remote-access", _FULL)
USER_GROUPS = _show("user_groups", "show-user-groups", _FULL)
USERS = _show("users", "show-users", _FULL)


@dataclass(frozen=True, slots=True)
class Package:
    """A package: its ordered layers, each with what it ends in where that is told."""

    name: str
    domain: str
    layers: tuple[Row, ...]


def firewall(device: Device) -> Flow:
    """Every package's rules, for each gateway that has it installed with that gateway's hits."""
    try:
        packages = _packages(device, (yield from pages(PACKAGES)))
    except NotAnswered as error:
        if error.code != NotAnswered.code or device.transport in TRANSPORTS:
            raise
        return (yield from _lone(device))
    listed = yield from _optional(pages(GATEWAYS))
    gateways = _units.gateways(listed.rows("objects")) if listed else []
    properties = yield from _properties()
    counting = _units.counting(properties, device.options.get("hits_kept"))
    objects = yield from _objects()
    found: list[Fact] = [*_units.units(gateways)]
    enforced: set[str] = set()
    # Those that nobody enforces last: of a layer they share, the rules that somebody does are told.
    for package in sorted(packages, key=lambda one: not _targets(one, gateways)):
        targets = _targets(package, gateways)
        facts = yield from _package(device, package, targets, counting, objects)
        rules = {one.key for one in facts if isinstance(one, FirewallRule)}
        found += facts if targets else (one for one in facts if _key(one) not in enforced)
        enforced |= rules
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no access rule in any package",
            code="result_empty_suspicious",
            next_step="check that the account's permission profile may read the access policy",
        )
    return found


def _objects() -> Generator[Ask, Capture, list[Row]]:
    found: list[Row] = []
    for ask in OBJECTS:
        more = yield from _optional(pages(ask))
        found += more.rows("objects") if more else ()
    return found


def _lone(device: Device) -> Flow:
    """The rules of layers that somebody delivered without their packages: what a layer ends in,
    and what its hits are those of, is not told."""
    layers = by_list((yield RULES(layer=_NO_LAYER, offset="0")))
    objects = yield from _objects()
    found: list[FirewallRule] = []
    for uid, read in layers.items():
        layer = Layer(uid, str(read.pages[0].get("name") or uid), None, read)
        told = dictionary([*objects, *objects_of(read)])
        rows = list(layer.entries(device.id))
        domains = {str((row.get("domain") or {}).get("name", "")) for row in rows}
        domain = domains.pop() if len(domains) == 1 else ""
        found += _rules.rules(layer, device.id, domain, told)
    if not found:
        raise Unexpected(f"{device.id}: no access rule in it", code="result_empty_suspicious")
    return found


_NO_LAYER = "00000000-0000-0000-0000-000000000000"


def firmware(device: Device) -> Flow:
    """Release and appliance of the manager and of every gateway it lists."""
    listed = yield from pages(GATEWAYS)
    rows = list(listed.rows("objects"))
    return [*_units.releases(rows), *_units.units(_units.gateways(rows))]


def remote_access(device: Device) -> Flow:
    """Who may come in by the remote access community. Raises NotAnswered: the manager does not
    tell its communities (before R80.40), or may not."""
    communities = yield from pages(COMMUNITIES)
    groups = yield from _optional(pages(USER_GROUPS))
    users = yield from _optional(pages(USERS))
    gateways = yield from _optional(pages(GATEWAYS))
    return list(
        _remote.ways(
            communities.rows("objects"),
            groups.rows("objects") if groups else (),
            users.rows("objects") if users else (),
            gateways.rows("objects") if gateways else (),
            communities.at,
        )
    )


def _targets(package: Package, gateways: Iterable[Gateway]) -> list[Gateway]:
    return [one for one in gateways if one.package == package.name]


def _key(fact: Fact) -> str | None:
    return fact.key if isinstance(fact, FirewallRule) else None


def _packages(device: Device, found: Pages) -> list[Package]:
    """The packages with an access policy. Raises Unexpected: they are of another domain."""
    wanted = device.options.get("domain")
    packages = []
    for row in found.rows("packages"):
        domain = row.get("domain") or {}
        if wanted and domain.get("domain-type") == "domain" and domain.get("name") != wanted:
            raise Unexpected(
                f"{device.id}: asked of domain {wanted}, the manager answers of "
                f"{shown(str(domain.get('name')))}",
                code="other_domain",
                next_step="correct the option `domain`, or the account's domain",
            )
        if row.get("access") is not False:
            name, layers = str(row.get("name")), tuple(row.get("access-layers") or ())
            packages.append(Package(name, str(domain.get("name", "")), layers))
    return packages


def _package(
    device: Device,
    package: Package,
    targets: list[Gateway],
    counting: Counting,
    objects: list[Row],
) -> Generator[Ask, Capture, list[Fact]]:
    """One package's rules as each target enforces them; as nobody does, where none has it."""
    found: list[Fact] = []
    enforcing: list[Gateway | None] = [*targets] or [None]
    for target in enforcing:
        layers = yield from _layers(device, package, target)
        told = dictionary([*objects, *(one for layer in layers for one in objects_of(layer.pages))])
        rows = {row["uid"]: row for layer in layers for row in layer.entries(device.id)}
        rules = {
            rule.vendor_id or rule.key: rule
            for layer in layers
            for rule in _rules.rules(layer, device.id, package.domain, told)
            if target is None or not rule.installed_on or target.name in rule.installed_on
        }
        if target is None:
            found += rules.values()
            continue
        usages = list(_usage.usages(rules, rows, target, counting, layers))
        counted = {usage.key for usage in usages if usage.count is not None}
        found += [
            replace(rule, subject_unit=target.name, counted=rule.key in counted)
            for rule in rules.values()
        ]
        found += usages
    return found


def _layers(
    device: Device, package: Package, target: Gateway | None
) -> Generator[Ask, Capture, list[Layer]]:
    """The ordered layers of a package and, behind them, the inline layers their rules call."""
    found: dict[str, Layer] = {}
    waiting = [
        (name_of(one), words(one.get("name")), words(one.get("implicit-cleanup-action")))
        for one in package.layers
    ]
    while waiting:
        uid, name, ends_in = waiting.pop(0)
        if uid in found:
            continue
        read = yield from _rules_of(uid, target)
        first: Mapping[str, object] = read.pages[0]
        found[uid] = Layer(uid, name or str(first.get("name", uid)), ends_in, read)
        for row in found[uid].entries(device.id):
            inner = row.get(INLINE)
            if inner and name_of(inner) not in found:
                told = yield from _optional(_layer(name_of(inner)))
                ends = words((told or {}).get("implicit-cleanup-action"))
                waiting.append((name_of(inner), words((told or {}).get("name")), ends))
    return list(found.values())


def _rules_of(uid: str, target: Gateway | None) -> Generator[Ask, Capture, Pages]:
    """A layer's rules with a target's hits; without any where the manager refuses to tell them."""
    if target is not None:
        counted = yield from _optional(pages(RULES_HITS, layer=uid, target=target.uid))
        if counted is not None:
            return counted
    return (yield from pages(RULES, layer=uid))


def _layer(uid: str) -> Generator[Ask, Capture, Row]:
    return one_or_more((yield LAYER(layer=uid)))[0]


def _properties() -> Generator[Ask, Capture, Row | None]:
    """The global properties; releases before R81.20 and accounts with less do not tell them."""
    try:
        return one_or_more((yield PROPERTIES))[0]
    except NotAnswered:
        return None


def _optional(flow: Generator[Ask, Capture, T]) -> Generator[Ask, Capture, T | None]:
    """What can be done without; None when it is not answered."""
    try:
        return (yield from flow)
    except NotAnswered:
        return None
