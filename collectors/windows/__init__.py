"""Windows by its registry: `reg query` over OpenSSH or WinRM, an export that somebody delivers,
or a group policy object's files, which tell what is ordered for every computer.

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

from collectors.windows._policy_file import policy_file, security_options, version
from collectors.windows._registry import Key, children, exported, queried
from collectors.windows._remote_desktop import intended, of_users, policies
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Microsoft"
TRANSPORTS = ("ssh", "winrm", "folder")

Flow = Generator[Ask, Capture, Iterable[Fact]]

# Blanks, not white space: an empty value ends in blanks, and the line after it is no secret.
_SECRETS = (
    Secret("regex", r"^[ \t]*DigitalProductId4?[ \t]+REG_BINARY[ \t]+(?P<secret>[0-9A-Fa-f]+)"),
    Secret("regex", r"^[ \t]*(?:Default)?Password[ \t]+REG_\w+[ \t]+(?P<secret>\S[^\r\n]*)"),
    Secret("regex", r'^"DigitalProductId4?"=hex:(?P<secret>(?:[0-9a-f,]|\\\r?\n\s*)+)'),
    Secret("regex", r'^"(?:Default)?Password"="(?P<secret>[^"\r\n]+)"'),
)
# The same in a Registry.pol, which is UTF-16: name, type and size before it, `]` behind it.
_POLICY_SECRET = Secret(
    "regex",
    r"(?si);\x00(?:d\x00e\x00f\x00a\x00u\x00l\x00t\x00)?"
    r"p\x00a\x00s\x00s\x00w\x00o\x00r\x00d\x00\x00\x00;\x00.{4};\x00.{4};\x00"
    r"(?P<secret>.+?)\]\x00(?=\[\x00|\Z)",
)
_ENCODINGS = ("utf-8", "cp950")
_UNDELIVERED = (NotAnswered.code, "file_missing")


def _query(name: str, path: str) -> Ask:
    """`reg query` of one key, without its subkeys. The other spellings are never sent."""
    paths = (path, path.replace("CurrentControlSet", "ControlSet001"))
    keys = [f"{hive}\\{one}" for hive in ("HKLM", "HKEY_LOCAL_MACHINE") for one in paths]
    also = [
        f"{program} query {quote}{key}{quote}{flags}"
        for program in ("reg", "reg.exe")
        for key in keys
        for quote in ('"', "'", "")
        for flags in ("", " /s", " /reg:64", " /s /reg:64")
    ]
    return Ask(
        name,
        f'reg query "HKLM\\{path}"',
        secrets=_SECRETS,
        also=(*also, *keys),
        encodings=_ENCODINGS,
        exits=(0, 1),
    )


_P = r"SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
_M = r"SYSTEM\CurrentControlSet\Control\Terminal Server"
_L = rf"{_M}\WinStations\RDP-Tcp"
_SYSTEM = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_NAME = r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"

POLICY = _query("terminal_services_policy", _P)
LISTENER = _query("rdp_listener", _L)
MACHINE = _query("terminal_server", _M)
SYSTEM = _query("system_policy", _SYSTEM)
VERSION = _query("windows_version", _VERSION)
NAME = _query("computer_name", _NAME)
_USER_DESKTOP = r"SOFTWARE\Policies\Microsoft\Windows\Control Panel\Desktop"
_SID = {"sid": r"S-1-(?:5-21|12-1)(?:-\d{1,10}){4}"}
USERS = Ask("users", 'reg query "HKU"', also=("reg query HKU",), encodings=_ENCODINGS)
USER_POLICY = Ask(
    "user_terminal_services",
    f'reg query "HKU\\{{sid}}\\{_P}"',
    secrets=_SECRETS,
    holes=_SID,
    encodings=_ENCODINGS,
    exits=(0, 1),
)
USER_DESKTOP = Ask(
    "user_screen_saver",
    f'reg query "HKU\\{{sid}}\\{_USER_DESKTOP}"',
    secrets=_SECRETS,
    holes=_SID,
    encodings=_ENCODINGS,
    exits=(0, 1),
)
EXPORT = Ask(
    "registry_export",
    "registry.reg",
    kind="file",
    secrets=_SECRETS,
    also=("reg export", "regedit /e"),
    encodings=_ENCODINGS,
)
# A group policy object: a folder of SYSVOL with `GPT.INI`, `Machine` and `User` in it.
COMPUTER_POLICY = Ask(
    "computer_policy",
    "Registry.pol",
    kind="file",
    secrets=(_POLICY_SECRET,),
    also=(r"Machine\Registry.pol", "Machine/Registry.pol"),
)
ALL_USERS_POLICY = Ask(
    "all_users_policy",
    "User-Registry.pol",
    kind="file",
    secrets=(_POLICY_SECRET,),
    also=(r"User\Registry.pol", "User/Registry.pol"),
)
TEMPLATE = Ask("security_template", "GptTmpl.inf", kind="file", encodings=_ENCODINGS)
POLICY_VERSION = Ask(
    "policy_version", "GPT.INI", kind="file", also=("gpt.ini",), encodings=_ENCODINGS
)


def remote_desktop(device: Device) -> Flow:
    """Limits by group policy, by the listener, by users, and what is in force of them."""
    keys = yield from _read({POLICY: _P, LISTENER: _L, MACHINE: _M, SYSTEM: _SYSTEM})
    if not keys:
        return (yield from _ordered(device))
    if keys and all(key.exists and not key.values for key in keys.values()):
        raise Unexpected(
            f"{device.id}: every registry key was answered with nothing",
            code="result_empty_suspicious",
            next_step="run the query by hand: a listener's key always holds values",
        )
    found = policies(keys.get(_P), keys.get(_L), keys.get(_M), keys.get(_SYSTEM))
    if not found:
        raise _silence(device)
    users = of_users((yield from _users()) | dict(keys), _P, _USER_DESKTOP)
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
        found.append(intended(machine, _P, _SYSTEM))
    user = policy_file(users, "hkcu\\") if users else {}
    ordered = of_users(user, _P, _USER_DESKTOP)
    return [*found, *(replace(one, source="domain", user="every user") for one in ordered)]


def _users() -> Generator[Ask, Capture, dict[str, Key]]:
    """Policies of the users whose registry is loaded, as far as the account may look."""
    found: dict[str, Key] = {}
    try:
        names = children((yield USERS))
    except NotAnswered:
        return found
    for name in names:
        if not re.fullmatch(_SID["sid"], name):
            continue  # services, and the classes of a user
        for ask, path in ((USER_POLICY, _P), (USER_DESKTOP, _USER_DESKTOP)):
            place = f"hku\\{name}\\{path}"
            with suppress(NotAnswered):
                found[place.casefold()] = queried((yield ask(sid=name)), place)
    return found


def firmware(device: Device) -> Flow:
    """The running Windows, its build as its version: `10.0.17763.5329`."""
    key = (yield from _read({VERSION: _VERSION})).get(_VERSION)
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
    )
    return [release, *(yield from _unit())]


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
        key = queried((yield NAME), _NAME)
    except NotAnswered:
        return []
    name = key.text("ComputerName")
    return [Unit(vendor=VENDOR, hostname=name)] if name else []


def _read(asks: Mapping[Ask, str]) -> Generator[Ask, Capture, Mapping[str, Key]]:
    """The keys that were answered, by path; from an export where nobody delivered any."""
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
    capture = yield from _file(EXPORT)
    if capture is None:
        return {}
    export = exported(capture)
    users = {path: key for path, key in export.items() if path.startswith(("hku\\", "hkcu\\"))}
    machine = {path: key for path in asks.values() if (key := _of(export, path)) is not None}
    return machine | users


def _file(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A file's capture; None where nobody delivered it."""
    try:
        return (yield ask)
    except NotAnswered as error:
        if error.code not in _UNDELIVERED:
            raise
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
