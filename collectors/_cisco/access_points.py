"""Access points as a wireless controller lists them: `show ap summary` of AireOS and IOS XE."""

from __future__ import annotations

import re
from collections.abc import Generator

from collectors._cisco.answer import told
from collectors._cisco.parts import item
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import HardwareItem

ACCESS_POINTS = Ask("access_points", "show ap summary", also=("show_ap_summary",))

_NUMBER = re.compile(r"(?m)^Number of APs(?:\.{3,}|:) *(\d+)")
# Name, how many radios, model, Ethernet address; what follows differs from release to release.
_ROW = re.compile(
    r"(?m)^(?P<name>\S.*?) +(?P<slots>\d{1,2}) +(?P<model>\S*\d\S*) +"
    r"(?:(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}) "
)


def access_points() -> Generator[Ask, Capture, list[HardwareItem]]:
    """Every access point by name and model; none where nobody delivered the list.

    Their serial numbers are not in it. Raises Incomplete where the controller has more than told.
    """
    try:
        rows = _rows((yield ACCESS_POINTS))
    except NotAnswered:
        return []
    return [item(row["model"], part="access point", position=row["name"]) for row in rows]


def names() -> Generator[Ask, Capture, list[str]]:
    """The name of every access point; none where that is not told in full."""
    try:
        return [row["name"] for row in _rows((yield ACCESS_POINTS))]
    except (NotAnswered, Unexpected, Incomplete):
        return []


def _rows(capture: Capture) -> list[re.Match[str]]:
    text = told(capture)
    number, rows = _NUMBER.search(text), list(_ROW.finditer(text))
    if number is None or int(number[1]) != len(rows):
        raise Incomplete(
            f"{capture.device}: {len(rows)} access points told, the controller has "
            f"{number[1] if number else 'not said how many'}"
        )
    return rows
