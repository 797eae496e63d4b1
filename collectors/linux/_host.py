"""The host around the rules: system, kernel, packages, hardware, clock, and since when it runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from evidence.capture import Capture
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

# Programs whose release matters to a control: what lets people in, encrypts, or filters.
OF_INTEREST = re.compile(
    r"openssh-server|openssh|openssl|libssl[\d.]+(?:t64)?|openssl-libs|xrdp|freerdp\S*-shadow\S*"
    r"|nftables|iptables(?:-nft|-legacy|-services)?|firewalld|ufw|fail2ban|hostapd|wpasupplicant"
    r"|wpa_supplicant|strongswan|libreswan|openvpn|wireguard-tools|sudo|snmpd|net-snmp|docker-ce"
    r"|docker\.io|containerd(?:\.io)?|apache2|httpd|nginx(?:-core)?|samba|bind9|bind|chrony"
)
_DEBIAN = ("debian", "ubuntu")
_PACKAGE = re.compile(r"([A-Za-z0-9][\w.+-]*)(?::\w+)?\t[\w.+:~^-]+(?:\t([a-z-]+))?")
_VIRTUAL = re.compile(
    r"QEMU|KVM|VMware|VirtualBox|innotek|Xen\b|Virtual Machine|Bochs|OpenStack|Amazon EC2"
    r"|Google Compute Engine|Alibaba|Parallels|RHEV|oVirt|Nutanix|Standard PC"
)
_NOTHING = re.compile(r"|none|not specified|to be filled by o\.e\.m\.|default string|0+", re.I)


def captured_at(capture: Capture) -> datetime:
    """When the answer was given, as far as known: a hand-delivered one says so itself."""
    return capture.provenance.captured_at or capture.answered_at


def system(text: str) -> SoftwareRelease | None:
    """The distribution, from os-release; None when the text is none."""
    said = dict(_assignments(text))
    if "ID" not in said:
        return None
    version = said.get("VERSION_ID") or said.get("BUILD_ID")
    return SoftwareRelease(
        vendor=said.get("VENDOR_NAME"),
        product=said["ID"],
        name=said.get("PRETTY_NAME") or said.get("NAME"),
        version=version,
        build=said.get("BUILD_ID"),
        train=train(said["ID"], version),
    )


def is_debian(text: str) -> bool | None:
    """Whether dpkg keeps the packages; None when os-release does not say."""
    said = dict(_assignments(text))
    like = f"{said.get('ID', '')} {said.get('ID_LIKE', '')}".split()
    return any(one in _DEBIAN for one in like) if like else None


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, sign, value = line.partition("=")
        if sign and re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            try:
                yield name, "".join(shlex.split(value))
            except ValueError:
                yield name, value.strip("\"'")


def uname(text: str) -> tuple[str, str] | None:
    """Host name and kernel release of `uname -snrm` (or `uname -a`)."""
    words = text.split()
    return (words[1], words[2]) if len(words) >= 4 and words[0] == "Linux" else None


def kernel(version: str) -> SoftwareRelease:
    return SoftwareRelease(vendor="Linux", product="linux", version=version, part="kernel")


def packages(text: str) -> Iterator[SoftwareRelease]:
    """Installed packages of interest, of `name<tab>version[<tab>status]` lines."""
    for line in text.splitlines():
        name, _, rest = line.partition("\t")
        version, _, status = rest.partition("\t")
        name = name.partition(":")[0]
        if version and status in ("", "installed") and OF_INTEREST.fullmatch(name):
            yield SoftwareRelease(product=name, name=name, version=version, part="package")


def package_names(text: str) -> list[str]:
    """Every installed package, of the same lines."""
    rows = (_PACKAGE.fullmatch(line) for line in text.splitlines())
    return [row[1] for row in rows if row and row[2] in (None, "installed")]


def listeners(text: str) -> Iterator[tuple[str, int]]:
    """Address and port of each TCP listener, of `ss -ltn`."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0] == "LISTEN":
            address, _, port = words[3].rpartition(":")
            if port.isdecimal():
                yield address, int(port)


def proxmox(text: str) -> SoftwareRelease | None:
    """Proxmox VE, of `pveversion`: `pve-manager/7.4-17/513c62be (running kernel: …)`."""
    found = re.search(r"(?m)^[ \t]*pve-manager/(\d[\w.-]*)/(\w+) \(running kernel: \S+\)", text)
    if found is None:
        return None
    return SoftwareRelease(
        vendor="Proxmox",
        product="proxmox-ve",
        name="Proxmox VE",
        version=found[1],
        build=found[2],
        train=train("proxmox-ve", found[1]),
        part="hypervisor",
    )


def board(text: str) -> HardwareItem | None:
    """The machine, of two lines from /sys: maker and product; None for another text."""
    lines = text.strip("\n").split("\n")
    if len(lines) > 2 or max(map(len, lines)) > 80 or lines[0].startswith("cat:"):
        return None
    return _machine(lines[0], lines[1] if len(lines) == 2 else None)


def decoded(text: str) -> HardwareItem | None:
    """The machine with its serial, of `dmidecode -t system`; None for another text."""
    said = dict(re.findall(r"(?m)^[ \t]+([A-Z][\w ]+): *(.*)$", text))
    if "Product Name" not in said or "Manufacturer" not in said:
        return None
    item = _machine(said.get("Manufacturer"), said["Product Name"])
    return item and replace(
        item, serial=_said(said.get("Serial Number")), revision=_said(said.get("Version"))
    )


def _machine(vendor: str | None, model: str | None) -> HardwareItem | None:
    if _said(vendor) is None and _said(model) is None:
        return None
    virtual = _VIRTUAL.search(f"{vendor} {model}") is not None
    return HardwareItem(vendor=_said(vendor), model=_said(model), virtual=virtual)


def _said(value: str | None) -> str | None:
    value = (value or "").strip()
    return None if _NOTHING.fullmatch(value) else value


def unit(
    names: tuple[str, str] | None,
    uptime: Capture | None,
    clock: Capture | None,
    services: Capture | None,
) -> Unit | None:
    """What the host says of itself; None when it said nothing.

    The rules were loaded when one of the services that load them last changed its state: a
    reload counts, a reload by hand beside them does not show. That time is the host's own
    clock, as all times it tells.
    """
    uptime_s = _seconds(uptime)
    boot_at = None
    if uptime is not None and uptime_s is not None:
        boot_at = (captured_at(uptime) - timedelta(seconds=uptime_s)).replace(microsecond=0)
    clock_s = _seconds(clock)
    clock_at = datetime.fromtimestamp(round(clock_s), UTC) if clock_s is not None else None
    offset_s = None
    if clock is not None and clock_s is not None:
        offset_s = round(clock_s - captured_at(clock).timestamp(), 1)
    loaded_s = _loaded(services.text() if services else "")
    loaded_at = None
    if boot_at is not None and loaded_s is not None:
        loaded_at = boot_at + timedelta(seconds=round(loaded_s + (offset_s or 0.0)))
    if names is None and uptime_s is None and clock_at is None:
        return None
    return Unit(
        hostname=names[0] if names else None,
        boot_at=boot_at,
        uptime_s=uptime_s,
        rules_loaded_at=loaded_at,
        clock_at=clock_at,
        clock_zone="UTC" if clock_at else None,
        clock_offset_s=offset_s,
    )


def _seconds(capture: Capture | None) -> float | None:
    """The number a text begins with."""
    found = re.match(r"\s*(\d+(?:\.\d+)?)(?=\s|$)", capture.text()) if capture else None
    return float(found[1]) if found else None


def _loaded(text: str) -> float | None:
    """Seconds from boot to the last change of an active service, of `systemctl show`."""
    changed = [
        int(said["StateChangeTimestampMonotonic"]) / 1e6
        for said in map(_properties, text.split("\n\n"))
        if said.get("ActiveState") == "active"
        and said.get("StateChangeTimestampMonotonic", "").isdigit()
    ]
    return max(changed, default=None)


def _properties(block: str) -> dict[str, str]:
    pairs: Iterable[tuple[str, str, str]] = (line.partition("=") for line in block.splitlines())
    return {name: value for name, sign, value in pairs if sign}
