"""The addresses from which access points send each WLAN: `WLAN ID`, perhaps an interface, `BSSID`.

Asked of each access point and band. Told as a whole or not at all: a list that leaves one out
would make a stranger of our own access point.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from typing import NamedTuple

from collectors._cisco.answer import told
from collectors._cisco.rogue import MAC
from collectors._wireless import posture
from evidence.ask import PLAIN_VALUE, Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import BasicServiceSet

MOST_ACCESS_POINTS = 100

_HEADING = re.compile(r"(?m)^ *WLAN ID +.*BSSID")
_ROW = re.compile(rf"(?m)^ *(?P<number>\d{{1,4}}) +(?:\S.*? +)?(?P<mac>{MAC}) *$")


class Band(NamedTuple):
    """One command per access point. `always`: every release and model has it."""

    ask: Ask
    band: str | None
    always: bool = True


def served(
    access_points: Iterable[str], bands: Iterable[Band], ssids: Mapping[str, str | None]
) -> Generator[Ask, Capture, list[BasicServiceSet]]:
    """Every address of every access point; none where one of them is not told.

    `ssids`: SSID by the WLAN's number.
    """
    names = list(access_points)
    if len(names) > MOST_ACCESS_POINTS or not all(re.fullmatch(PLAIN_VALUE, one) for one in names):
        return []
    found = []
    for name in names:
        for one in bands:
            try:
                text = told((yield one.ask(name=name)))
            except (NotAnswered, Unexpected, Incomplete):
                text = ""
            if not _HEADING.search(text):
                if one.always:
                    return []
                continue
            found += _rows(text, name, one.band, ssids)
    return found


def _rows(
    text: str, name: str, band: str | None, ssids: Mapping[str, str | None]
) -> list[BasicServiceSet]:
    return [
        BasicServiceSet(
            bssid=address, ssid=ssids.get(row["number"]), access_point=name, band=band, on_air=True
        )
        for row in _ROW.finditer(text)
        if (address := posture.bssid(row["mac"])) is not None
    ]
