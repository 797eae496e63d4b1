"""The unit: release, boot, clock, and its part where addresses are shared by CARP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from collectors._managed.answer import who
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Netgate"
_VERSION = re.compile(r"(?P<version>\d+\.\d+(?:\.\d+)?)-(?P<build>[A-Z]\S*)")
_BOOT = re.compile(r"\{ sec = (?P<at>\d{9,11}), usec = \d+ \}")
_CARP = re.compile(r"^\s+carp: (?P<state>[A-Z]+) vhid \d+", re.M)
_ROLES = {("MASTER",): "active", ("BACKUP",): "standby", ("BACKUP", "MASTER"): "member"}


def release(text: str, version: Capture) -> SoftwareRelease:
    """The release; Plus is numbered by year (`23.09.1`), CE is not (`2.7.2`). Raises Unexpected."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        raise Unexpected(f"{who(version)}: names no pfSense release")
    plus = int(found["version"].split(".")[0]) > 20
    return SoftwareRelease(
        vendor=VENDOR,
        product="pfsense",
        name="pfSense Plus" if plus else "pfSense CE",
        version=found["version"],
        build=found["build"],
        train=train("pfsense", found["version"]),
    )


def hardware(unit: Unit) -> Iterator[HardwareItem]:
    if unit.model:
        virtual = any(word in unit.model.lower() for word in ("virtual", "vmware", "kvm", "qemu"))
        yield HardwareItem(vendor=VENDOR, model=unit.model, serial=unit.serial, virtual=virtual)


def unit(
    hostname: Capture | None,
    boot: Capture | None,
    clock: Capture | None,
    model: Capture | None,
    serial: Capture | None,
    interfaces: Capture | None,
) -> Unit:
    """What the answers at hand say of the unit; the rest stays None."""
    found = Unit(vendor=VENDOR, hostname=_line(hostname), model=_line(model), serial=_line(serial))
    if boot and (told := _BOOT.search(boot.text())):
        at = datetime.fromtimestamp(int(told["at"]), UTC)
        found = replace(found, boot_at=at, uptime_s=(boot.answered_at - at).total_seconds())
    if clock and (seconds := _line(clock)) and re.fullmatch(r"\d{9,11}", seconds):
        at = datetime.fromtimestamp(int(seconds), UTC)
        offset_s = round((at - clock.answered_at).total_seconds(), 1)
        found = replace(found, clock_at=at, clock_offset_s=offset_s)
    if interfaces and "flags=" in interfaces.text():
        states = tuple(sorted(set(_CARP.findall(interfaces.text()))))
        mode = "carp" if states else "standalone"
        found = replace(found, ha_mode=mode, ha_role=_ROLES.get(states))
    return found


def _line(capture: Capture | None) -> str | None:
    text = capture.text().strip() if capture else ""
    return text if text and "\n" not in text else None
