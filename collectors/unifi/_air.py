"""Where UniFi's access points send which SSID, and what they hear of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from collectors._wireless import posture
from collectors.unifi._answer import Row, flag, word
from evidence.facts import AirObservation, BasicServiceSet

_BANDS = {"ng": "2.4", "na": "5", "6e": "6", "ad": "60"}
_LATEST_S = 2**33  # 2242: a later time is no time


def served(adopted: Iterable[Row]) -> Iterator[BasicServiceSet]:
    """Every SSID of every radio of the access points that the site adopted."""
    for row in adopted:
        table = row.get("vap_table")
        for vap in table if isinstance(table, list) else ():
            address = posture.bssid(vap.get("bssid")) if isinstance(vap, Mapping) else None
            if address is None:
                continue
            yield BasicServiceSet(
                bssid=address,
                ssid=word(vap, "essid"),
                access_point=word(row, "name") or word(row, "mac"),
                band=_BANDS.get(str(vap.get("radio"))),
                channel=word(vap, "channel"),
                on_air=flag(vap, "up"),
            )


def heard(rogues: Iterable[Row]) -> Iterator[AirObservation]:
    """Access points of others. The application says `is_rogue` of one that sends an SSID of ours
    or was marked by a person; its word for what it encrypts with is not taken apart."""
    for row in rogues:
        address = posture.bssid(row.get("bssid"))
        if address is None:
            continue
        rogue = flag(row, "is_rogue")
        frequency, signal, seen = (row.get(name) for name in ("freq", "signal", "last_seen"))
        yield AirObservation(
            bssid=address,
            ssid=word(row, "essid"),
            frequency_mhz=_number(frequency, 1000, 100_000),
            signal_dbm=_number(signal, -150, 0),
            akm=("open",) if str(row.get("security")).casefold() == "open" else (),
            heard_by=word(row, "ap_mac"),
            classified_as=None if rogue is None else "rogue" if rogue else "neighbor",
            last_heard_at=None
            if (at_s := _number(seen, 1, _LATEST_S)) is None
            else datetime.fromtimestamp(at_s, UTC),
        )


def _number(value: object, low: float, high: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value < high else None
