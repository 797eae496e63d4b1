"""Is every endpoint managed (相關連線設備應納管): in the register, under management, encrypted?

The register says whose it is, the host whether somebody manages it. A host that the register
does not hold is nobody's, however well it is set up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._observed import observed
from evidence.device import Device
from evidence.facts import Asset, ProtectionState, Unit
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "endpoint_is_managed"
POSTURE = Text("whether it is managed", "納管狀態")
MANAGEMENT = "management"
Answer = tuple[Result, str, Text]


def check(readings: Readings, *, encrypted: bool = True) -> Iterator[Observation]:
    """One observation a host. `encrypted`: an unencrypted disk makes it 部分符合."""
    yield from unread(readings, "host", CHECK, POSTURE)
    registers = [reading for _, reading in readings.each("assets") if reading is not None]
    assets = [one for reading in registers for one in reading.of(Asset)]
    for device, reading in readings.each("host"):
        if reading is None:
            continue
        posture = [one for one in reading.of(ProtectionState) if one.kind == "posture"]
        asset = _asset(device, reading, assets)
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


def _asset(device: Device, reading: Reading, assets: Sequence[Asset]) -> Asset | None:
    """The register's row of a host: by its address, its id or the name it gives itself."""
    names = {device.id.casefold(), device.address.casefold()}
    names |= {one.hostname.casefold() for one in reading.of(Unit) if one.hostname}
    names.discard("")
    for one in assets:
        known = {one.asset_id.casefold(), one.name.casefold(), *map(str.casefold, one.addresses)}
        if names & known and one.decommissioned_on is None:
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
    disks = [one for one in posture if one.product.startswith(("BitLocker", "LUKS"))]
    bare = [one.product for one in disks if one.enabled is False]
    if encrypted and bare:
        listed = ", ".join(bare)
        words = Text(f"managed, not encrypted: {listed}", f"已納管，未加密：{listed}")
        return Result.partly, "not_encrypted", words
    if encrypted and not disks:
        words = Text("managed; its encryption is not told", "已納管，未讀得加密狀態")
        return Result.not_assessed, "encryption_unknown", words
    words = Text(f"managed, in the register as {asset.asset_id}", f"已納管（{asset.asset_id}）")
    return Result.satisfied, "managed", words
