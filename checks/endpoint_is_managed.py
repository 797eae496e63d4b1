"""Is every endpoint managed (相關連線設備應納管): in the register, under management, encrypted?

The register says whose it is, the host whether somebody manages it. A host that the register
does not hold is nobody's, however well it is set up. What a management server exported
(`endpoints`) speaks of the devices that are not read themselves, and of what a host that is read
does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from checks._hours import AHEAD
from checks._observed import observed
from evidence.clock import taipei_day
from evidence.device import Device
from evidence.facts import Asset, ManagedEndpoint, ProtectionState, Unit
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text, visible

CHECK = "endpoint_is_managed"
POSTURE = Text("whether it is managed", "納管狀態")
EXPORT = Text("the export of managed devices", "納管設備清單")
MANAGEMENT = "management"
_DISKS = ("BitLocker", "LUKS", "disk encryption")
Answer = tuple[Result, str, Text]


def check(
    readings: Readings,
    *,
    encrypted: bool = True,
    seen_days: int = 30,
    categories: Sequence[str] = (),
) -> Iterator[Observation]:
    """One observation a host, and one a device of an export or of the register.

    `encrypted`: an unencrypted disk makes it 部分符合. `seen_days`: how long a managed device may
    be silent. `categories`: assets of these are looked for in exports, where there are any.
    """
    yield from unread(readings, "host", CHECK, POSTURE)
    yield from unread(readings, "endpoints", CHECK, EXPORT)
    registers = [reading for _, reading in readings.each("assets") if reading is not None]
    today = taipei_day(readings.at)
    # One that is to leave on a day to come is in service until then.
    assets = [
        one
        for reading in registers
        for one in reading.of(Asset)
        if one.decommissioned_on is None or one.decommissioned_on > today
    ]
    exports = Exports.of(readings)
    met: set[str] = set()
    for device, reading in readings.each("host"):
        if reading is None:
            continue
        asset = _asset(device, reading, assets)
        row = exports.of_host(device, reading)
        posture = _posture(reading, row)
        met |= {asset.asset_id} if asset else set()
        met |= {row.name} if row else set()
        yield observed(
            CHECK,
            readings,
            device,
            reading,
            subject=f"{device.id}/management",
            about="endpoint",
            answer=_answer(bool(registers), asset, posture, encrypted),
            measures={
                "asset": asset.asset_id if asset else None,
                "owner": asset.owner if asset else None,
                "posture": {one.product: one.mode for one in posture},
            },
        )
    registered = assets if registers else None
    yield from _exported(readings, exports, registered, met, encrypted, seen_days, categories)


@dataclass(frozen=True, slots=True)
class Exports:
    """Every export of managed devices, and the device it was read from."""

    rows: Sequence[tuple[Device, Reading, ManagedEndpoint]]
    found: Mapping[str, tuple[Device, Reading, ManagedEndpoint]]

    @classmethod
    def of(cls, readings: Readings) -> Exports:
        rows = [
            (device, reading, one)
            for device, reading in readings.each("endpoints")
            if reading is not None
            for one in reading.of(ManagedEndpoint)
        ]
        found: dict[str, tuple[Device, Reading, ManagedEndpoint]] = {}
        for each in rows:
            for name in (each[2].name, each[2].serial):
                if name:
                    found.setdefault(name.casefold(), each)
        return cls(rows, found)

    def of_host(self, device: Device, reading: Reading) -> ManagedEndpoint | None:
        """The row of a host that is read: by serial number, the name it gives itself, or its id."""
        units = reading.of(Unit)
        names = [*(one.serial for one in units), *(one.hostname for one in units), device.id]
        return self._first(names)

    def of_asset(self, asset: Asset) -> ManagedEndpoint | None:
        return self._first([asset.serial, asset.name, asset.asset_id, *asset.addresses])

    def _first(self, names: Iterable[str | None]) -> ManagedEndpoint | None:
        known = (self.found.get(one.casefold()) for one in names if one)
        return next((one[2] for one in known if one), None)


def _posture(reading: Reading, row: ManagedEndpoint | None) -> list[ProtectionState]:
    """What the host says of itself; where it does not tell, what the management server says."""
    told = [one for one in reading.of(ProtectionState) if one.kind == "posture"]
    if row is None:
        return told
    if not any(one.product == MANAGEMENT and one.enabled is not None for one in told):
        told = [one for one in told if one.product != MANAGEMENT]
        told.append(
            ProtectionState(
                kind="posture", product=MANAGEMENT, enabled=row.managed, mode=row.manager
            )
        )
    if row.encrypted is not None and not any(one.product.startswith(_DISKS) for one in told):
        told.append(
            ProtectionState(kind="posture", product="disk encryption", enabled=row.encrypted)
        )
    return told


def _exported(
    readings: Readings,
    exports: Exports,
    assets: Sequence[Asset] | None,
    met: set[str],
    encrypted: bool,
    seen_days: int,
    categories: Sequence[str],
) -> Iterator[Observation]:
    """Devices that are not read themselves: of the exports, and of the register (`assets` None:
    none was read)."""
    known = {}
    for asset in assets or ():
        row = exports.of_asset(asset)
        if row is not None:
            known[row.name.casefold()] = asset
    for device, reading, row in exports.rows:
        if row.name in met:
            continue
        asset_ = known.get(row.name.casefold())
        answer = _of_row(assets is not None, asset_, row, readings, encrypted, seen_days)
        yield _one(readings, device, reading, row.name, asset_, answer)
    wanted = {one.casefold() for one in categories}
    for device, reading, _ in exports.rows[:1]:
        for asset in assets or ():
            if asset.category.casefold() not in wanted or asset.asset_id in met:
                continue
            if exports.of_asset(asset) is None:
                words = Text("is in no export of managed devices", "未列於納管設備清單")
                answer = (Result.not_satisfied, "not_managed", words)
                yield _one(readings, device, reading, asset.name or asset.asset_id, asset, answer)


def _of_row(
    registered: bool,
    asset: Asset | None,
    row: ManagedEndpoint,
    readings: Readings,
    encrypted: bool,
    seen_days: int,
) -> Answer:
    posture = [ProtectionState(kind="posture", product=MANAGEMENT, enabled=row.managed)]
    if row.encrypted is not None:
        posture.append(
            ProtectionState(kind="posture", product="disk encryption", enabled=row.encrypted)
        )
    answer = _answer(registered, asset, posture, encrypted)
    if answer[0] is not Result.satisfied:
        return answer
    if row.compliant is False:
        words = Text("managed, and not as the server demands", "已納管，惟不符合管理政策")
        return Result.partly, "not_compliant", words
    if row.last_seen_at is None or row.last_seen_at > readings.at + AHEAD:
        words = Text("managed; when it last spoke is not told", "已納管，未載明最近連線時間")
        return Result.not_assessed, "last_seen_unknown", words
    if readings.at - row.last_seen_at > timedelta(days=seen_days):
        day = taipei_day(row.last_seen_at)
        words = Text(f"managed; silent since {day}", f"已納管，惟自 {day} 起未連線")
        return Result.partly, "silent", words
    return answer


def _one(
    readings: Readings,
    device: Device,
    reading: Reading,
    name: str,
    asset: Asset | None,
    answer: Answer,
) -> Observation:
    result, state, words = answer
    shown = visible(name)
    return observed(
        CHECK,
        readings,
        device,
        reading,
        subject=f"{device.id}/endpoint {shown}",
        about="endpoint",
        answer=(result, state, Text(f"{shown} {words.en}", f"{shown} {words.zh}")),
        measures={
            "asset": asset.asset_id if asset else None,
            "owner": asset.owner if asset else None,
        },
    )


def _asset(device: Device, reading: Reading, assets: Sequence[Asset]) -> Asset | None:
    """The register's row of a host: by its address, its id or the name it gives itself."""
    names = {device.id.casefold(), device.address.casefold()}
    names |= {one.hostname.casefold() for one in reading.of(Unit) if one.hostname}
    names.discard("")
    for one in assets:
        known = {one.asset_id.casefold(), one.name.casefold(), *map(str.casefold, one.addresses)}
        if names & known:
            return one
    return None


def _answer(
    registered: bool, asset: Asset | None, posture: Sequence[ProtectionState], encrypted: bool
) -> Answer:
    if not registered:
        words = Text("no asset register was read", "未讀得資產清冊")
        return Result.not_assessed, "no_register", words
    if asset is None:
        words = Text("is not in the asset register", "未列於資產清冊")
        return Result.not_satisfied, "not_registered", words
    managed = next((one.enabled for one in posture if one.product == MANAGEMENT), None)
    if managed is False:
        words = Text("nobody manages it", "未納管")
        return Result.not_satisfied, "not_managed", words
    if managed is None:
        words = Text("does not tell whether it is managed", "未載明是否納管")
        return Result.not_assessed, "management_unknown", words
    disks = [one for one in posture if one.product.startswith(_DISKS)]
    bare = [one.product for one in disks if one.enabled is False]
    if encrypted and bare:
        listed = ", ".join(bare)
        words = Text(f"managed, not encrypted: {listed}", f"已納管，未加密：{listed}")
        return Result.partly, "not_encrypted", words
    if encrypted and (not disks or any(one.enabled is None for one in disks)):
        words = Text("managed; its encryption is not told", "已納管，未讀得加密狀態")
        return Result.not_assessed, "encryption_unknown", words
    words = Text(f"managed, in the register as {asset.asset_id}", f"已納管（{asset.asset_id}）")
    return Result.satisfied, "managed", words
