"""Arista EOS by its command line: release, switch and parts, uptime, and the access lists.

A list counts packets only while it has `counters per-entry`; then an entry that shows no match had
none. A match is told with how long ago it was. Counters are zero after a boot and zeroed by
`clear ip access-lists counters`, and no time of that is kept. The forms are those of Arista's
manual and of listings that people published; none was seen on a device of our own.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace

from collectors._cisco import access_list, acl_rules
from collectors._cisco.answer import captured_at, if_known, told
from collectors._cli import Maker, Row, Told, having, identity, one, span_s, template, terminal
from collectors._cli.identity import Flow
from collectors.eos import _lists
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, Unit

VENDOR = "Arista"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("arista_eos", "arista")

MAKER = Maker("Arista", "eos", "Arista EOS")
# A comment line after each command: what stands before its echo is the whole listing.
SESSION = replace(terminal("terminal length 0", "terminal width 511"), nonce="!")

VERSION = Ask("version", "show version", also=("show_version", "show version | json"))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
MODULE = Ask("module", "show module", also=("show module all",))
ACCESS_LISTS = Ask(
    "ip_access_lists",
    "show ip access-lists",
    also=("show ip access-list", "show access-lists", "show_ip_access-lists"),
)
IPV6_ACCESS_LISTS = Ask(
    "ipv6_access_lists",
    "show ipv6 access-lists",
    also=("show ipv6 access-list", "show_ipv6_access-lists"),
)
_JSON = one(
    r'"internalVersion": *"(?P<internal>[^"]+)"',
    image=r'"version": *"([^"]+)"',
    model=r'"modelName": *"([^"]+)"',
    serial_number=r'"serialNumber": *"([^"]+)"',
    hw_version=r'"hardwareRevision": *"([^"]+)"',
)
_MODULES = having(r"^Module +Ports +Card Type", template("arista_eos_show_module"))
_LISTED = template("arista_eos_show_inventory")
_EMPTY = re.compile(r"^ +\S+ +Not (?:Inserted|Present) *\n", re.MULTILINE)
_IMAGE = r"^ *Software image version: *\d"


def _inventory(text: str) -> list[Row]:
    """What is plugged in; a place where nothing is tells no piece."""
    return _LISTED(_EMPTY.sub("", text))


def firmware(device: Device) -> Flow:
    """Release, switch or chassis, what is plugged in, and since when it runs."""
    return (
        yield from identity(
            device,
            _version(),
            Told(INVENTORY, (_inventory,), _parts),
            Told(MODULE, (_MODULES,), _modules),
        )
    )


def firewall(device: Device) -> Flow:
    """Every entry of the access lists, where they are applied, what was counted, and the unit."""
    units = yield from _units(device)
    listing = yield ACCESS_LISTS
    listing6 = yield from if_known(IPV6_ACCESS_LISTS)
    found: dict[tuple[str, str], access_list.AccessList] = {}
    stale: set[tuple[str, str]] = set()
    bound: dict[str, dict[str, list[acl_rules.Place]]] = {}
    for capture in (listing, listing6):
        if capture is None:
            continue
        who = f"{device.id}: {capture.ask.text!r}"
        text, about = _lists.apart(told(capture))
        for listed in access_list.lists(text, who, {}, {}):
            key = (listed.family, listed.name)
            of = about.get(key, _lists.About())
            _lists.check_whole(listed, of, who)
            found.setdefault(key, _lists.with_zeros(listed, of))
            stale |= {key} if of.stale else set()
            if of.total is not None:
                bound.setdefault(listed.family, {})[listed.name] = of.places
    if not any(listed.entries for listed in found.values()):
        raise Unexpected(
            f"{device.id}: {ACCESS_LISTS.text!r} lists no entry",
            code="result_empty_suspicious",
            next_step="check the account's role: every switch has a list of its control plane",
        )
    at = captured_at(listing)
    return [
        *units,
        *(
            fact
            for key, listed in found.items()
            # Counters that stand still can show traffic only.
            for fact in acl_rules.facts([listed], bound, False if key in stale else None, at)
        ),
        *acl_rules.unwritten(found.values(), bound, discovery=(), empty_permits=None),
    ]


def _version() -> Told:
    return Told(
        VERSION,
        (
            template("arista_eos_show_version"),
            template("arista_eos_show_version", among=_IMAGE),
            _JSON,
        ),
        _system,
    )


def _units(device: Device) -> Generator[Ask, Capture, list[Unit]]:
    """The unit as the version tells it; none where that was not answered."""
    try:
        facts = yield from identity(device, _version())
    except (NotAnswered, Unexpected):
        return []
    return [fact for fact in facts if isinstance(fact, Unit)]


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["image"], row["internal"])
    yield MAKER.item(row["model"], row["serial_number"], revision=row["hw_version"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _parts(row: Row) -> Iterator[Fact]:
    """A row with a model is a piece; the first, which has no place, is the switch or chassis.

    Optics name their maker where the others have no description.
    """
    if not row["pid"] or row["descr"] in ("Management", "Switched"):
        return
    model = row["pid"]
    if not row["port"]:
        supervisor = row["descr"].startswith(("Supervisor", "Linecard", "Fabric"))
        part = "module" if supervisor else "chassis"
        yield MAKER.item(model, row["sn"], part=part, description=row["descr"], revision=row["vid"])
        return
    part = "transceiver" if row["descr"] else _kind(model)
    maker = row["descr"] if row["descr"] != "Arista Networks" else ""
    yield MAKER.item(
        model, row["sn"], part=part, position=row["port"], revision=row["vid"], vendor=maker
    )


def _kind(model: str) -> str:
    return "fan" if "FAN" in model else "power supply"


def _modules(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["model"],
        row["serial_num"],
        part="module",
        position=row["module"],
        description=row["card"],
        revision=row["hw_ver"],
    )
