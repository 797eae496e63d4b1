"""Does everything that was found stand in the asset register, and as it is?

Found are the devices read and, where the configuration lets them look, what they see beside them.
Both sides are shown where they differ. Without a register nothing can be told.
"""

from __future__ import annotations

from collections.abc import Iterator

from evidence.clock import taipei_day
from evidence.inventory import Found, Meeting, stock_of
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "device_is_registered"
REGISTER = Text("the asset register", "資產清冊")
FIELDS = {
    "vendor": Text("vendor", "廠牌"),
    "model": Text("model", "型號"),
    "serial": Text("serial number", "序號"),
    "version": Text("version", "版本"),
}
WAYS = {
    "lldp": Text("LLDP", "LLDP"),
    "cdp": Text("CDP", "CDP"),
    "arp": Text("its ARP table", "ARP 表"),
    "nd": Text("its table of IPv6 neighbours", "IPv6 鄰居表"),
    "snmp": Text("a sweep by SNMP", "SNMP 掃描"),
}


def check(readings: Readings) -> Iterator[Observation]:
    """One answer for each thing found."""
    yield from unread(readings, "assets", CHECK, REGISTER)
    stock = stock_of(readings)
    if not stock.has_register:
        yield no_register(readings, CHECK)
        return
    registers = tuple(dict.fromkeys(entry.evidence for entry in stock.entries))
    for meeting in stock.meetings:
        if meeting.found is not None:
            yield _observed(readings, meeting.found, meeting, registers)


def no_register(readings: Readings, check: str) -> Observation:
    """What both checks say where no register was read."""
    return Observation(
        check=check,
        device="",
        subject="asset register",
        result=Result.not_assessed,
        state="no_register",
        description=Text(
            "no asset register is collected, so nothing found can be compared with it",
            "未收集資產清冊，無法與實際盤點比對",
        ),
        at=readings.at,
        scope=("*",),
    )


def _observed(
    readings: Readings, found: Found, meeting: Meeting, registers: tuple[str, ...]
) -> Observation:
    result, state, said = _answer(readings, meeting)
    how = _seen(found)
    entry = meeting.entry
    return Observation(
        check=CHECK,
        device=found.device.id,
        subject=f"{found.subject}/registration",
        result=result,
        state=state,
        description=Text(f"{found.name}{how.en}: {said.en}", f"{found.name}{how.zh}：{said.zh}"),
        at=readings.at,
        evidence=(*found.evidence, *((entry.evidence,) if entry else registers)),
        measures={
            "serial": found.serial,
            "model": found.model,
            "version": found.version,
            "addresses": sorted(found.addresses),
            "macs": list(found.macs),
            "seen_by": list(found.ways),
            "asset": entry.asset.asset_id if entry else None,
            "joined_by": meeting.by,
            "differences": [
                {"field": one.field, "found": one.found, "registered": one.registered}
                for one in meeting.differences
            ],
        },
        scope=(f"site:{found.device.site}", "about:inventory"),
    )


def _seen(found: Found) -> Text:
    if found.is_read:
        return Text("", "")
    ways = [WAYS[way] for way in found.ways]
    return Text(
        f" (seen from {found.device.id} by {', '.join(way.en for way in ways)})",
        f"（由 {found.device.id} 之{'、'.join(way.zh for way in ways)}所見）",
    )


_RESULTS = {
    "registered": Result.satisfied,
    "registered_otherwise": Result.partly,
    "registered_as_gone": Result.not_satisfied,
    "not_registered": Result.not_satisfied,
    "identity_unknown": Result.not_assessed,
}


def _answer(readings: Readings, meeting: Meeting) -> tuple[Result, str, Text]:
    state = meeting.state(taipei_day(readings.at))
    return _RESULTS[state], state, _words(state, meeting)


def _words(state: str, meeting: Meeting) -> Text:
    if state == "identity_unknown":
        return Text("it tells nothing a register could be asked for", "未表明身分，無從與清冊比對")
    if meeting.entry is None:
        return Text("not registered", "未列於清冊")
    name, left_on = meeting.entry.title, meeting.entry.asset.decommissioned_on
    if state == "registered_as_gone":
        return Text(
            f"there, though registered ({name}) as decommissioned on {left_on}",
            f"仍在線上，清冊（{name}）載明已於 {left_on} 下線",
        )
    if state == "registered":
        return Text(f"registered ({name})", f"已列冊（{name}）")
    both = [(FIELDS[one.field], one) for one in meeting.differences]
    return Text(
        f"registered ({name}) with another "
        + "; ".join(
            f"{field.en}: found {one.found}, registered {one.registered}" for field, one in both
        ),
        f"已列冊（{name}），惟"
        + "；".join(
            f"{field.zh}不符：實際 {one.found}，清冊 {one.registered}" for field, one in both
        ),
    )
