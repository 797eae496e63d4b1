"""Scans of the air by a laptop that walks the floors, in the forms that its own tools write.

Windows' `netsh wlan show networks mode=bssid` (in any language), airodump-ng's CSV, `iwlist scan`,
macOS's `airport -s`; and what `iwconfig` or `airport -I` say of the one access point that is
joined. Less is told than by a capture: none of them tells frame protection, and
netsh names one way in of several, so a strong one there says nothing of a weaker beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping

from collectors.air_survey import _blocks, _tables
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import AirObservation, Fact

TRANSPORTS = ("folder",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

SURVEY = Ask(
    "survey",
    "{file}",
    "file",
    holes={"file": r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(?:txt|csv|log)"},
    encodings=("utf-8", "cp950"),
    limit_bytes=32 * 1024 * 1024,
)
_FORMS: Mapping[str, Callable[[str], list[AirObservation] | None]] = {
    "airodump-ng": _tables.airodump,
    "airport": _tables.airport,
    "airport -I": _blocks.airport_joined,
    "iwlist": _blocks.iwlist,
    "iwconfig": _blocks.iwconfig,
    "netsh": _blocks.netsh,
}


def wireless(device: Device) -> Flow:
    """Every access point of every delivered scan. Raises NotAnswered (a file is missing),
    Unexpected (a file is no scan that is known, or heard nobody)."""
    found: dict[AirObservation, None] = {}
    for name in re.split(r"[\s,]+", device.options.get("scans", "survey.txt").strip()):
        found |= dict.fromkeys(_read(device, name, (yield SURVEY(file=name))))
    return list(found)


def _read(device: Device, file: str, capture: Capture) -> list[AirObservation]:
    text = capture.text().removeprefix("\ufeff")
    for form in _FORMS.values():
        told = form(text)
        if told is None:
            continue
        if not told:
            break
        return told
    else:
        raise Unexpected(
            f"{device.id}: {file} is no scan of the air in a form that is known",
            next_step=f"deliver one of: {', '.join(_FORMS)}",
        )
    raise Unexpected(
        f"{device.id}: {file} heard no access point",
        code="result_empty_suspicious",
        next_step="scan with the radio on, and deliver the whole output",
    )
