"""Firmware of anything that speaks SNMP: the system group, ENTITY-MIB, then the vendor's own.

Everyone is asked the same few standard objects. sysObjectID (and, for agents that many
makers share, sysDescr) names the family; only that family's own objects are asked after that.
What each family says and where is data: `collectors/snmp/vendors/`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from collectors._neighbours import inside
from collectors.snmp import beside
from collectors.snmp.answers import (
    ENTITY_COLUMNS,
    ENTITY_TABLE,
    MODULE,
    Answers,
    chassis,
    entity_rows,
    is_blanked,
    said,
)
from collectors.snmp.conclude import STRANGERS, facts_of
from collectors.snmp.family import View
from collectors.snmp.identify import family_of, is_shared_agent
from collectors.snmp.vendors import FAMILIES, PROBES
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact

TRANSPORTS = ("snmp",)
ALIASES = ("generic_snmp",)

# sysDescr to sysServices. A walk would bring the table of supported MIBs too, often long.
SYSTEM = Ask(
    "system",
    " ".join(["get", *(f"1.3.6.1.2.1.1.{number}.0" for number in range(1, 8))]),
    kind="snmp",
    also=("snmpwalk",),
)
ENTITY = Ask(
    "entity",
    " ".join(["walk", *(f"{ENTITY_TABLE}.{column}" for column in ENTITY_COLUMNS.values())]),
    kind="snmp",
)
# hrSystemUptime, hrDeviceDescr, prtGeneralSerialNumber, probeSoftwareRev and probeHardwareRev,
# and the UPS-MIB's identification.
STANDARD = Ask(
    "standard",
    "walk 1.3.6.1.2.1.25.1.1 1.3.6.1.2.1.25.3.2.1.3 1.3.6.1.2.1.43.5.1.1.17 "
    "1.3.6.1.2.1.16.19.2 1.3.6.1.2.1.16.19.3 1.3.6.1.2.1.33.1.1",
    kind="snmp",
)
# lldpLocSysDesc, asked where an administrator has blanked sysDescr.
LLDP = Ask("lldp local", "get 1.0.8802.1.1.2.1.3.4.0", kind="snmp")
# Who runs somebody else's agent: one small question, asked only of agents that many makers share.
PROBE = Ask("probe", " ".join(["get", *PROBES]), kind="snmp")
# What switches and modems tell of themselves by a standard, asked of products no family knows.
INVENTORY = Ask("inventory", " ".join(["get", *STRANGERS]), kind="snmp")
NEIGHBOUR_ASKS = beside.ASKS
VENDOR_ASKS = tuple(dict.fromkeys(ask for family in FAMILIES for ask in family.asks()))

Flow = Generator[Ask, Capture, Iterable[Fact]]


def firmware(device: Device) -> Flow:
    """What runs on the device, on which hardware. Raises Unexpected without a system group."""
    answers = Answers()
    system = yield SYSTEM
    answers.add(system)
    object_id = (answers.raw("1.3.6.1.2.1.1.2.0") or "").strip(".")
    description = said(answers.raw("1.3.6.1.2.1.1.1.0")) or ""
    if not object_id and not description:
        raise Unexpected(
            f"{device.id}: neither sysDescr nor sysObjectID was answered",
            next_step="let the account's view include 1.3.6.1.2.1.1",
        )
    yield from _more(answers, (ENTITY, STANDARD))
    if is_blanked(description):
        yield from _more(answers, (LLDP,))
        description = said(answers.raw(LLDP.text.split()[1])) or description
    if is_shared_agent(object_id):
        yield from _more(answers, (PROBE,))
    family = family_of(object_id, description, answers)
    if family.product is None:
        yield from _more(answers, (INVENTORY,))
    branch = family.branch_of(object_id)
    yield from _more(answers, family.asks_at(branch))
    rows = entity_rows(answers)
    modules = tuple(row for row in rows if row.kind == MODULE)
    view = View(answers, description, object_id, chassis(rows), modules, branch)
    return tuple(facts_of(family, view, rows, system.answered_at))


def neighbours(device: Device) -> Flow:
    """What stands beside the device: LLDP, CDP, its tables of addresses, within its ranges.

    Raises Unexpected (`result_empty_suspicious`) where it has none of them: it spoke to us, so its
    table of addresses is not empty.
    """
    table = beside.Table()
    ways: list[str] = []
    for ask, way in zip(NEIGHBOUR_ASKS, ("lldp", "cdp", "arp"), strict=True):
        try:
            capture = yield ask
        except NotAnswered:
            continue
        if capture.body.strip():
            table.add(capture)
            ways.append(way)
    if not table.rows:
        raise Unexpected(
            f"{device.id}: neither LLDP nor CDP nor a table of addresses was answered",
            code="result_empty_suspicious",
            next_step="let the account's view include 1.0.8802.1.1.2 and 1.3.6.1.2.1.4",
        )
    return tuple(inside(device, beside.neighbours_of(table), ways))


def _more(answers: Answers, asks: Iterable[Ask]) -> Generator[Ask, Capture, None]:
    """Ask further; an agent that refuses one of them has said enough with the others."""
    for ask in asks:
        try:
            answers.add((yield ask))
        except (NotAnswered, Unexpected):
            continue
