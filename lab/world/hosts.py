"""The lab's Windows jump host and its access point, as their own tools print them."""

from __future__ import annotations

POLICY_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
MACHINE_KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Terminal Server"
SYSTEM_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
VERSION_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
NAME_KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"


def query(key: str, **values: int | str) -> str:
    """`reg query`: the key, and each value with its type."""
    lines = [
        f"    {name}    REG_DWORD    0x{value:x}"
        if isinstance(value, int)
        else f"    {name}    REG_SZ    {value}"
        for name, value in values.items()
    ]
    return "\r\n" + "\r\n".join([key, *lines, ""]) + "\r\n"


# Printers are cut off; the clipboard was forgotten, and nobody is ever disconnected.
POLICY = query(POLICY_KEY, fDisableCpm=1, UserAuthentication=1, MaxIdleTime=0, fDisableCdm=1)
LISTENER = query(
    rf"{MACHINE_KEY}\WinStations\RDP-Tcp",
    PortNumber=3389,
    SecurityLayer=2,
    UserAuthentication=1,
    MinEncryptionLevel=3,
    fInheritMaxIdleTime=1,
)
MACHINE = query(MACHINE_KEY, fDenyTSConnections=0)
SYSTEM = query(SYSTEM_KEY, EnableLUA=1)
VERSION = query(
    VERSION_KEY,
    ProductName="Windows Server 2016 Standard",
    EditionID="ServerStandard",
    InstallationType="Server",
    CurrentBuild="14393",
    UBR=6614,
    ReleaseId="1607",
)
NAME = query(NAME_KEY, ComputerName="JUMP-01")
BIOS = query(
    r"HKEY_LOCAL_MACHINE\HARDWARE\DESCRIPTION\System\BIOS",
    SystemManufacturer="Dell Inc.",
    SystemProductName="PowerEdge R640",
    BIOSVersion="2.19.1",
)


def access_point(passphrase: str) -> str:
    """`hostapd.conf` of a staff network that still lets TKIP in, and a guest one that does not."""
    return f"""interface=wlan0
driver=nl80211
hw_mode=g
channel=6
ssid=office
wpa=3
wpa_key_mgmt=WPA-PSK
wpa_pairwise=TKIP CCMP
wpa_passphrase={passphrase}
ieee80211w=0

bss=wlan0_1
ssid=guest
wpa=2
wpa_key_mgmt=SAE
rsn_pairwise=CCMP
sae_password={passphrase}-guest
ieee80211w=2
"""
