"""All that may be asked of a Windows host, and the files that stand in for an answer."""

from __future__ import annotations

from evidence.ask import Ask, Secret

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


POLICY_KEY = r"SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
MACHINE_KEY = r"SYSTEM\CurrentControlSet\Control\Terminal Server"
LISTENER_KEY = rf"{MACHINE_KEY}\WinStations\RDP-Tcp"
SYSTEM_KEY = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
VERSION_KEY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
NAME_KEY = r"SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"

POLICY = _query("terminal_services_policy", POLICY_KEY)
LISTENER = _query("rdp_listener", LISTENER_KEY)
MACHINE = _query("terminal_server", MACHINE_KEY)
SYSTEM = _query("system_policy", SYSTEM_KEY)
VERSION = _query("windows_version", VERSION_KEY)
NAME = _query("computer_name", NAME_KEY)
DESKTOP_KEY = r"SOFTWARE\Policies\Microsoft\Windows\Control Panel\Desktop"
SID = r"S-1-(?:5-21|12-1)(?:-\d{1,10}){4}"
USERS = Ask("users", 'reg query "HKU"', also=("reg query HKU",), encodings=_ENCODINGS)


def _of_user(name: str, path: str) -> Ask:
    """`reg query` of one key of a user whose registry is loaded."""
    return Ask(
        name,
        f'reg query "HKU\\{{sid}}\\{path}"',
        secrets=_SECRETS,
        holes={"sid": SID},
        encodings=_ENCODINGS,
        exits=(0, 1),
    )


USER_POLICY = _of_user("user_terminal_services", POLICY_KEY)
USER_DESKTOP = _of_user("user_screen_saver", DESKTOP_KEY)
EXPORT = Ask(
    "registry_export",
    "registry.reg",
    kind="file",
    secrets=_SECRETS,
    also=("reg export", "regedit /e"),
    encodings=_ENCODINGS,
)
# What is kept of a hive: nothing of the other keys leaves the host that reads it.
_KEPT = (
    r"SYSTEM\Select",
    rf"{MACHINE_KEY}\*",
    NAME_KEY,
    r"SYSTEM\CurrentControlSet\Services\AppIDSvc",
    r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters",
    POLICY_KEY,
    SYSTEM_KEY,
    VERSION_KEY,
    r"SOFTWARE\Policies\Microsoft\Windows\SrpV2\*",
    r"SOFTWARE\Policies\Microsoft\Windows\Safer\CodeIdentifiers",
    r"SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings",
    rf"HKCU\{POLICY_KEY}",
    rf"HKCU\{DESKTOP_KEY}",
)
HIVES = tuple(
    Ask(
        f"{name.partition('.')[0].lower()}_hive",
        name,
        kind="file",
        secrets=(Secret("hive", "\n".join(_KEPT)), *_SECRETS),
        also=(name.lower(), f"{name}.hiv", f"{name.lower()}.hiv"),
        limit_bytes=512 * 1024 * 1024,
    )
    for name in ("SYSTEM", "SOFTWARE", "NTUSER.DAT")
)


def _programs(name: str, root: str, value: str = "DisplayName") -> Ask:
    """One value of installed programs, of all below one key."""
    key = f"HKLM\\SOFTWARE\\{root}Microsoft\\Windows\\CurrentVersion\\Uninstall"
    command = f'reg query "{key}" /s /v {value}'
    return Ask(name, command, encodings=_ENCODINGS, exits=(0, 1))


PROGRAMS = _programs("programs", "")
PROGRAMS_32 = _programs("programs_32", "WOW6432Node\\")
# Name, version and publisher of installed programs; those of 32 bits have a key of their own.
INSTALLED = (
    (
        PROGRAMS,
        _programs("program_versions", "", "DisplayVersion"),
        _programs("program_publishers", "", "Publisher"),
    ),
    (
        PROGRAMS_32,
        _programs("program_versions_32", "WOW6432Node\\", "DisplayVersion"),
        _programs("program_publishers_32", "WOW6432Node\\", "Publisher"),
    ),
)
BIOS_KEY = r"HARDWARE\DESCRIPTION\System\BIOS"
BIOS = _query("bios", BIOS_KEY)
SERVICES = _query("services", r"SYSTEM\CurrentControlSet\Services")
GROUPS = Ask("groups", "whoami /groups", encodings=_ENCODINGS)
LISTENERS = Ask("listeners", "netstat -an", also=("netstat -ano",), encodings=_ENCODINGS)


def _of_object(path: str) -> tuple[str, ...]:
    """A file's place in SYSVOL, and in a backup of the object."""
    places = (path, rf"DomainSysvol\GPO\{path}")
    return (*places, *(one.replace("\\", "/") for one in places))


# A group policy object: a folder of SYSVOL with `GPT.INI`, `Machine` and `User` in it.
COMPUTER_POLICY = Ask(
    "computer_policy",
    "Registry.pol",
    kind="file",
    secrets=(_POLICY_SECRET,),
    also=_of_object(r"Machine\Registry.pol"),
)
ALL_USERS_POLICY = Ask(
    "all_users_policy",
    "User-Registry.pol",
    kind="file",
    secrets=(_POLICY_SECRET,),
    also=_of_object(r"User\Registry.pol"),
)
TEMPLATE = Ask(
    "security_template",
    "GptTmpl.inf",
    kind="file",
    also=_of_object(r"Machine\Microsoft\Windows NT\SecEdit\GptTmpl.inf"),
    encodings=_ENCODINGS,
)
POLICY_VERSION = Ask(
    "policy_version", "GPT.INI", kind="file", also=("gpt.ini",), encodings=_ENCODINGS
)


def _powershell(name: str, script: str) -> Ask:
    """What Windows tells as JSON; the words are the classes' own, in no language of people's."""
    command = f'powershell -NoProfile -NonInteractive -Command "{script} | ConvertTo-Json"'
    return Ask(name, command, encodings=_ENCODINGS, exits=(0, 1))


def _class(name: str, space: str, kind: str, *properties: str) -> Ask:
    script = f"Get-CimInstance -Namespace {space} -ClassName {kind} | Select-Object "
    return _powershell(name, script + ",".join(properties))


DEFENDER = _powershell(
    "defender",
    "Get-MpComputerStatus | Select-Object AMProductVersion,AMRunningMode,AntivirusEnabled,"
    "RealTimeProtectionEnabled,AntivirusSignatureLastUpdated,FullScanEndTime,QuickScanEndTime",
)
SECURITY_CENTER = _class(
    "security_center", "root/SecurityCenter2", "AntiVirusProduct", "displayName", "productState"
)
DEVICE_GUARD = _class(
    "device_guard",
    "root/Microsoft/Windows/DeviceGuard",
    "Win32_DeviceGuard",
    "UsermodeCodeIntegrityPolicyEnforcementStatus",
)
VOLUMES = _class(
    "encryptable_volumes",
    "root/cimv2/Security/MicrosoftVolumeEncryption",
    "Win32_EncryptableVolume",
    "DriveLetter",
    "ProtectionStatus",
)
# What `wmic qfe` lists: updates of Windows itself, by number and day.
HOTFIXES = _class("hotfixes", "root/cimv2", "Win32_QuickFixEngineering", "HotFixID", "InstalledOn")
APPLOCKER_KEY = r"SOFTWARE\Policies\Microsoft\Windows\SrpV2"
APPLOCKER_KINDS = ("Exe", "Dll", "Script", "Msi", "Appx")
APPLOCKER = tuple(
    _query(f"applocker_{kind.lower()}", rf"{APPLOCKER_KEY}\{kind}") for kind in APPLOCKER_KINDS
)
APPLOCKER_SERVICE_KEY = r"SYSTEM\CurrentControlSet\Services\AppIDSvc"
APPLOCKER_SERVICE = _query("applocker_service", APPLOCKER_SERVICE_KEY)
RESTRICTION_KEY = r"SOFTWARE\Policies\Microsoft\Windows\Safer\CodeIdentifiers"
RESTRICTION = _query("software_restriction", RESTRICTION_KEY)
DOMAIN_KEY = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
DOMAIN = _query("domain", DOMAIN_KEY)
PROXY_KEY = r"SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"
PROXY = _query("proxy", PROXY_KEY)
