"""The neighbour table of Linux (`ip -j neigh show`), which is both ARP's and IPv6's."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._managed.answer import document, who
from collectors._neighbours import address_of, mac_of
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import Neighbour

# Nobody answered, or there is nobody to ask.
_NOBODY = frozenset(("FAILED", "INCOMPLETE", "NOARP", "NONE"))


def entries(capture: Capture) -> Iterator[Neighbour]:
    """Who answered. Raises Incomplete, Unexpected for what is no such table."""
    rows = document(capture)
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and "dst" in row for row in rows
    ):
        raise Unexpected(f"{who(capture)}: not the table of `ip -j neigh show`")
    if not rows:
        # Whoever asked this over the network is a neighbour, or behind one.
        raise Unexpected(f"{who(capture)}: no neighbour at all", code="result_empty_suspicious")
    for row in rows:
        address, mac = address_of(str(row.get("dst"))), mac_of(str(row.get("lladdr")))
        if address is None or mac is None or _NOBODY & set(row.get("state") or ()):
            continue
        yield Neighbour(
            seen_by="nd" if ":" in address else "arp",
            addresses=(address,),
            mac=mac,
            port=row.get("dev"),
        )
