"""The neighbours of a Cisco device: CDP, LLDP and its table of addresses, as far as it has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping

from collectors._cisco.answer import if_known, told
from collectors._neighbours import inside
from collectors._neighbours.detail import cdp, is_off, lldp
from collectors._neighbours.table import entries
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered
from evidence.facts import Fact, Neighbour

CDP = Ask(
    "cdp_neighbours",
    "show cdp neighbors detail",
    also=("show cdp neighbor detail", "show cdp nei det", "show_cdp_neighbors_detail"),
)
LLDP = Ask(
    "lldp_neighbours",
    "show lldp neighbors detail",
    also=("show lldp neighbor detail", "show lldp nei det", "show_lldp_neighbors_detail"),
)
_ARP_HEAD = re.compile(r"(?im)^[ \t]*(?:Protocol[ \t]+)?Address[ \t]+Age.*(?:Hardware|MAC) Addr")
# A dash for an age, or XR's state, marks the device's own addresses (and those HSRP lends it).
_MINE = re.compile(r"^\s*(?:Internet\s+)?\d+(?:\.\d+){3}\s+-\s|\sInterface\s+ARPA\s")
_WAYS = {CDP: "cdp", LLDP: "lldp"}

Reader = Callable[[str, str], list[Neighbour]]


def arp(name: str, line: str, *also: str) -> Ask:
    return Ask(name, line, also=(*also, line.replace(" ", "_")))


def arp_table(text: str, who: str) -> list[Neighbour]:
    return list(entries(text, who, _ARP_HEAD, _MINE))


def neighbours(
    device: Device, *asks: Ask, readers: Mapping[Ask, Reader] | None = None
) -> Generator[Ask, Capture, Iterator[Fact]]:
    """What each of these asks lists, within the device's ranges; one that the device does not know
    is done without. Raises NotAnswered when it knows none of them."""
    known: Mapping[Ask, Reader] = {CDP: cdp, LLDP: lldp, **(readers or {})}
    found: list[Neighbour] = []
    ways: list[str] = []
    answered = False
    for ask in asks:
        capture = yield from if_known(ask)
        if capture is not None:
            answered = True
            text = told(capture)
            found += known.get(ask, arp_table)(text, f"{device.id}: {ask.text!r}")
            ways += [] if is_off(text) else [_WAYS.get(ask, "arp")]
    if not answered:
        raise NotAnswered(f"{device.id}: it knows neither CDP nor LLDP nor a table of addresses")
    return inside(device, found, ways)
