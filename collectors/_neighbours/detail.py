"""`show cdp neighbors detail` and `show lldp neighbors detail`, as Cisco's systems print them.

Blocks of `name: value` lines. IOS, IOS XE, IOS XR and NX-OS differ in titles and order, so titles
are looked up in one list; a title that stands nowhere in it is left aside. The number of entries
that the device says it printed is held against those found: half a list is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from collectors._neighbours import address_of, mac_of
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Neighbour

_TITLE = re.compile(r"^\s*([A-Za-z][A-Za-z0-9 /()]*?) ?: ?(.*)$")
_RULER = re.compile(r"^-{8,}\s*$")
_TOTAL = re.compile(r"Total (?:cdp )?entries displayed ?: ?(\d+)")
_NONE = re.compile(r"(?i)no (?:cdp|lldp) neighbou?rs")
_SERIAL = re.compile(r"^(?P<name>.+)\((?P<serial>[A-Z0-9]{8,14})\)$")
# Where text without a title of its own goes on below: the version, the description.
_LONG = {"version": "description", "system description": "description"}
_ENDS_TEXT = re.compile(r"(?i)\s*(?:time remaining|advertisement version) ?:|\s*$")
_ADDRESS_TITLES = {"ip address", "ipv4 address", "ipv6 address", "ip", "ipv6", "management address"}
_ADDRESS_TITLES |= {"management address ipv6", "global unicast address"}
_TITLES = {
    "device id": "id",
    "chassis id": "chassis",
    "system name": "name",
    "sysname": "name",
    "port id": "remote",
    "port id (outgoing port)": "remote",
    "interface": "port",
    "local intf": "port",
    "local interface": "port",
    "local port id": "port",
    "platform": "platform",
    "capabilities": "capabilities",
    "enabled capabilities": "capabilities",
}
_CAPABILITIES = {
    **{"b": "bridge", "r": "router", "t": "telephone", "w": "wlan", "c": "docsis"},
    **{"p": "repeater", "s": "station", "o": "other"},
}


def cdp(text: str, who: str) -> list[Neighbour]:
    """The neighbours of CDP. Raises Unexpected, Incomplete."""
    return _read(text, who, "device id", "cdp")


def lldp(text: str, who: str) -> list[Neighbour]:
    """The neighbours of LLDP. Raises Unexpected, Incomplete."""
    return _read(text, who, "chassis id", "lldp")


def _read(text: str, who: str, needed: str, seen_by: Literal["cdp", "lldp"]) -> list[Neighbour]:
    found = [_neighbour(block, seen_by) for block in _blocks(text) if _has(block, needed)]
    total = _TOTAL.search(text)
    if total and int(total[1]) != len(found):
        raise Incomplete(f"{who}: {len(found)} neighbours of the {total[1]} that it displayed")
    if not found and total is None and not _NONE.search(text) and not is_off(text):
        raise Unexpected(f"{who} should list neighbours; it starts {shown(text[:80])!r}")
    return found


def is_off(text: str) -> bool:
    """Whether the device says that the protocol is switched off: then it sees nobody by it."""
    return re.search(r"(?i)(?:cdp|lldp) is not enabled", text) is not None


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each neighbour: from a ruler, or from the line that begins one."""
    block: list[str] = []
    ruled = re.search(_RULER.pattern, text, re.MULTILINE) is not None
    for line in text.splitlines():
        begins = (
            _RULER.match(line) if ruled else re.match(r"\s*(?:Chassis|Device) ?[Ii][Dd] ?:", line)
        )
        if begins and block:
            yield block
            block = []
        block.append(line)
    yield block


def _has(block: list[str], needed: str) -> bool:
    return any(re.match(rf"(?i)\s*{needed} ?:", line) for line in block)


def _neighbour(block: list[str], seen_by: Literal["cdp", "lldp"]) -> Neighbour:
    said, addresses = _said(block)
    name, serial = said.get("name"), None
    if (identity := said.get("id")) and (parts := _SERIAL.match(identity)):
        identity, serial = parts["name"], parts["serial"]
    chassis = said.get("chassis", "")
    model = said.get("platform")
    return Neighbour(
        seen_by=seen_by,
        name=name or identity or (None if mac_of(chassis) else chassis or None),
        addresses=addresses,
        mac=mac_of(chassis),
        serial=serial,
        model=re.sub(r"(?i)^cisco +", "", model) if model else None,
        description=said.get("description"),
        capabilities=tuple(_capability(one) for one in _words(said)),
        port=said.get("port"),
        remote_port=said.get("remote"),
    )


def _words(said: Mapping[str, str]) -> list[str]:
    """The capabilities one by one; of those that CDP names, one has blanks in it."""
    return re.findall(r"(?i)two-port mac relay|[^\s,]+", said.get("capabilities", ""))


def _capability(word: str) -> str:
    """LLDP's letters as words (IEEE 802.1AB 8.5.8.1); CDP writes words itself."""
    plain = word.lower()
    return _CAPABILITIES.get(plain, plain)


def _said(block: list[str]) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Values by our names, and every address of the neighbour, each once."""
    said: dict[str, str] = {}
    addresses: list[str] = []
    long: str | None = None
    for line in block:
        # Text that goes on may have colons in it; a blank line before it does not end it.
        if long is not None and not _ENDS_TEXT.match(line):
            said[long] = f"{said.get(long, '')}\n{line.rstrip()}".strip("\n")
            continue
        if line.strip() or (long is not None and long in said):
            long = None
        for title, value in _pairs(line):
            if title in _LONG:
                long = _LONG[title]
                if value:
                    said[long] = value
            elif title in _ADDRESS_TITLES:
                addresses += filter(None, [address_of(value.split()[0])] if value else [])
            elif title in _TITLES and value and value not in ("not advertised", "- not advertised"):
                said.setdefault(_TITLES[title], value)
    return said, tuple(dict.fromkeys(addresses))


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    """`Platform: x,  Capabilities: y` is two; a comma within a value is none."""
    for part in re.split(r", +(?=[A-Z][A-Za-z ()]*: )", line):
        if match := _TITLE.match(part):
            yield match[1].strip().lower(), match[2].strip().rstrip(",")
