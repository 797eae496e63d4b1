"""When two spellings mean the same thing: serial numbers, models, versions, names, addresses."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_interface
from unicodedata import normalize

# Names that a maker gives to every one of its devices identify none.
_COMMON = frozenset(
    ("localhost", "localhost.localdomain", "switch", "router", "ap", "fw", "firewall", "default")
)
# What people write before a model, and Cisco before its switches'.
_MAKER = re.compile(
    r"(?i)^(?:(?:cisco|hpe?|aruba|juniper|fortinet|dell|palo alto)\b[\s-]*)?(?:WS-)?"
)
_NO_SERIAL = re.compile(r"(?i)(?:n/?a|none|unknown|x+|0+|-+)?")


def plain(text: str) -> str:
    """Letters and digits alone, small: what a model or a number is compared by."""
    return re.sub(r"[\W_]+", "", normalize("NFKC", text)).casefold()


def serial_key(text: str | None) -> str | None:
    """A serial number to compare by; None for what stands for none."""
    found = plain(text or "")
    return None if _NO_SERIAL.fullmatch(found) else found


def name_key(text: str | None) -> str | None:
    """A host's name to compare by, its domain left aside; None for what every device is called."""
    found = (text or "").strip().rstrip(".").casefold()
    if not found or found in _COMMON:
        return None
    try:
        ip_address(found)
    except ValueError:
        short = found.partition(".")[0]
        return None if short in _COMMON else short
    return None


def address_key(text: str | None) -> str | None:
    """A host's address to compare by, a prefix length left aside; None for a name or a network."""
    try:
        found = ip_interface((text or "").strip())
    except ValueError:
        return None
    network = found.network
    is_network = network.prefixlen < network.max_prefixlen and found.ip == network.network_address
    nobody = found.ip.is_loopback or found.ip.is_unspecified or found.ip.is_link_local
    return None if is_network or nobody else str(found.ip)


def same_model(one: str, other: str) -> bool:
    """Whether two spellings may mean one model: `WS-C2960X-48TS-L`, `Cisco C2960X-48TS-L`."""
    left, right = (plain(_MAKER.sub("", text.strip())) or plain(text) for text in (one, other))
    return bool(left and right) and (left in right or right in left)


def same_version(one: str, other: str) -> bool:
    """Whether a register's version is the device's, or the train it is of: `9.16`, `9.16(4)57`."""
    left, right = _parts(one), _parts(other)
    length = min(len(left), len(right))
    return bool(length) and left[:length] == right[:length]


def _parts(version: str) -> list[str]:
    """Numbers without leading zeros, and letters, in order."""
    found = re.findall(r"\d+|[a-z]+", normalize("NFKC", version).casefold().lstrip("v"))
    return [part.lstrip("0") or "0" if part.isdigit() else part for part in found]
