"""`show lldp neighbors`: a line a neighbour, its columns under the head line's words."""

from __future__ import annotations

from collectors._neighbours import mac_of
from evidence.errors import Unexpected, shown
from evidence.facts import Neighbour

_COLUMNS = ("Local Interface", "Parent Interface", "Chassis Id", "Port info", "System Name")


def neighbours(text: str, who: str) -> list[Neighbour]:
    """Raises Unexpected for what has no head line; LLDP that is off is no answer at all."""
    lines = text.splitlines()
    if any("lldp is not enabled" in line.casefold() for line in lines) or not text.strip():
        return []
    head = next((line for line in lines if all(name in line for name in _COLUMNS)), None)
    if head is None:
        raise Unexpected(f"{who} should list neighbours; it starts {shown(text[:80])!r}")
    starts = [head.index(name) for name in _COLUMNS]
    found = []
    for line in lines[lines.index(head) + 1 :]:
        if not line.strip() or line.startswith(("{", "[")):
            continue
        ends = [*starts[1:], None]
        cells = [line[a:b].strip() for a, b in zip(starts, ends, strict=True)]
        port, _, chassis, remote, name = cells
        mac = mac_of(chassis)
        found.append(
            Neighbour(
                seen_by="lldp",
                name=name or (None if mac else chassis) or None,
                mac=mac,
                port=port or None,
                remote_port=remote or None,
            )
        )
    return found
