"""Inventory in the rule's four categories (軟體、硬體、場地、資料), found beside registered, with
what changed in the month; and once more for co-location alone."""

from __future__ import annotations

from evidence.text import Text
from report.month import Month
from report.section import Section
from report.sections.inventory.changes import changes
from report.sections.inventory.tables import inventory_tables

COLO = "colo"


def section(month: Month) -> Section:
    """The whole inventory, and the month's difference."""
    readings = month.assessed.readings
    return Section(
        id="inventory",
        title=Text("Inventory", "資產盤點"),
        tables=(*inventory_tables(readings), changes(readings, month.exhibits)),
    )


def colocated(month: Month) -> Section:
    """The inventory of the co-location site alone (CC-23000.2)."""
    return Section(
        id="colo_inventory",
        title=Text("Co-location inventory", "主機共置資產盤點"),
        tables=inventory_tables(month.assessed.readings, COLO),
    )
