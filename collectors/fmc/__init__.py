"""Cisco Firewall Management Center (6.6 and later): FTD units by their manager's REST API.

The manager holds the rules of every policy and, of each unit, the hit counts it last fetched. A
read-only account cannot have it fetch anew: the time of the last fetch is told with each count,
and that is when it was true. The same path that reads on GET refreshes on PUT and clears on
DELETE; nothing but GET is ever sent. Rules that only watch (Monitor) are not counted, and the
default action's count is kept elsewhere.

From the documentation; not confirmed on a manager of our own: how times are written, what
`metadata` holds, and that a list of an assigned policy's counts names inherited rules too.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace

from collectors._ftd.hits import usages
from collectors._ftd.objects import objects
from collectors._ftd.pages import Listed, Row, optional, pages, single, words
from collectors.fmc._rules import Policy, rules
from evidence.ask import Ask, HttpSession, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, FirewallRule, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Cisco"
ALIASES = ("cisco_fmc", "firepower_management_center")
TRANSPORTS = ("https",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

HTTP_SESSION = HttpSession(
    login=(Ask("login", "POST /api/fmc_platform/v1/auth/generatetoken", "http"),),
    token="header X-auth-access-token",
    carried=("header X-auth-access-token",),
    logout=Ask("logout", "POST /api/fmc_platform/v1/auth/revokeaccess", "http"),
    login_by="basic",
)
_SECRETS = tuple(
    Secret("json", f"**.{name}") for name in ("password", "regKey", "natID", "sharedKey", "secret")
)
_UID = r"[0-9a-fA-F-]{36}"
_HOLES = {
    "offset": r"[0-9]{1,6}",
    **dict.fromkeys(("domain", "policy", "target"), _UID),
    "kind": "accesspolicies|prefilterpolicies",
}
_CONFIG = "/api/fmc_config/v1/domain/{domain}"
_PAGE = "expanded=true&limit=1000&offset={offset}"


def _get(name: str, path: str) -> Ask:
    return Ask(name, f"GET {path}", "http", secrets=_SECRETS, holes=_HOLES)


DOMAINS = _get("domains", "/api/fmc_platform/v1/info/domain?limit=1000&offset={offset}")
SERVER = _get("server_version", "/api/fmc_platform/v1/info/serverversion")
DEVICES = _get("devices", f"{_CONFIG}/devices/devicerecords?{_PAGE}")
PAIRS = _get("pairs", f"{_CONFIG}/devicehapairs/ftddevicehapairs?{_PAGE}")
ACCESS = _get("access_policies", f"{_CONFIG}/policy/accesspolicies?{_PAGE}")
ACCESS_RULES = _get(
    "access_rules", f"{_CONFIG}/policy/accesspolicies/{{policy}}/accessrules?{_PAGE}"
)
PREFILTER = _get("prefilter_policies", f"{_CONFIG}/policy/prefilterpolicies?{_PAGE}")
PREFILTER_RULES = _get(
    "prefilter_rules", f"{_CONFIG}/policy/prefilterpolicies/{{policy}}/prefilterrules?{_PAGE}"
)
HITS = _get(
    "hit_counts",
    f"{_CONFIG}/policy/{{kind}}/{{policy}}/operational/hitcounts"
    f"?filter=%22deviceId%3A{{target}}%3BfetchZeroHitCount%3Atrue%22&{_PAGE}",
)
OBJECTS = tuple(
    _get(f"object_{name}", f"{_CONFIG}/object/{name}?{_PAGE}")
    for name in (
        *("hosts", "networks", "ranges", "networkgroups"),
        *("protocolportobjects", "icmpv4objects", "portobjectgroups"),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """A unit the manager manages, and the access policy assigned to it."""

    uid: str
    name: str
    policy: str | None
    row: Row


def firewall(device: Device) -> Flow:
    """The rules of each domain's policies as each unit enforces them, with that unit's hits."""
    found: list[Fact] = []
    for uid, name in (yield from _domains(device)):
        targets = [_target(row) for row in (yield from pages(DEVICES, domain=uid)).rows]
        pairs = yield from optional(PAIRS, domain=uid)
        found += _units(targets, pairs)
        found += yield from _domain(uid, name, targets)
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no access rule in any policy",
            code="result_empty_suspicious",
            next_step="check the account's role and domain",
        )
    return found


def firmware(device: Device) -> Flow:
    """Release of the manager; release, model and serial number of every unit."""
    found: list[Fact] = []
    server = yield from single(SERVER)
    for row in (server or {}).get("items") or ():
        version = str(row.get("serverVersion", "")).split(" ")[0]
        if version:
            found.append(_release("fmc", "Firewall Management Center", version, None))
    for uid, _ in (yield from _domains(device)):
        targets = [_target(row) for row in (yield from pages(DEVICES, domain=uid)).rows]
        for target in targets:
            if running := words(target.row.get("sw_version")):
                found.append(_release("ftd", "Firewall Threat Defense", running, target.name))
            found.append(_hardware(target))
        found += _units(targets, (yield from optional(PAIRS, domain=uid)))
    if not found:
        raise Unexpected(f"{device.id}: the manager names no unit and no release of its own")
    return found


def _domains(device: Device) -> Generator[Ask, Capture, list[tuple[str, str]]]:
    """Id and name of the domains to read: that of the option `domain`, else all there are."""
    listed = yield from pages(DOMAINS)
    found = [(str(row.get("uuid")), str(row.get("name"))) for row in listed.rows]
    wanted = device.options.get("domain")
    if wanted is None:
        return found
    chosen = [pair for pair in found if pair[1] == wanted]
    if not chosen:
        raise Unexpected(
            f"{device.id}: domain {wanted} is not among those the account sees",
            code="other_domain",
            next_step="correct the option `domain` (`Global/NAME`), or the account's domain",
        )
    return chosen


def _domain(domain: str, name: str, targets: list[Target]) -> Generator[Ask, Capture, list[Fact]]:
    """All policies of a domain, each rule once for every unit that has its policy assigned."""
    policies = yield from _policies(domain)
    rows: list[Row] = []
    for ask in OBJECTS:
        rows += yield from optional(ask, domain=domain)
    known = objects(rows)
    told = {one.uid: list(rules(one, name, known)) for one in policies}
    by_uid = {one.uid: one for one in policies}
    found: list[Fact] = []
    assigned: set[str] = set()
    for target in targets:
        policy = by_uid.get(target.policy or "")
        if policy is None:
            continue
        before = by_uid.get(policy.prefilter or "")
        for mine in (one for one in (before, policy) if one):
            assigned.add(mine.uid)
            found += yield from _enforced(domain, mine, told[mine.uid], target)
    return found + [rule for uid in told if uid not in assigned for rule in told[uid]]


def _policies(domain: str) -> Generator[Ask, Capture, list[Policy]]:
    found = []
    for row in (yield from pages(PREFILTER, domain=domain)).rows:
        uid = str(row.get("id"))
        listed = yield from pages(PREFILTER_RULES, domain=domain, policy=uid)
        found.append(_policy(row, listed, "prefilter"))
    for row in (yield from pages(ACCESS, domain=domain)).rows:
        uid = str(row.get("id"))
        listed = yield from pages(ACCESS_RULES, domain=domain, policy=uid)
        found.append(_policy(row, listed, "access"))
    return found


def _policy(row: Row, listed: Listed, kind: str) -> Policy:
    default, prefilter = row.get("defaultAction"), row.get("prefilterPolicySetting")
    return Policy(
        uid=str(row.get("id")),
        name=str(row.get("name")),
        default=default if isinstance(default, Mapping) else {},
        rows=listed.rows,
        kind=kind,
        prefilter=str(prefilter.get("id")) if isinstance(prefilter, Mapping) else None,
    )


def _enforced(
    domain: str, policy: Policy, told: list[FirewallRule], target: Target
) -> Generator[Ask, Capture, list[Fact]]:
    """A policy's rules on one unit with what was counted there; uncounted where it is not told."""
    kind = "accesspolicies" if policy.kind == "access" else "prefilterpolicies"
    try:
        hits = yield from pages(
            HITS, domain=domain, kind=kind, policy=policy.uid, target=target.uid
        )
    except NotAnswered:
        return [replace(rule, subject_unit=target.name) for rule in told]
    by_id = {rule.vendor_id: rule for rule in told if rule.vendor_id}
    found = list(usages(hits.rows, by_id, target.name, policy.uid, hits.at))
    counted = {usage.key for usage in found if usage.count is not None}
    return [
        *(replace(rule, subject_unit=target.name, counted=rule.key in counted) for rule in told),
        *found,
    ]


def _target(row: Row) -> Target:
    policy = row.get("accessPolicy")
    assigned = str(policy.get("id")) if isinstance(policy, Mapping) else None
    return Target(str(row.get("id")), str(row.get("name")), assigned, row)


def _units(targets: Iterable[Target], pairs: Iterable[Row]) -> list[Fact]:
    """Each unit, with its part in a pair where the manager tells it."""
    roles: dict[str, tuple[str | None, str]] = {}
    for pair in pairs:
        sides = [pair.get("primary") or {}, pair.get("secondary") or {}]
        metadata = pair.get("metadata") or {}
        for mine, other, side in ((0, 1, "primary"), (1, 0, "secondary")):
            status = (metadata.get(f"{side}Status") or {}).get("currentStatus")
            role = {"active": "active", "standby": "standby"}.get(str(status).lower())
            roles[str(sides[mine].get("id"))] = role, str(sides[other].get("name"))
    found: list[Fact] = []
    for target in targets:
        role, peer = roles.get(target.uid, (None, None))
        found.append(
            Unit(
                subject_unit=target.name,
                vendor=VENDOR,
                model=words(target.row.get("model")),
                serial=_serial(target),
                hostname=target.name,
                ha_mode="failover" if target.uid in roles else None,
                ha_role=role,
                ha_peer=peer,
            )
        )
    return found


def _serial(target: Target) -> str | None:
    metadata = target.row.get("metadata")
    return words(metadata.get("deviceSerialNumber")) if isinstance(metadata, Mapping) else None


def _hardware(target: Target) -> HardwareItem:
    model = words(target.row.get("model"))
    return HardwareItem(
        subject_unit=target.name,
        vendor=VENDOR,
        model=model,
        serial=_serial(target),
        virtual="virtual" in (model or "").lower() or "vmware" in (model or "").lower(),
    )


def _release(product: str, name: str, version: str, unit: str | None) -> SoftwareRelease:
    return SoftwareRelease(
        subject_unit=unit,
        vendor=VENDOR,
        product=product,
        name=name,
        version=version,
        train=train(product, version),
    )
