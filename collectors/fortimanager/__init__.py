"""FortiManager (6.4 and later) by JSON-RPC with a read-only administrator: packages and units.

The manager is the map: which policies there are, on which units each package is installed, and
on which it is pending. Its hits are fetched by a task that only a writing administrator may
start, and are added up over all units of a package: they show traffic. The proof of silence
comes from the FortiGates themselves (platform `fortios`).

From the documentation and public code; not confirmed on a manager of our own: `_package/status`
for all units in one answer, `hitc-timestamp`, and the times of edits.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace

from collectors.fortimanager import _policy
from collectors.fortimanager._answer import (
    PAGE_ROWS,
    Row,
    data,
    epoch,
    folded,
    optional,
    pages,
    rows,
    where_there,
)
from collectors.fortimanager._objects import objects
from collectors.fortimanager._policy import Package, unit_name
from evidence.ask import Ask, HttpSession, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import Fact, FirewallRule, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Fortinet"
ALIASES = ("fortinet_fortimanager", "fmg")
TRANSPORTS = ("https",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

HTTP_SESSION = HttpSession(
    login=(
        Ask(
            "login",
            'POST /jsonrpc {"method":"exec","params":[{"data":{"user":"{$username}",'
            '"passwd":"{$password}"},"url":"/sys/login/user"}]}',
            "http",
        ),
    ),
    token="json session",
    logout=Ask(
        "logout",
        'POST /jsonrpc {"method":"exec","params":[{"url":"/sys/logout"}],"session":"{$session}"}',
        "http",
    ),
)
_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in ("adm_pass", "passwd", "password", "psk", "psksecret", "private_key", "session")
)
_NAME = r"[\w. -]{1,64}"
_HOLES = {"offset": r"[0-9]{1,7}", "adom": _NAME, "pkg": rf"{_NAME}(?:/{_NAME}){{0,8}}"}


def _get(name: str, url: str, more: str = "") -> Ask:
    asked = f'"params":[{{{more}"url":"{url}"}}],"session":"{{$session}}","verbose":1'
    text = f'POST /jsonrpc {{"method":"get",{asked}}}'
    return Ask(name, text, "http", secrets=_SECRETS, holes=_HOLES, also=(url,))


def _listed(name: str, url: str) -> tuple[Ask, Ask]:
    """How many there are, and a page of them."""
    return (
        _get(f"{name}_count", url, '"option":"count",'),
        _get(name, url, f'"range":[{{offset}},{PAGE_ROWS}],'),
    )


_PM = "/pm/config/adom/{adom}"
STATUS = _get("status", "/sys/status")
ADOMS = _get("adoms", "/dvmdb/adom", '"fields":["name","state","restricted_prds"],')
DEVICES = _get("devices", "/dvmdb/adom/{adom}/device")
PACKAGES = _get("packages", "/pm/pkg/adom/{adom}")
INSTALLED = _get("package_status", f"{_PM}/_package/status")
POLICIES = _listed("policies", f"{_PM}/pkg/{{pkg}}/firewall/policy")
SECURITY_POLICIES = _listed("security_policies", f"{_PM}/pkg/{{pkg}}/firewall/security-policy")
HEADER = _get("header_policies", f"{_PM}/pkg/{{pkg}}/global/header/policy")
FOOTER = _get("footer_policies", f"{_PM}/pkg/{{pkg}}/global/footer/policy")
ADDRESSES = tuple(
    _get(f"object_{name}", f"{_PM}/obj/firewall/{name}") for name in ("address", "address6")
)
SERVICES = (_get("object_service", f"{_PM}/obj/firewall/service/custom"),)
GROUPS = tuple(
    _get(f"object_{name.replace('/', '_')}", f"{_PM}/obj/firewall/{name}")
    for name in ("addrgrp", "addrgrp6", "service/group")
)


def firewall(device: Device) -> Flow:
    """The policies of every package of every ADOM, with the units that have them installed."""
    found: list[Fact] = []
    for adom in (yield from _adoms(device)):
        found += yield from _units(adom)
        found += yield from _adom(adom)
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no policy in any package",
            code="result_empty_suspicious",
            next_step="check the administrator's profile, and which ADOMs it may see",
        )
    return found


def firmware(device: Device) -> Flow:
    """Release and model of the manager and of every unit it manages."""
    capture = yield STATUS
    told = data(capture)
    if not isinstance(told, dict) or not told.get("Version"):
        raise Unexpected(f"{device.id}: the manager does not tell its release")
    version = str(told["Version"]).split(" ")[0].split("-build")[0]
    model, serial = told.get("Platform Type"), told.get("Serial Number")
    found: list[Fact] = [
        SoftwareRelease(
            vendor=VENDOR,
            product="fortimanager",
            name="FortiManager",
            version=version,
            train=train("fortimanager", version.removeprefix("v")),
        ),
        HardwareItem(vendor=VENDOR, model=model, serial=serial, virtual="VM" in str(model)),
        Unit(vendor=VENDOR, model=model, serial=serial, hostname=told.get("Hostname")),
    ]
    for adom in (yield from _adoms(device)):
        for row in (yield from optional(DEVICES, adom=adom)) or ():
            found += _unit_release(row)
    return found


def _adoms(device: Device) -> Generator[Ask, Capture, list[str]]:
    """Those of the option `adom`, else all that hold FortiGates and are in use."""
    if option := device.options.get("adom"):
        return [one.strip() for one in option.split(",")]
    listed = rows((yield ADOMS))
    return [
        str(row["name"])
        for row in listed
        if row.get("restricted_prds", "fos") in ("fos", 1) and row.get("state", 1) in (1, "1", True)
        if row.get("name") != "rootp"
    ]


def _adom(adom: str) -> Generator[Ask, Capture, list[Fact]]:
    packages = rows((yield PACKAGES(adom=adom)))
    installed = yield from optional(INSTALLED, adom=adom)
    known = objects(
        (yield from _rows(ADDRESSES, adom)),
        (yield from _rows(SERVICES, adom)),
        (yield from _rows(GROUPS, adom)),
    )
    found: list[Fact] = []
    for name, row in folded(packages):
        package = _package(adom, name, row, installed)
        header = yield from where_there(HEADER, adom=adom, pkg=name)
        own = yield from pages(*POLICIES, adom=adom, pkg=name)
        footer = yield from where_there(FOOTER, adom=adom, pkg=name)
        parts = (("header ", header), ("", own), ("footer ", footer))
        told = list(_policy.rules(package, parts, known))
        if package.policy_based:
            security = yield from pages(*SECURITY_POLICIES, adom=adom, pkg=name)
            told = [(_policy.inspecting(rule), policy) for rule, policy in told]
            told += _policy.security(package, security, known)
        usages = [
            one
            for rule, policy in told
            if (one := _policy.usage(rule, policy, package)) is not None
        ]
        counted = {one.key for one in usages if one.count is not None}
        found += (replace(rule, counted=rule.key in counted or None) for rule, _ in told)
        found += _policy.implicit(package, [rule for rule, _ in told])
        found += usages
    return found


def _rows(asks: Iterable[Ask], adom: str) -> Generator[Ask, Capture, list[Row]]:
    found: list[Row] = []
    for ask in asks:
        found += (yield from optional(ask, adom=adom)) or []
    return found


def _package(adom: str, name: str, row: Row, installed: list[Row] | None) -> Package:
    """A package and the state of each unit it is meant for, as the manager knows it."""
    mine = [one for one in installed or () if one.get("pkg") == name]
    settings = row.get("package settings")
    settings = settings if isinstance(settings, dict) else {}
    states = {
        unit_name(str(one.get("dev")), one.get("vdom")): one.get("status") == "installed"
        for one in mine
    }
    return Package(
        adom=adom,
        name=name,
        installed=tuple(unit for unit, done in states.items() if done),
        pending=tuple(unit for unit, done in states.items() if not done),
        fetched_at=epoch(settings.get("hitc-timestamp")),
        policy_based=settings.get("ngfw-mode") in ("policy-based", 1),
        central_nat=settings.get("central-nat") in ("enable", 1),
    )


def _units(adom: str) -> Generator[Ask, Capture, list[Fact]]:
    """The FortiGates of an ADOM, each member of a cluster by itself."""
    found: list[Fact] = []
    for row in (yield from optional(DEVICES, adom=adom)) or ():
        members = [one for one in row.get("ha_slave") or () if isinstance(one, dict)]
        mode = str(row.get("ha_mode") or "standalone").lower()
        for one in members or [{"name": row.get("hostname"), "sn": row.get("sn")}]:
            found.append(
                Unit(
                    subject_unit=str(one.get("sn") or row.get("name")),
                    vendor=VENDOR,
                    model=row.get("platform_str") or None,
                    serial=one.get("sn") or None,
                    hostname=one.get("name") or None,
                    ha_mode=mode,
                    ha_role=_role(one.get("role"), mode) if members else None,
                )
            )
    return found


def _role(value: object, mode: str) -> str | None:
    """`master` and `slave`, or 1 and 0. Only in an active/passive cluster one enforces alone."""
    if mode not in ("ap", "a-p", "active-passive"):
        return "member"
    return {"master": "active", "slave": "standby", "1": "active", "0": "standby"}.get(str(value))


def _unit_release(row: Row) -> Iterable[Fact]:
    numbers = [str(row.get(name, "")).removesuffix(".0") for name in ("os_ver", "mr", "patch")]
    version = ".".join(one for one in numbers if one)
    unit, model = str(row.get("sn") or row.get("name")), row.get("platform_str") or None
    if row.get("os_ver") and version.count(".") == 2:
        yield SoftwareRelease(
            subject_unit=unit,
            vendor=VENDOR,
            product="fortios",
            name="FortiOS",
            version=f"v{version}",
            build=None if row.get("build") is None else str(row["build"]),
            train=train("fortios", version),
        )
    virtual = "VM" in str(model)
    yield HardwareItem(
        subject_unit=unit, vendor=VENDOR, model=model, serial=row.get("sn") or None, virtual=virtual
    )
