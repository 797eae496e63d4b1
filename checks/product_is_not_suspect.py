"""Is no product there of a vendor that the company asks about (危害國家資通安全產品)?

The rule names none, and no official list is public: whom to ask about is dated company data, each
entry with who named it. What fits one is 疑似，待人工確認, never a verdict; a MAC address is a hint
only, for a maker's chip says nothing of the product around it. Looked at is what devices say of
hardware and software, what stands beside them, and what the register says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from checks._suspect import Known, Thing, things_of
from evidence.control import Suspect
from evidence.device import Device
from evidence.inventory import entries_in, found_in
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "product_is_not_suspect"
FIRMWARE = Text("its firmware and hardware", "韌體與硬體")


def check(readings: Readings, *, suspects: Sequence[Suspect] = ()) -> Iterator[Observation]:
    """`suspects`: the policy's list, which every check with this setting is handed."""
    if not suspects:
        yield _no_list(readings)
        return
    yield from unread(readings, "firmware", CHECK, FIRMWARE)
    known = [Known(one) for one in suspects]
    for place in _places(readings):
        found = list(_suspected(readings, place, known))
        yield from found
        if not found and any(one.is_told for one in place.things):
            yield _none(readings, place, suspects)
        if untold := [one for one in place.things if not (one.is_told or one.passing)]:
            yield _untold(readings, place, untold)


@dataclass(frozen=True, slots=True)
class _Place:
    """Things that are told by one device, or one register."""

    device: Device
    what: Text
    name: str
    site: str
    things: tuple[Thing, ...]


def _places(readings: Readings) -> Iterator[_Place]:
    beside: dict[str, list[Thing]] = {}
    for one in found_in(readings):
        if not one.is_read:
            beside.setdefault(one.device.id, []).append(Thing.beside(one))
    for device in readings.devices.values():
        if mine := tuple(things_of(readings, device)):
            yield _Place(device, Text("it", "本機"), device.id, device.site, mine)
        if seen := tuple(beside.get(device.id, ())):
            name = f"{device.id}/beside"
            yield _Place(device, Text("beside it", "鄰近設備"), name, device.site, seen)
    entries: dict[tuple[str, str], list[Thing]] = {}
    for entry in entries_in(readings):
        if (thing := Thing.of_entry(entry)).is_told:
            entries.setdefault((entry.register, entry.asset.site or "?"), []).append(thing)
    for (register, site), mine_ in entries.items():
        name = register if site == "?" else f"{register}/{site}"
        yield _Place(
            readings.devices[register], Text("the register", "清冊"), name, site, tuple(mine_)
        )


def _suspected(readings: Readings, place: _Place, known: Iterable[Known]) -> Iterator[Observation]:
    for thing in place.things:
        for one in known:
            if (told := one.fits(thing)) is not None:
                yield _observed(readings, place, thing, one.entry, "suspected", told)
            elif (told := one.hinted(thing)) is not None:
                yield _observed(readings, place, thing, one.entry, "suspected_by_mac", told)


_SAID = {
    "suspected": Text(
        "suspected, for a person to confirm: {vendor} ({told}); {basis}, {source}, listed {day}",
        "疑似，待人工確認：{vendor}（{told}）；依據：{basis}（{source}，{day} 列入）",
    ),
    "suspected_by_mac": Text(
        "a hint only, for a person to look: its MAC address {told} is of {vendor}; {basis}, "
        "{source}, listed {day}",
        "僅供線索，待人工確認：網卡位址 {told} 屬 {vendor}；依據：{basis}（{source}，{day} 列入）",
    ),
}


def _observed(
    readings: Readings, place: _Place, thing: Thing, entry: Suspect, state: str, told: str
) -> Observation:
    values = {
        "vendor": entry.vendor,
        "told": told,
        "basis": entry.basis,
        "source": entry.source,
        "day": entry.entered_on.isoformat(),
    }
    said = _SAID[state]
    return Observation(
        check=CHECK,
        device=place.device.id,
        subject=f"{place.name}/suspect {entry.vendor}/{thing.key}",
        result=Result.not_assessed,
        state=state,
        description=Text(
            f"{place.device.id}, {thing.what.en}: {said.en.format(**values)}",
            f"{place.device.id} {thing.what.zh}：{said.zh.format(**values)}",
        ),
        at=readings.at,
        evidence=thing.evidence,
        measures={**values, "thing": thing.key, "texts": list(thing.texts)},
        scope=(f"site:{place.site}", "about:inventory"),
    )


def _none(readings: Readings, place: _Place, suspects: Sequence[Suspect]) -> Observation:
    told = [one for one in place.things if one.is_told]
    newest = max(one.entered_on for one in suspects)
    return Observation(
        check=CHECK,
        device=place.device.id,
        subject=f"{place.name}/suspects",
        result=Result.satisfied,
        state="none_suspected",
        description=Text(
            f"{place.device.id}, {place.what.en}: none of {len(told)} things fits the list of "
            f"{len(suspects)} vendors (newest entry {newest})",
            f"{place.device.id} {place.what.zh}：{len(told)} 項均不在名單內"
            f"（{len(suspects)} 個廠牌，最新列入日 {newest}）",
        ),
        at=readings.at,
        evidence=_evidence(told),
        measures={"things": len(told), "vendors": len(suspects), "newest": newest.isoformat()},
        scope=(f"site:{place.site}", "about:inventory"),
    )


def _untold(readings: Readings, place: _Place, untold: Sequence[Thing]) -> Observation:
    return Observation(
        check=CHECK,
        device=place.device.id,
        subject=f"{place.name}/suspects untold",
        result=Result.not_assessed,
        state="vendor_untold",
        description=Text(
            f"{place.device.id}, {place.what.en}: {len(untold)} things do not say whose make they "
            "are; register them with their vendor, or have them read",
            f"{place.device.id} {place.what.zh}：{len(untold)} 項未表明廠牌，"
            "應列冊載明廠牌或納入讀取",
        ),
        at=readings.at,
        evidence=_evidence(untold),
        measures={"things": sorted(one.key for one in untold)},
        scope=(f"site:{place.site}", "about:inventory"),
    )


def _evidence(things: Sequence[Thing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(digest for one in things for digest in one.evidence))


def _no_list(readings: Readings) -> Observation:
    return Observation(
        check=CHECK,
        device="",
        subject="list of suspects",
        result=Result.not_assessed,
        state="no_list",
        description=Text(
            "the company's criteria name no vendor to ask about (`suspects`)",
            "公司判定準則未列任何應查之廠牌（suspects）",
        ),
        at=readings.at,
        scope=("*",),
    )
