"""A maker's line of products: facts in its name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

_NOTHING = re.compile(
    r"(?:n/?a|none|null|unknown|unspecified|not (?:available|specified|applicable|present|set)"
    r"|default(?: string)?|to be filled by o\.?e\.?m\.?|[-*.?]+)?",
    re.IGNORECASE,
)
_VIRTUAL = re.compile(
    r"\bvEOS|\bcEOS|\bVMware\b|\bVirtual (?:Machine|Appliance|Platform)|\bKVM\b|\bQEMU\b|VirtualBox"
    r"|\bVM(?:-|$)|\bOVA\b",
    re.IGNORECASE,
)


def said(value: object) -> str | None:
    """The text without its padding; None where the device writes that it has none."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return None if _NOTHING.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made it, our product family, and what people call the software."""

    vendor: str
    product: str
    name: str

    def release(
        self, version: object, build: object = None, part: str = "operating system"
    ) -> SoftwareRelease:
        """What runs. The version as the device writes it, without a `v` before its number."""
        text = said(version)
        return SoftwareRelease(
            vendor=self.vendor,
            product=self.product,
            name=self.name,
            version=text,
            build=said(build),
            train=train(self.product, text),
            part=part,
        )

    def item(
        self,
        model: object,
        serial: object = None,
        *,
        part: str = "chassis",
        position: object = None,
        description: object = None,
        revision: object = None,
        vendor: str | None = "",
    ) -> HardwareItem:
        """One piece of hardware; `vendor` is another's where the device says so, None: unsaid."""
        name, about = said(model), said(description)
        return HardwareItem(
            vendor=self.vendor if vendor == "" else vendor,
            model=name,
            serial=said(serial),
            part=part,
            position=said(position),
            description=about,
            revision=said(revision),
            virtual=_VIRTUAL.search(f"{name or ''} {about or ''}") is not None,
        )

    def unit(self, hostname: object = None, uptime_s: float | None = None) -> Unit:
        """The device itself; when it booted follows from the time of the answer."""
        return Unit(vendor=self.vendor, hostname=said(hostname), uptime_s=uptime_s)
