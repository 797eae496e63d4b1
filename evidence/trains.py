"""Trains: the part of a version to which a vendor gives one lifecycle (`9.16(4)57` → `9.16`)."""

from __future__ import annotations

import re
from collections.abc import Callable

_PAIR = re.compile(r"(\d+)\.(\d+)")


def train(product: str | None, version: str | None) -> str | None:
    """The train of a version of one of our product families.

    None where product or version is unknown, or the version is not written as that product's
    are: a train that is guessed would be given another train's dates.

    >>> train("ios", "15.2(7)E3"), train("iosxe", "17.09.04a"), train("nxos", "7.0(3)I7(9)")
    ('15.2E', '17.9', '7.0(3)I7')
    """
    if product is None or version is None:
        return None
    derive = _TRAINS.get(product.casefold())
    return None if derive is None else derive(version.strip())


def _two_numbers(version: str) -> str | None:
    """The first two numbers, without leading zeros: FortiOS, PAN-OS, ASA and most others."""
    found = _PAIR.search(version)
    return None if found is None else f"{int(found[1])}.{int(found[2])}"


def _one_number(version: str) -> str | None:
    found = re.match(r"(\d+)", version)
    return None if found is None else str(int(found[1]))


def _ubuntu(version: str) -> str | None:
    found = re.match(r"(\d+\.\d\d)", version)
    return None if found is None else found[1]


def _panos(version: str) -> str | None:
    """`9.0.2-xfr` runs on VM-Series only and has dates of its own."""
    pair = _two_numbers(version)
    return f"{pair}-xfr" if pair and "xfr" in version.casefold() else pair


def _ios(version: str) -> str | None:
    """Release and letters: `15.2(7)E3` → `15.2E`. From 15.0 on T releases share M's dates."""
    found = re.match(r"(\d+)\.(\d+)\([\d.a-z]+\)([A-Z]*)", version)
    if found is None:
        return None
    letters = "M" if found[3] == "T" and int(found[1]) >= 15 else found[3]
    return f"{int(found[1])}.{int(found[2])}{letters}"


def _iosxe(version: str) -> str | None:
    """`17.09.04a` → `17.9`; the old numbering keeps its letters: `03.07.05E` → `3.7E`.

    Routers and Catalyst 4500 write them behind a point: `03.09.01.S` → `3.9S`.
    """
    found = re.match(r"(\d+)\.(\d+)(?:\.\d+[a-z]?)?\.?([A-Z]*)", version)
    if found is None:
        return None
    letters = found[3] if int(found[1]) == 3 else ""
    return f"{int(found[1])}.{int(found[2])}{letters}"


def _nxos(version: str) -> str | None:
    """`10.3(4a)M` → `10.3`; platform trains keep theirs: `7.0(3)I7(9)` → `7.0(3)I7`."""
    found = re.match(r"(\d+\.\d+)\((\w+)\)([A-Z]\d+)?", version)
    if found is None:
        return None
    return f"{found[1]}({found[2]}){found[3]}" if found[3] else found[1]


def _junos(version: str) -> str | None:
    """`21.4R3-S5.4` → `21.4`; an X train is its own: `12.3X48-D105` → `12.3X48`."""
    found = re.match(r"(\d+\.\d+)(X\d+)?", version)
    if found is None:
        return None
    evolved = "-EVO" if version.upper().endswith("EVO") else ""
    return f"{found[1]}{found[2] or ''}{evolved}"


def _gaia(version: str) -> str | None:
    """Exact: R80.40 is not R80. A third number is Gaia Embedded, whose dates are others, and so
    are those of scalable platforms (`R80.20SP`, `R76SP.50`) and management releases (`R80.20.M1`).
    """
    found = re.search(r"R\d+(?:\.\d+)*(?:\.?[A-Z]+[.\d]*)?", version, re.IGNORECASE)
    if found is None:
        return None
    name = found[0].upper()
    return f"{name} Embedded" if re.fullmatch(r"R\d+(?:\.\d+){2,}", name) else name


def _aruba_switch(version: str) -> str | None:
    """Letters and two numbers: `YA.16.10.0016` → `YA.16.10`."""
    found = re.match(r"([A-Z]{1,2})\.(\d+)\.(\d+)", version)
    return None if found is None else ".".join(found.groups())


def _windows(version: str) -> str | None:
    """The build is the key: `10.0.17763.5122` → `10.0.17763`."""
    found = re.match(r"(\d+\.\d+\.\d+)", version)
    return None if found is None else found[1]


def _netscaler(version: str) -> str | None:
    """`NS13.1: Build 49.15.nc` → `NS13.1`; a FIPS or NDcPP build is a line of its own."""
    pair = _two_numbers(version)
    if pair is None:
        return None
    kind = re.search(r"FIPS|NDcPP", version, re.IGNORECASE)
    return f"NS{pair}-{kind[0].upper()}" if kind else f"NS{pair}"


def _sles(version: str) -> str | None:
    """A service pack is the second number: `15-SP6` and `15 SP6` are 15.6."""
    found = re.match(r"(\d+)[- .]?(?:SP)?(\d+)?", version, re.IGNORECASE)
    return None if found is None or found[2] is None else f"{int(found[1])}.{int(found[2])}"


_TRAINS: dict[str, Callable[[str], str | None]] = {
    **dict.fromkeys(
        (
            *("asa", "ftd", "fmc", "fortios", "aireos", "arubaos", "aoscx", "comware", "bigip"),
            *("sonicos", "sfos", "esxi", "vcenter", "routeros", "opnsense", "pfsense", "vyos"),
            *("alpine", "opensuse-leap", "freebsd", "openwrt", "fortianalyzer"),
            *("fortimanager", "fortiap", "globalprotect", "sns", "eos"),
        ),
        _two_numbers,
    ),
    **dict.fromkeys(
        (
            *("debian", "rhel", "centos", "rocky", "almalinux", "ol", "fedora", "amzn"),
            *("raspbian", "proxmox-ve", "centos-stream"),
        ),
        _one_number,
    ),
    "sles": _sles,
    "ubuntu": _ubuntu,
    "panos": _panos,
    "ios": _ios,
    "iosxe": _iosxe,
    "nxos": _nxos,
    "junos": _junos,
    "gaia": _gaia,
    "arubaos-switch": _aruba_switch,
    "windows": _windows,
    "windows-server": _windows,
    "netscaler": _netscaler,
}
