"""Is every device of the asset register found, by reading it or beside another?

What is registered and in service, and which nothing read shows, is a difference for the count to
settle: it may be switched off, moved or gone. Where nobody looked, nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.device_is_registered import REGISTER, no_register
from evidence.clock import taipei_day
from evidence.device import Device
from evidence.inventory import Absence, Entry, Meeting, absence, stock_of
from evidence.inventory.absent import NOT_EXPECTED
from evidence.inventory.found import looked_in
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "registered_device_is_found"


def check(
    readings: Readings, *, not_expected: Sequence[str] = NOT_EXPECTED
) -> Iterator[Observation]:
    """One answer for each entry of equipment that is not decommissioned. `not_expected`: the
    register's words for what is in store or not there yet, and so is not to be found."""
    yield from unread(readings, "assets", CHECK, REGISTER)
    stock = stock_of(readings)
    if not stock.has_register:
        yield no_register(readings, CHECK)
        return
    today = taipei_day(readings.at)
    met: dict[int, list[Meeting]] = {}
    for meeting in stock.meetings:
        if meeting.entry is not None:
            met.setdefault(id(meeting.entry), []).append(meeting)
    for entry in stock.entries:
        if entry.is_equipment and not entry.is_gone(today):
            yield _observed(readings, entry, met[id(entry)], not_expected)


def _observed(
    readings: Readings, entry: Entry, meetings: list[Meeting], not_expected: Sequence[str]
) -> Observation:
    asset = entry.asset
    found = [one.found for one in meetings if one.found is not None]
    evidence = [digest for one in found for digest in one.evidence]
    if found:
        names = ", ".join(one.name for one in found)
        result, state = Result.satisfied, "found"
        words = Text(f"found: {names}", f"已盤點：{names}")
    else:
        gone = absence(readings, entry, not_expected)
        result, state = RESULTS[gone.state], gone.state
        words = _why(entry, gone)
        evidence += looked_in(readings)[1]
    return Observation(
        check=CHECK,
        device=found[0].device.id if found else entry.register,
        subject=f"{entry.subject}/presence",
        result=result,
        state=state,
        description=Text(f"{entry.title}: {words.en}", f"{entry.title}：{words.zh}"),
        at=readings.at,
        evidence=tuple(dict.fromkeys((entry.evidence, *evidence))),
        measures={
            "asset": asset.asset_id,
            "serial": asset.serial,
            "model": asset.model,
            "addresses": list(asset.addresses),
            "found": [one.subject for one in found],
            "joined_by": meetings[0].by,
        },
        scope=(f"site:{site_of(readings, entry, found[0].device if found else None)}",),
    )


def site_of(readings: Readings, entry: Entry, device: Device | None) -> str:
    """The site an entry is at: where it was found, else as the register says it; `?`: not known."""
    if device is not None:
        return device.site
    sites = {one.site.casefold(): one.site for one in readings.devices.values()}
    said = entry.asset.site
    return "?" if said is None else sites.get(said.casefold(), said)


RESULTS = {
    "not_in_service": Result.satisfied,
    "found_not_read": Result.not_assessed,
    "not_found": Result.partly,
    "not_looked_for": Result.not_assessed,
}


def _why(entry: Entry, gone: Absence) -> Text:
    if gone.state == "not_in_service":
        status = entry.asset.status
        return Text(
            f"not to be found: the register calls it {status}",
            f"清冊載明狀態為「{status}」，不列入盤點比對",
        )
    if gone.device is not None:
        return Text(
            f"configured as {gone.device.id}, which could not be read",
            f"已設定為 {gone.device.id}，惟未讀得",
        )
    if gone.networks:
        return Text(
            f"not found, though {', '.join(gone.networks)} was looked in",
            f"未盤點到（已於 {'、'.join(gone.networks)} 搜尋）",
        )
    return Text(
        "nothing read shows it, and nobody looked where it should be",
        "讀取結果未見此設備，且其所在網段未納入搜尋範圍",
    )
