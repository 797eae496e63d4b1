"""Windows by its registry: `reg query` over OpenSSH, or an export that somebody delivers.

The keys and values are those of Microsoft's policy documentation. No answer of a real Windows
in Chinese was at hand: its error lines are known by their usual wording, everything else is
read without a word of any language. `reg query` ends with 1 where a key is missing, which is
an answer: nothing is configured there.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

from collectors.windows._registry import Key, exported, queried
from collectors.windows._remote_desktop import policies
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Microsoft"
TRANSPORTS = ("ssh", "winrm")

Flow = Generator[Ask, Capture, Iterable[Fact]]

# Within a line: an empty value ends with blanks, and the next line is no secret.
# Blanks, not white space: an empty value ends in blanks, and the line after it is no secret.
_SECRETS = (
    Secret("regex", r"^[ \t]*DigitalProductId4?[ \t]+REG_BINARY[ \t]+(?P<secret>[0-9A-Fa-f]+)"),
    Secret("regex", r"^[ \t]*(?:Default)?Password[ \t]+REG_\w+[ \t]+(?P<secret>\S[^\r\n]*)"),
    Secret("regex", r'^"DigitalProductId4?"=hex:(?P<secret>(?:[0-9a-f,]|\\\r?\n\s*)+)'),
    Secret("regex", r'^"(?:Default)?Password"="(?P<secret>[^"\r\n]+)"'),
)
_ENCODINGS = ("utf-8", "cp950")


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
EXPORT = Ask(
    "registry_export",
    "registry.reg",
    kind="file",
    secrets=_SECRETS,
    also=("reg export", "regedit /e"),
    encodings=_ENCODINGS,
)


def remote_desktop(device: Device) -> Flow:
    """Limits by group policy, by the listener, and what is in force of both."""
    keys = yield from _read({POLICY: _P, LISTENER: _L, MACHINE: _M, SYSTEM: _SYSTEM})
    if keys and all(key.exists and not key.values for key in keys.values()):
        raise Unexpected(
            f"{device.id}: every registry key was answered with nothing",
            code="result_empty_suspicious",
            next_step="run the query by hand: a listener's key always holds values",
        )
    found = policies(keys.get(_P), keys.get(_L), keys.get(_M), keys.get(_SYSTEM))
    if not found:
        raise _silence(device)
    return [*(yield from _unit()), *found]


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
            if error.code != NotAnswered.code:
                raise
    if found:
        return found
    try:
        export = exported((yield EXPORT))
    except NotAnswered as error:
        if error.code != NotAnswered.code:
            raise
        return {}
    return {path: key for path in asks.values() if (key := _of(export, path)) is not None}


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
