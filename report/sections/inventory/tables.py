"""The four categories as tables, for the pack and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from evidence.device import Device
from evidence.facts import Fact, HardwareItem, SoftwareRelease
from evidence.inventory import Entry, Meeting, Stock, state_of, stock_of
from evidence.inventory.found import ABOUT_OTHERS, BODIES
from evidence.readings import Readings
from evidence.text import Text
from report.codes import STATES, ZONES, word
from report.section import Cell, Column, Row, Table
from report.words import NO, UNTOLD, YES, both_calendars, taipei

F = TypeVar("F", bound=Fact)
_FOUND, _REGISTERED = Text("found", "實測"), Text("registered", "清冊")
_BOTH = Text("found and registered", "實測與清冊")
_VIRTUAL = Text("virtual", "虛擬")
FIELDS = {
    "vendor": Text("vendor", "廠牌"),
    "model": Text("model", "型號"),
    "serial": Text("serial", "序號"),
    "version": Text("version", "版本"),
}
WAYS = {
    "lldp": Text("LLDP", "LLDP"),
    "cdp": Text("CDP", "CDP"),
    "arp": Text("ARP table", "ARP 表"),
    "nd": Text("IPv6 neighbours", "IPv6 鄰居表"),
    "snmp": Text("SNMP sweep", "SNMP 掃描"),
}
_KINDS = {
    "data": Text("data", "資料"),
    "documents": Text("documents", "文件"),
    "people": Text("people", "人員"),
}

_ASSET = Column("asset", Text("Asset number", "資產編號"), 18)
_NAME = Column("name", Text("Name", "名稱"), 24)
_VENDOR = Column("vendor", Text("Vendor", "廠牌"), 16)
_SITE = Column("site", Text("Site", "據點"), 12)
_PLACE = Column("place", Text("Room and rack", "場地（機房與機櫃）"), 24)
_OWNER = Column("owner", Text("Owner", "負責人"), 18)
_CORE = Column("core", Text("Core", "核心系統"), 10)
_LEFT = Column("left", Text("Decommissioned", "下線日期"), 22)
_READ = Column("read", Text("Read at", "讀取時間"), 26)
HARDWARE = (
    _ASSET,
    _NAME,
    _VENDOR,
    Column("model", Text("Model", "型號"), 24),
    Column("serial", Text("Serial", "序號"), 20),
    Column("version", Text("Version", "版本"), 18),
    Column("addresses", Text("Addresses", "位址"), 20),
    _SITE,
    _PLACE,
    _OWNER,
    _CORE,
    _LEFT,
    Column("source", Text("Source", "來源"), 14),
    Column("state", Text("Compared", "比對結果"), 18),
    Column("differences", Text("Found / registered", "差異（實際／清冊）"), 36),
    Column("seen", Text("Seen by", "發現方式"), 22),
    _READ,
)
PARTS = (
    Column("device", Text("Device", "設備"), 20),
    Column("part", Text("Part", "部件"), 18),
    Column("position", Text("Position", "位置"), 18),
    _VENDOR,
    Column("model", Text("Model", "型號"), 28),
    Column("serial", Text("Serial", "序號"), 22),
    Column("revision", Text("Revision", "版次"), 14),
    _SITE,
)
SOFTWARE = (
    _ASSET,
    Column("device", Text("Device", "設備"), 20),
    _VENDOR,
    Column("product", Text("Product", "產品"), 28),
    Column("version", Text("Version", "版本"), 24),
    Column("part", Text("Kind", "種類"), 18),
    Column("updated", Text("Last update", "最近更新日"), 22),
    _SITE,
    _OWNER,
    _CORE,
    _LEFT,
    Column("source", Text("Source", "來源"), 14),
    _READ,
)
PREMISES = (
    _ASSET,
    _NAME,
    _SITE,
    Column("place", Text("Address or room", "地址或機房"), 36),
    Column("count", Text("Equipment there", "設備數"), 12),
    _OWNER,
    Column("source", Text("Source", "來源"), 14),
)
DATA = (
    _ASSET,
    _NAME,
    Column("kind", Text("Kind", "類別"), 12),
    Column("addresses", Text("Held at", "存放系統"), 24),
    _SITE,
    Column("place", Text("Place", "位置"), 24),
    _OWNER,
    _CORE,
    _LEFT,
)
_NO_DATA = Text(
    "the register names no data; data stores are not found by reading devices",
    "清冊未載資料類資產；資料類資產無法由設備讀取得知",
)


def inventory_tables(readings: Readings, site: str | None = None) -> tuple[Table, ...]:
    """Hardware, its parts, software, premises and data; of one site alone, where it is named."""
    stock = stock_of(readings)
    devices = [one for one in readings.devices.values() if site in (None, one.site)]
    entries = [one for one in stock.entries if site in (None, one.asset.site)]
    met = [one for one in stock.meetings if site in (None, one.site)]
    tables = (
        ("hardware", Text("Hardware", "硬體清冊"), HARDWARE, _hardware(readings, met)),
        ("parts", Text("Parts", "設備部件"), PARTS, _parts(readings, devices)),
        ("software", Text("Software", "軟體清冊"), SOFTWARE, _software(readings, devices, entries)),
        ("premises", Text("Premises", "場地清冊"), PREMISES, _premises(stock, met, entries)),
    )
    made = [
        Table(id=id, title=_titled(title, site), columns=columns, rows=tuple(rows))
        for id, title, columns, rows in tables
    ]
    data = tuple(_data(one) for one in entries if one.asset.category in _KINDS)
    title = _titled(Text("Data", "資料清冊"), site)
    return (*made, Table(id="data", title=title, columns=DATA, rows=data, empty=_NO_DATA))


def _titled(title: Text, site: str | None) -> Text:
    """A site's tables have its name: two sheets of a work book cannot be called alike."""
    if site is None:
        return title
    name = ZONES.get(site, Text(site, site))
    return Text(f"{title.en} {name.en}", f"{name.zh}{title.zh}")


def _hardware(readings: Readings, met: list[Meeting]) -> Iterator[Row]:
    has_register = stock_of(readings).has_register
    for one in met:
        found, entry = one.found, one.entry
        asset = entry.asset if entry else None
        told = [each for each in (found, asset) if each is not None]
        state = state_of(readings, one)
        row: dict[str, Cell] = {
            **_of_entry(entry),
            "name": _told(asset.name or None if asset else None, found.name if found else None),
            "vendor": _told(*(one.vendor for one in told)),
            "model": _told(*(one.model for one in told)),
            "serial": _told(*(one.serial for one in told)),
            "version": _told(*(one.version for one in told)),
            "site": one.site or UNTOLD,
            "source": _BOTH if found and entry else _FOUND if found else _REGISTERED,
            "state": word(STATES, state if has_register else "no_register"),
        }
        if found and found.virtual:
            row["model"] = _VIRTUAL if found.model is None else found.model
        addresses = sorted(found.addresses) if found else asset.addresses if asset else ()
        row["addresses"] = "\n".join(addresses) or UNTOLD
        row["differences"] = _joined(
            Text(
                f"{FIELDS[diff.field].en}: {diff.found} / {diff.registered}",
                f"{FIELDS[diff.field].zh}：{diff.found}／{diff.registered}",
            )
            for diff in one.differences
        )
        if found:
            row["read"] = taipei(found.seen_at)
            ways = [WAYS[way] for way in found.ways]
            beside = Text(
                f"{found.device.id}: {', '.join(way.en for way in ways)}",
                f"{found.device.id}：{'、'.join(way.zh for way in ways)}",
            )
            row["seen"] = Text("read itself", "直接讀取") if found.is_read else beside
        yield row


def _joined(texts: Iterator[Text]) -> Text:
    found = list(texts)
    return Text("\n".join(one.en for one in found), "\n".join(one.zh for one in found))


def _told(*values: str | None) -> Cell:
    """The first that was told: what was found goes before what is registered."""
    return next((value for value in values if value), UNTOLD)


def _of_entry(entry: Entry | None) -> dict[str, Cell]:
    """What only a register knows."""
    if entry is None:
        return {"asset": Text("not registered", "未列冊")}
    asset = entry.asset
    return {
        "asset": asset.asset_id,
        "place": asset.location or UNTOLD,
        "owner": asset.owner or UNTOLD,
        "core": UNTOLD if asset.core is None else YES if asset.core else NO,
        "left": both_calendars(asset.decommissioned_on),
    }


def _parts(readings: Readings, devices: list[Device]) -> Iterator[Row]:
    for device in devices:
        for one, _ in _facts(readings, device, HardwareItem):
            if one.part in BODIES:
                continue
            yield {
                "device": " ".join(filter(None, (device.id, one.subject_unit))),
                "part": one.part,
                "position": one.position or UNTOLD,
                "vendor": one.vendor or UNTOLD,
                "model": one.model or one.description or UNTOLD,
                "serial": one.serial or UNTOLD,
                "revision": one.revision,
                "site": device.site,
            }


def _software(readings: Readings, devices: list[Device], entries: list[Entry]) -> Iterator[Row]:
    for device in devices:
        for one, at in _facts(readings, device, SoftwareRelease):
            yield {
                "device": " ".join(filter(None, (device.id, one.subject_unit))),
                "vendor": one.vendor or UNTOLD,
                "product": one.name or one.product or UNTOLD,
                "version": one.version or UNTOLD,
                "part": one.part,
                "updated": both_calendars(one.updated_on),
                "site": device.site,
                "source": _FOUND,
                "read": at,
            }
    for entry in entries:
        if entry.asset.category != "software":
            continue
        yield {
            **_of_entry(entry),
            "vendor": entry.asset.vendor or UNTOLD,
            "product": entry.asset.name or UNTOLD,
            "version": entry.asset.version or UNTOLD,
            "site": entry.asset.site or UNTOLD,
            "source": _REGISTERED,
        }


def _facts(readings: Readings, device: Device, kind: type[F]) -> Iterator[tuple[F, str]]:
    """What the newest good readings tell, with when; what two subjects of a device tell, once."""
    seen: set[F] = set()
    for subject in device.subjects:
        reading = readings.newest_good.get((device.id, subject))
        if reading is None or subject in ABOUT_OTHERS:
            continue
        for one in reading.of(kind):
            if one not in seen:
                seen.add(one)
                yield one, taipei(reading.at)


def _premises(stock: Stock, met: list[Meeting], entries: list[Entry]) -> Iterator[Row]:
    """The register's premises, then every place that equipment is said to stand at."""
    for entry in entries:
        if entry.asset.category == "premises":
            yield {
                **_of_entry(entry),
                "name": entry.asset.name or UNTOLD,
                "site": entry.asset.site or UNTOLD,
                "source": _REGISTERED,
            }
    places: dict[tuple[str, str], int] = {}
    for one in met:
        place = one.entry.asset.location if one.entry else None
        key = one.site or "", place or ""
        places[key] = places.get(key, 0) + 1
    for (site, place), count in sorted(places.items()):
        yield {
            "name": place or Text("(no room registered)", "（清冊未載機房）"),
            "site": site or UNTOLD,
            "place": place or UNTOLD,
            "count": count,
            "source": _BOTH if place else _FOUND,
        }


def _data(entry: Entry) -> Row:
    return {
        **_of_entry(entry),
        "name": entry.asset.name or UNTOLD,
        "kind": _KINDS[entry.asset.category],
        "addresses": "\n".join(entry.asset.addresses) or UNTOLD,
        "site": entry.asset.site or UNTOLD,
    }
