"""Inventory: units, software and hardware as found, beside what the asset register says."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.facts import Asset, Fact, HardwareItem, SoftwareRelease, Unit
from evidence.text import Text
from report.month import Month
from report.section import Column, Row, Section, Table
from report.words import NO, UNTOLD, YES, both_calendars, taipei

_FOUND, _REGISTERED = Text("found", "實測所見"), Text("registered", "清冊所載")
_CATEGORIES = {
    "unit": Text("unit", "設備單元"),
    "software": Text("software", "軟體"),
    "hardware": Text("hardware", "硬體"),
    "premises": Text("premises", "場地"),
    "data": Text("data", "資料"),
    "documents": Text("documents", "文件"),
    "people": Text("people", "人員"),
}

COLUMNS = (
    Column("category", Text("Category", "類別"), 12),
    Column("source", Text("Source", "來源"), 12),
    Column("device", Text("Device read", "讀取之設備"), 18),
    Column("unit", Text("Unit", "設備單元"), 20),
    Column("vendor", Text("Vendor", "廠牌"), 18),
    Column("name", Text("Model or product", "型號或產品"), 32),
    Column("version", Text("Version", "版本"), 24),
    Column("serial", Text("Serial or asset number", "序號或資產編號"), 24),
    Column("place", Text("Part, role or place", "部位、角色或所在"), 28),
    Column("core", Text("Core", "核心"), 10),
    Column("left", Text("Decommissioned", "下線日期"), 22),
    Column("read", Text("Read at", "讀取時間"), 26),
)


def section(month: Month) -> Section:
    title = Text("Inventory found", "資產盤點")
    rows = tuple(_rows(month))
    table = Table(id="inventory", title=title, columns=COLUMNS, rows=rows)
    return Section(id="inventory", title=title, tables=(table,))


def _rows(month: Month) -> Iterator[Row]:
    """What the newest good readings tell; what two subjects of a device tell, once."""
    seen = set()
    for (device, _), reading in sorted(month.assessed.readings.newest_good.items()):
        for fact in reading.facts:
            row = _row(fact)
            if row is None or (device, fact) in seen:
                continue
            seen.add((device, fact))
            unit = fact.subject_unit or device
            yield {**row, "device": device, "unit": unit, "read": taipei(reading.at)}


def _row(fact: Fact) -> Row | None:
    """A fact as a row; None for one that names no thing owned."""
    if isinstance(fact, Unit):
        return {
            "category": _CATEGORIES["unit"],
            "source": _FOUND,
            "vendor": fact.vendor or UNTOLD,
            "name": fact.model or UNTOLD,
            "serial": fact.serial or UNTOLD,
            "place": " ".join(filter(None, (fact.hostname, fact.ha_mode, fact.ha_role))),
        }
    if isinstance(fact, SoftwareRelease):
        return {
            "category": _CATEGORIES["software"],
            "source": _FOUND,
            "vendor": fact.vendor or UNTOLD,
            "name": fact.name or fact.product or UNTOLD,
            "version": fact.version or UNTOLD,
            "place": fact.part,
        }
    if isinstance(fact, HardwareItem):
        return {
            "category": _CATEGORIES["hardware"],
            "source": _FOUND,
            "vendor": fact.vendor or UNTOLD,
            "name": fact.model or fact.description or UNTOLD,
            "version": fact.revision,
            "serial": fact.serial or UNTOLD,
            "place": " ".join(filter(None, (fact.part, fact.position))),
        }
    return _asset(fact) if isinstance(fact, Asset) else None


def _asset(fact: Asset) -> Row:
    return {
        "category": _CATEGORIES.get(fact.category, Text(fact.category, fact.category)),
        "source": _REGISTERED,
        "name": fact.name or UNTOLD,
        "serial": fact.asset_id,
        "place": fact.location or UNTOLD,
        "core": UNTOLD if fact.core is None else YES if fact.core else NO,
        "left": both_calendars(fact.decommissioned_on),
    }
