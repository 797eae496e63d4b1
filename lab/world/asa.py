"""The lab's ASA: an access list with hit counts and last hits, as the device prints them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from lab.world.rules import LabRule

TAIPEI = ZoneInfo("Asia/Taipei")
HOST = "fw-core"
ACL = "INSIDE_IN"
SERIAL = "JAD223456K1"


def access_list(rules: Sequence[LabRule], boot_at: datetime, at: datetime) -> str:
    """`show access-list`: a header, and each line with its counter and its hash."""
    standing = [rule for rule in rules if rule.stands(at)]
    lines = [
        "access-list cached ACL log flows: total 0, denied 0 (deny-flow-max 4096)",
        "            alert-interval 300",
        f"access-list {ACL}; {len(standing)} elements; name hash: 0x{_hash(ACL):08x}",
    ]
    for number, rule in enumerate(standing, 1):
        lines.append(
            f"access-list {ACL} line {number} extended {_words(rule)} "
            f"(hitcnt={rule.flow.count(boot_at, at)}) 0x{_hash(_words(rule)):08x} "
        )
    return "\n".join(lines) + "\n"


def brief(rules: Sequence[LabRule], boot_at: datetime, at: datetime) -> str:
    """`show access-list NAME brief`: hash, parent's hash, hits and last hit, in hexadecimal."""
    lines = [f"access-list {ACL}; {len(rules)} elements; name hash: 0x{_hash(ACL):08x}"]
    for rule in rules:
        last = rule.flow.last_at(boot_at, at)
        if rule.stands(at) and last is not None:
            count = rule.flow.count(boot_at, at)
            lines.append(
                f"{_hash(_words(rule)):08x} 00000000 {count:08x} {int(last.timestamp()):08x} "
            )
    return "\n".join(lines) + "\n"


def running_access_list(rules: Sequence[LabRule], at: datetime) -> str:
    """`show running-config access-list`."""
    return "".join(
        f"access-list {ACL} extended {_words(rule)} \n" for rule in rules if rule.stands(at)
    )


def version(boot_at: datetime, at: datetime) -> str:
    """`show version` of an ASA 5516-X, its support over."""
    up = at - boot_at
    hours, minutes = divmod(up.seconds // 60, 60)
    uptime = f"{up.days} days {hours} hours" if up.days else f"{hours} hours {minutes} mins"
    return f"""
Cisco Adaptive Security Appliance Software Version 9.16(4)57 
SSP Operating System Version 2.10(1.1611)
Device Manager Version 7.18(1)

Compiled on Tue 05-Mar-24 22:57 GMT by builders
System image file is "disk0:/asa9-16-4-57-lfbff-k8.SPA"
Config file at boot was "startup-config"

{HOST} up {uptime}

Hardware:   ASA5516, 8192 MB RAM, CPU Atom C2000 series 2416 MHz, 1 CPU (8 cores)
Internal ATA Compact Flash, 8000MB

Serial Number: {SERIAL}
Configuration register is 0x1
Configuration last modified by admin at 11:02:17.299 CST Tue May 5 2026
"""


INVENTORY = f"""Name: "Chassis", DESCR: "ASA 5516-X with FirePOWER services, 8GE, AC, DES"
PID: ASA5516           , VID: V05     , SN: {SERIAL}

Name: "Storage Device 1", DESCR: "ASA 5516-X SSD"
PID: ASA5516-SSD       , VID: N/A     , SN: MSA223456K1
"""

FAILOVER = "Failover Off \nFailover unit Primary\nFailover LAN Interface: not Configured\n"
NAMEIF = """Interface                Name                     Security
GigabitEthernet1/1       outside                    0
GigabitEthernet1/2       inside                   100
"""
ACCESS_GROUP = f"access-group {ACL} in interface inside\n"


def clock(at: datetime) -> str:
    """`show clock`, by the device's own zone."""
    local = at.astimezone(TAIPEI)
    milliseconds = local.microsecond // 1000
    return f"{local:%H:%M:%S}.{milliseconds:03d} CST {local:%a %b} {local.day} {local.year}\n"


def _words(rule: LabRule) -> str:
    action = "permit" if rule.permits else "deny"
    protocol = "ip" if rule.protocol == "any" else rule.protocol
    port = "" if rule.port == "any" else f" eq {_port(rule)}"
    log = " log informational interval 300" if rule.logged else ""
    inactive = "" if rule.enabled else " inactive"
    source, destination = _network(rule.source), _network(rule.destination)
    return f"{action} {protocol} {source} {destination}{port}{log}{inactive}"


def _network(text: str) -> str:
    if text == "any":
        return "any"
    address, _, length = text.partition("/")
    if length in ("", "32"):
        return f"host {address}"
    mask = (0xFFFFFFFF << (32 - int(length))) & 0xFFFFFFFF
    return f"{address} {'.'.join(str(mask >> shift & 255) for shift in (24, 16, 8, 0))}"


def _port(rule: LabRule) -> str:
    named = {"443": "https", "22": "ssh", "23": "telnet", "25": "smtp"}
    return (
        named.get(rule.port, rule.port)
        if rule.protocol == "tcp"
        else ("domain" if rule.port == "53" else rule.port)
    )


def _hash(text: str) -> int:
    return int(sha256(text.encode()).hexdigest()[:8], 16)
