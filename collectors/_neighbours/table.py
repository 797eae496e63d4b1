"""Tables of addresses as command lines print them: one address and one MAC address a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from collectors._neighbours import address_of, mac_of
from evidence.errors import Unexpected, shown
from evidence.facts import Neighbour

_MAC = re.compile(r"(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_ADDRESS = re.compile(r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+(?:%\S+)?")


def entries(
    text: str, who: str, head: re.Pattern[str], mine: re.Pattern[str] | None = None
) -> Iterator[Neighbour]:
    """The lines of a table. `head` is how its head line is known; `mine` matches a line that
    tells an address of the device itself.

    A line without a MAC address (incomplete, failed) is of nobody who answered. Raises Unexpected
    where there is no table at all.
    """
    if not head.search(text):
        raise Unexpected(f"{who} should give a table of addresses; it starts {shown(text[:80])!r}")
    for line in text.splitlines():
        words = line.replace(",", " ").split()
        macs = [word for word in words if _MAC.fullmatch(word)]
        addresses = [
            (place, found)
            for place, word in enumerate(words)
            if _ADDRESS.fullmatch(word) and word not in macs and (found := address_of(word))
        ]
        if len(macs) != 1 or len(addresses) != 1 or (mine and mine.search(line)):
            continue
        mac, address = mac_of(macs[0]), addresses[0][1]
        if mac is not None:
            port = _port(words, {macs[0], words[addresses[0][0]]})
            yield Neighbour(seen_by=_kind(address), addresses=(address,), mac=mac, port=port)


def _kind(address: str) -> Literal["arp", "nd"]:
    return "nd" if ":" in address else "arp"


def _port(words: list[str], taken: set[str]) -> str | None:
    """The interface: the last word that begins with a letter and holds a number, or the first
    name of a firewall's (`inside 10.1.1.1 …`)."""
    named = [word for word in words if word not in taken and re.match(r"[A-Za-z]", word)]
    numbered = [word for word in named if re.search(r"\d", word)]
    return numbered[-1] if numbered else None
