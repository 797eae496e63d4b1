"""Samba with its `winreg` pipe and a registry of its own: what stands in for a Windows host."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryDirectory

import pytest

from tests.ports import free_port
from tests.real_servers import running, wait_for

# Accounts that every Debian has, so that none must be made: one may look, one may not.
READER, STRANGER, PASSWORD = "daemon", "bin", "Pw-of-the-reader-1"
_KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
_L = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Terminal Server"
# A text that would look like a line of its own, were it written as it is.
_FORGED = "a note\n    fDisableLPT    REG_DWORD    0x1\0".encode("utf-16-le").hex(",")
REGISTRY = rf"""Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services]
"MaxIdleTime"=dword:000dbba0
"MaxDisconnectionTime"="60000"
"UserAuthentication"=dword:00000001
"fDisableClip"=dword:00000001
"fDisableCdm"=dword:00000001
"Note"=hex(1):{_FORGED}

[{_L}]
"fDenyTSConnections"=dword:00000000
@="a default value"
"Big"=hex:{"ab," * 9000}ab
"Odd"=hex(7):61,00,62,00,00,00,63,00,00,00,00,00

[{_L}\WinStations\RDP-Tcp]
"PortNumber"=dword:00000d3d
"SecurityLayer"=dword:00000002
"MinEncryptionLevel"=dword:00000003
"MaxIdleTime"=dword:00000000
"fInheritMaxIdleTime"=dword:00000000
"Certificate"=hex:00,01,02

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System]
"InactivityTimeoutSecs"=dword:00000384

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName]
"ComputerName"="TRADE-07"

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{{1}}]
"DisplayName"="TeamViewer"

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{{2}}]
"DisplayName"="行情軟體"

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\TermService]
"Start"=dword:00000003

[HKEY_LOCAL_MACHINE\SOFTWARE\Last]
"Samba"="forgets the last value of an import"
"""


@dataclass(frozen=True)
class Samba:
    """A running smbd and its configuration."""

    folder: Path
    port: int

    def net(self, *words: str) -> None:
        command = ["net", "-s", str(self.folder / "smb.conf"), *words]
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def samba() -> Iterator[Samba]:
    """smbd on a port of loopback, with accounts READER and STRANGER.

    Its folder is none of pytest's, whose parents nobody but root may pass: the registry is
    opened as the account that asks.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with served(folder) as server:
            yield server


@contextmanager
def served(folder: Path, setting: str = "") -> Iterator[Samba]:
    """The same in this folder, with one more line of settings."""
    port = free_port()
    places = {
        name: folder / name.replace(" ", "")
        for name in ("private dir", "state directory", "cache directory", "lock directory")
    } | {name: folder / name.replace(" ", "") for name in ("pid directory", "ncalrpc dir")}
    for place in places.values():
        place.mkdir(0o755)
    (folder / "smb.conf").write_text(
        "[global]\nnetbios name = WINSIM\nworkgroup = LAB\nserver role = standalone server\n"
        f"interfaces = 127.0.0.1\nbind interfaces only = yes\nsmb ports = {port}\n"
        "disable netbios = yes\npassdb backend = tdbsam\nregistry shares = yes\n"
        f"map to guest = never\n{setting}\nlog file = {folder}/%m.log\n"
        + "".join(f"{name} = {place}\n" for name, place in places.items())
    )
    server = Samba(folder, port)
    (folder / "host.reg").write_text(REGISTRY, "utf-16")
    server.net("registry", "import", str(folder / "host.reg"))
    for user in (READER, STRANGER):
        subprocess.run(
            ["smbpasswd", "-c", str(folder / "smb.conf"), "-a", "-s", user],
            input=f"{PASSWORD}\n{PASSWORD}\n".encode(),
            check=True,
            capture_output=True,
        )
    # Ended, it ends its whole process group: it gets one of its own.
    command = ["setsid", "smbd", "-F", "--no-process-group", "-s", str(folder / "smb.conf")]
    try:
        with running(command, folder, {}) as process:
            wait_for(port, process)
            yield server
    finally:
        _end_helpers(folder)


def _end_helpers(folder: Path) -> None:
    """smbd leaves programs behind that serve its pipes: those that name our configuration."""
    named = os.fsencode(folder / "smb.conf")
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if named in (place / "cmdline").read_bytes():
                os.kill(int(place.name), SIGTERM)
