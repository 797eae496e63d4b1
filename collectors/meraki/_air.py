"""Which access point sends which SSID, and what Air Marshal hears of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from collectors._wireless import posture
from collectors.meraki._answer import Row, word
from evidence.facts import AirObservation, BasicServiceSet

_LATEST_S = 2**33  # 2242: a later time is no time


def served(unit: str | None, row: Row) -> Iterator[BasicServiceSet]:
    """The SSIDs of one access point's radios."""
    sets = row.get("basicServiceSets")
    for one in sets if isinstance(sets, list) else ():
        address = posture.bssid(one.get("bssid")) if isinstance(one, Mapping) else None
        if address is None:
            continue
        ssid, radio = (
            found if isinstance(found := one.get(name), Mapping) else {}
            for name in ("ssid", "radio")
        )
        sends = radio.get("isBroadcasting")
        yield BasicServiceSet(
            subject_unit=unit,
            bssid=address,
            ssid=word(ssid, "name"),
            access_point=word(row, "name") or word(row, "serial"),
            band=word(radio, "band"),
            channel=word(radio, "channel"),
            on_air=sends if isinstance(sends, bool) else None,
        )


def heard(unit: str, rows: Iterable[Row]) -> Iterator[AirObservation]:
    """Air Marshal's list of a day: SSIDs of others, each with the addresses that send it."""
    for row in rows:
        wired = row.get("wiredMacs")
        last = row.get("lastSeen")
        at = last if isinstance(last, int) and 0 < last < _LATEST_S else None
        addresses = row.get("bssids")
        for one in addresses if isinstance(addresses, list) else ():
            address = posture.bssid(one.get("bssid")) if isinstance(one, Mapping) else None
            if address is None:
                continue
            by = one.get("detectedBy")
            hearing = by[0] if isinstance(by, list) and by and isinstance(by[0], Mapping) else {}
            yield AirObservation(
                subject_unit=unit,
                bssid=address,
                ssid=word(row, "ssid"),
                heard_by=word(hearing, "device"),
                classified_as="contained" if one.get("contained") is True else "other",
                on_wire=bool(wired) if isinstance(wired, list) else None,
                last_heard_at=None if at is None else datetime.fromtimestamp(at, UTC),
            )
