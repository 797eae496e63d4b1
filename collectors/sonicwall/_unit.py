"""Release and chassis, as `GET /version` tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._managed.answer import who
from collectors.sonicwall._answer import sheet
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.trains import train

_RELEASE = re.compile(r"(?:SonicOS(?:X)? )?(?P<version>\d+\.\d+\.\d+(?:[-.]\w+)*)")


def release(version: Capture) -> SoftwareRelease:
    """The release: `SonicOS 7.1.1-7058-R6312` is 7.1.1, of that build. Raises Unexpected."""
    said = str(sheet(version).get("firmware_version") or "")
    found = _RELEASE.match(said)
    if found is None:
        raise Unexpected(f"{who(version)}: names no SonicOS release")
    number, _, build = found["version"].partition("-")
    return SoftwareRelease(
        vendor="SonicWall",
        product="sonicos",
        name="SonicOS",
        version=number,
        build=build or None,
        train=train("sonicos", number),
    )


def hardware(version: Capture) -> Iterator[HardwareItem]:
    said = sheet(version)
    model = str(said.get("model") or "").strip()
    if model:
        yield HardwareItem(
            vendor="SonicWall",
            model=model,
            serial=str(said.get("serial_number") or "").replace("-", "").strip() or None,
            virtual="NSv" in model,
        )
