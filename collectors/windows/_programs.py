"""Programs, listeners and the machine of a Windows host, in words of no language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from collectors.windows._registry import Key
from evidence.facts import HardwareItem, SoftwareRelease

# `TCP    0.0.0.0:5900    0.0.0.0:0    LISTENING`: what waits for anybody has port 0 beside it.
_LISTENER = re.compile(r"^\s*TCP\s+(\S+):(\d+)\s+\S+:0\s", re.MULTILINE)


def listeners(text: str) -> Iterator[tuple[str, int]]:
    """Address and port of each TCP listener, of `netstat -an`."""
    return ((address, int(port)) for address, port in _LISTENER.findall(text))


# What hypervisors call the machine they pretend to be.
_VIRTUAL = re.compile(
    r"VMware|Virtual Machine|VirtualBox|KVM|QEMU|Standard PC|HVM domU|Nutanix|OpenStack",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"(?i)(?:default string|to be filled by .*|system (?:product name|manu\w+)|)")


def installed(
    names: Mapping[str, str], versions: Mapping[str, str], publishers: Mapping[str, str]
) -> Iterator[SoftwareRelease]:
    """Each installed program once, from values by the same keys; what has no name is none."""
    told: set[tuple[str, str | None]] = set()
    for path, name in names.items():
        version = versions.get(path)
        if (name, version) not in told:
            told.add((name, version))
            yield SoftwareRelease(
                vendor=publishers.get(path), name=name, version=version, part="program"
            )


def machine(bios: Key) -> HardwareItem | None:
    """The machine as its firmware calls itself; None where it does not say."""
    vendor, model = bios.text("SystemManufacturer"), bios.text("SystemProductName")
    if model is None or _NOTHING.fullmatch(model):
        return None
    return HardwareItem(
        vendor=None if vendor is None or _NOTHING.fullmatch(vendor) else vendor,
        model=model,
        revision=bios.text("BIOSVersion"),
        virtual=_VIRTUAL.search(f"{vendor or ''} {model}") is not None,
    )
