"""Windows by its registry: `reg query` over OpenSSH or WinRM, an export or hives that somebody
delivers, or a group policy object's files, which tell what is ordered for every computer.

The keys and values are those of Microsoft's policy documentation. No answer of a real Windows
in Chinese was at hand: its error lines are known by their usual wording, everything else is
read without a word of any language. `reg query` ends with 1 where a key is missing, which is
an answer: nothing is configured there.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date

from collectors.windows import _protection
from collectors.windows._account import privilege
from collectors.windows._policy_file import policy_file, security_options, version
from collectors.windows._programs import installed, listeners, machine, updated_on
from collectors.windows._registry import Key, by_key, children, exported, queried, searched
from collectors.windows._remote_desktop import intended, of_users, policies
from collectors.windows.asks import (
    ALL_USERS_POLICY,
    APPLOCKER,
    APPLOCKER_KEY,
    APPLOCKER_KINDS,
    APPLOCKER_SERVICE,
    APPLOCKER_SERVICE_KEY,
    BIOS,
    BIOS_KEY,
    COMPUTER_POLICY,
    DEFENDER,
    DESKTOP_KEY,
    DEVICE_GUARD,
    DOMAIN,
    DOMAIN_KEY,
    EXPORT,
    GROUPS,
    HIVES,
    HOTFIXES,
    INSTALLED,
    LISTENER,
    LISTENER_KEY,
    LISTENERS,
    MACHINE,
    MACHINE_KEY,
    NAME,
    NAME_KEY,
    POLICY,
    POLICY_KEY,
    POLICY_VERSION,
    PROGRAMS,
    PROGRAMS_32,
    PROXY,
    PROXY_KEY,
    RESTRICTION,
    RESTRICTION_KEY,
    SECURITY_CENTER,
    SERVICES,
    SID,
    SYSTEM,
    SYSTEM_KEY,
    TEMPLATE,
    USER_DESKTOP,
    USER_POLICY,
    USERS,
    VERSION,
    VERSION_KEY,
    VOLUMES,
)
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, ProgramsSeen, ProtectionState, SoftwareRelease, Unit
from evidence.remote_control import found as remote_control
from evidence.trains import train

VENDOR = "Microsoft"
TRANSPORTS = ("ssh", "winrm", "winreg", "folder")
# Its commands are more than a limited endpoint lets through before it is told of them.
BY_NAME = ("host",)
NOT_BY = {"winreg": ("account",)}  # groups are told by a command alone

Flow = Generator[Ask, Capture, Iterable[Fact]]

PROGRAM_ASKS = tuple(ask for asks in INSTALLED for ask in asks)
_UNDELIVERED = (NotAnswered.code, "file_missing")


def account(device: Device) -> Flow:
    """The groups of the account that reads."""
    capture = yield GROUPS
    return [privilege(capture.text(), capture.account, f"{device.id}: {GROUPS.text!r}")]


def remote_desktop(device: Device) -> Flow:
    """Limits by group policy, by the listener, by users, and what is in force of them."""
    keys = yield from _read(
        {POLICY: POLICY_KEY, LISTENER: LISTENER_KEY, MACHINE: MACHINE_KEY, SYSTEM: SYSTEM_KEY}
    )
    if not keys:
        return (yield from _ordered(device))
    if keys and all(key.exists and not key.values for key in keys.values()):
        raise Unexpected(
            f"{device.id}: every registry key was answered with nothing",
            code="result_empty_suspicious",
            next_step="run the query by hand: a listener's key always holds values",
        )
    found = policies(
        keys.get(POLICY_KEY), keys.get(LISTENER_KEY), keys.get(MACHINE_KEY), keys.get(SYSTEM_KEY)
    )
    users = of_users((yield from _users()) | dict(keys), POLICY_KEY, DESKTOP_KEY)
    if not found and not users:  # a user's own export is one too
        raise _silence(device)
    return [*(yield from _unit()), *found, *users]


def _ordered(device: Device) -> Flow:
    """What a group policy object orders, from its files."""
    pol, users = (yield from _file(COMPUTER_POLICY)), (yield from _file(ALL_USERS_POLICY))
    template, ini = (yield from _file(TEMPLATE)), (yield from _file(POLICY_VERSION))
    if not (pol or users or template):
        raise _silence(device)
    machine = {
        **(policy_file(pol) if pol else {}),
        **(security_options(template) if template else {}),
    }
    found: list[Fact] = [version(ini)] if ini else []
    if pol or template:
        found.append(intended(machine, POLICY_KEY, SYSTEM_KEY))
    user = policy_file(users, "hkcu\\") if users else {}
    ordered = of_users(user, POLICY_KEY, DESKTOP_KEY)
    return [*found, *(replace(one, source="domain", user="every user") for one in ordered)]


def _users() -> Generator[Ask, Capture, dict[str, Key]]:
    """Policies of the users whose registry is loaded, as far as the account may look."""
    found: dict[str, Key] = {}
    try:
        names = children((yield USERS))
    except NotAnswered:
        return found
    for name in names:
        if not re.fullmatch(SID, name):
            continue  # services, and the classes of a user
        for ask, path in ((USER_POLICY, POLICY_KEY), (USER_DESKTOP, DESKTOP_KEY)):
            place = f"hku\\{name}\\{path}"
            with suppress(NotAnswered):
                found[place.casefold()] = queried((yield ask(sid=name)), place)
    return found


def remote_access(device: Device) -> Flow:
    """Remote-control programs: installed for every user, as services, and by their ports."""
    names: list[str] = []
    read = False
    for ask in (PROGRAMS, PROGRAMS_32):
        if capture := (yield from _file(ask)):
            names += searched(capture, "DisplayName")
            read = True
    capture = yield from _file(SERVICES)
    services = children(capture) if capture else None
    if not services and not names:
        if not read and capture is None:
            raise _silence(device)
        raise Unexpected(
            f"{device.id}: no program and no service is told, and every Windows has services",
            code="result_empty_suspicious",
            next_step=f"run {SERVICES.text!r} by hand",
        )
    heard = yield from _file(LISTENERS)
    open_ = list(listeners(heard.text())) if heard else None
    seen = ProgramsSeen(
        programs=len(names) if read else None,
        services=len(services) if services else None,
        listeners=None if open_ is None else len(open_),
    )
    found = remote_control(names, services or (), open_ or ())
    return [*(yield from _unit()), seen, *found]


def host(device: Device) -> Flow:
    """Anti-virus, application control, encryption, management and proxy, as far as told."""
    found: list[ProtectionState] = []
    answered = False
    for ask, read in (
        (DEFENDER, _protection.defender),
        (SECURITY_CENTER, _protection.others),
        (VOLUMES, _protection.encryption),
    ):
        capture = yield from _if_told(ask)
        if capture is not None:
            answered = True
            found += read(capture)
    guard = yield from _if_told(DEVICE_GUARD)
    if guard is not None and (integrity := _protection.integrity(guard)):
        found.append(integrity)
    paths = [f"{APPLOCKER_KEY}\\{kind}" for kind in APPLOCKER_KINDS]
    keys = yield from _read(
        {
            **dict(zip(APPLOCKER, paths, strict=True)),
            APPLOCKER_SERVICE: APPLOCKER_SERVICE_KEY,
            RESTRICTION: RESTRICTION_KEY,
            DOMAIN: DOMAIN_KEY,
            PROXY: PROXY_KEY,
        }
    )
    kinds = {
        kind: keys[path] for kind, path in zip(APPLOCKER_KINDS, paths, strict=True) if path in keys
    }
    if kinds:
        found.append(_protection.applocker(kinds, keys.get(APPLOCKER_SERVICE_KEY)))
    if restriction := _protection.restriction(keys.get(RESTRICTION_KEY)):
        found.append(restriction)
    if DOMAIN_KEY in keys:
        found.append(_protection.management(None, keys[DOMAIN_KEY]))
    if proxy := _protection.proxy(keys.get(PROXY_KEY)):
        found.append(proxy)
    if not answered and not keys:
        raise _silence(device)
    # A host's own network parameters always hold values: an answer of nothing is none.
    told_nothing = DOMAIN_KEY in keys and not keys[DOMAIN_KEY].values
    if not found or told_nothing:
        raise Unexpected(
            f"{device.id}: nothing tells how it is protected",
            code="result_empty_suspicious",
            next_step="run `Get-MpComputerStatus` by hand as that account",
        )
    return [*(yield from _unit()), *found]


def _if_told(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """What a class tells as JSON; None where this Windows has no such class or denies it."""
    capture = yield from _file(ask)
    if capture is None or capture.text().lstrip()[:1] not in ("{", "["):
        return None
    return capture


def firmware(device: Device) -> Flow:
    """The running Windows, its build as its version (`10.0.17763.5329`); machine and programs.

    The last number is the patch level of the last cumulative update; beside it the day of the
    newest update of any kind.
    """
    key = (yield from _read({VERSION: VERSION_KEY})).get(VERSION_KEY)
    if key is None:
        raise _silence(device)
    build = key.text("CurrentBuild") or key.text("CurrentBuildNumber")
    if build is None:
        raise Unexpected(f"{device.id}: the registry names no Windows build")
    major, minor = key.number("CurrentMajorVersionNumber"), key.number("CurrentMinorVersionNumber")
    # Before Windows 10 there is only the text (`6.3`).
    kernel = key.text("CurrentVersion") if major is None else f"{major}.{minor or 0}"
    patch = key.number("UBR")
    server = (key.text("InstallationType") or key.text("ProductName") or "").casefold()
    product = "windows-server" if "server" in server else "windows"
    version = ".".join([kernel or "10.0", build, *([] if patch is None else [str(patch)])])
    release = SoftwareRelease(
        vendor=VENDOR,
        product=product,
        name=_product_name(key, build),
        version=version,
        build=build,
        train=train(product, version),
        updated_on=(yield from _updated_on(device)),
    )
    bios = yield from _if_allowed(BIOS)
    item = machine(queried(bios, BIOS_KEY)) if bios else None
    programs = yield from _installed()
    return [release, *([item] if item else []), *programs, *(yield from _unit())]


def _updated_on(device: Device) -> Generator[Ask, Capture, date | None]:
    """The day of the newest update; None where this Windows denies its class, or has none."""
    capture = yield from _if_allowed(HOTFIXES)
    if capture is None or capture.text().lstrip()[:1] not in ("{", "["):
        return None
    return updated_on(capture, device.timezone)


def _installed() -> Generator[Ask, Capture, list[SoftwareRelease]]:
    """Programs installed for every user; none where their names were not told."""
    found: list[SoftwareRelease] = []
    for asks in INSTALLED:
        values: list[dict[str, str]] = []
        for ask, name in zip(asks, ("DisplayName", "DisplayVersion", "Publisher"), strict=True):
            capture = yield from _if_allowed(ask)
            values.append(by_key(capture, name) if capture else {})
        found += installed(*values)
    return found


def _product_name(key: Key, build: str) -> str | None:
    """`Windows Server 2019 Standard`. Windows 11 still calls itself Windows 10 there."""
    name = key.text("ProductName")
    if name and build.isdigit() and int(build) >= 22000:
        name = name.replace("Windows 10", "Windows 11")
    # The long-term editions differ in their dates, and the name does not say it.
    edition = key.text("EditionID") or ""
    return f"{name} LTSC" if name and edition.endswith("S") and "LTSC" not in name else name


def _unit() -> Generator[Ask, Capture, list[Unit]]:
    try:
        key = queried((yield NAME), NAME_KEY)
    except NotAnswered:
        return []
    name = key.text("ComputerName")
    return [Unit(vendor=VENDOR, hostname=name)] if name else []


def _read(asks: Mapping[Ask, str]) -> Generator[Ask, Capture, Mapping[str, Key]]:
    """The keys that were answered, by path; from an export or hives where nobody delivered any."""
    found: dict[str, Key] = {}
    for ask, path in asks.items():
        try:
            found[path] = queried((yield ask), path)
        except NotAnswered as error:
            # Only what was not delivered is left out: what Windows denies fails the reading.
            if error.code not in _UNDELIVERED:
                raise
    if found:
        return found
    export: dict[str, Key] = {}
    for ask in (EXPORT, *HIVES):
        capture = yield from _file(ask)
        export |= exported(capture) if capture is not None else {}
    users = {path: key for path, key in export.items() if path.startswith(("hku\\", "hkcu\\"))}
    machine = {path: key for path in asks.values() if (key := _of(export, path)) is not None}
    return machine | users


def _file(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A capture that can be done without; None where nobody delivered it."""
    try:
        return (yield ask)
    except NotAnswered as error:
        if error.code not in _UNDELIVERED:
            raise
        return None


def _if_allowed(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A capture that can be done without; None where it was refused, as by a JEA endpoint set up
    before this was asked."""
    try:
        return (yield ask)
    except NotAnswered:
        return None


def _of(export: Mapping[str, Key], path: str) -> Key | None:
    """A key of an export; None where the export does not reach it.

    An export holds all that is below its root: where a key above is in it and this one is not,
    this one does not exist.
    """
    plain = path.casefold()
    if plain in export:
        return export[plain]
    return Key(exists=False) if any(plain.startswith(f"{one}\\") for one in export) else None


def _silence(device: Device) -> NotAnswered:
    return NotAnswered(
        f"{device.id}: none of the registry keys was read",
        next_step="check that OpenSSH's default shell finds reg.exe; the platform's page has it",
    )
