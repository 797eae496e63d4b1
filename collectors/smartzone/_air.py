"""What Ruckus access points send (`query/ap/wlan`), and hear of others (`query/roguesInfoList`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from collectors._wireless import posture
from collectors.smartzone._answer import Row, word
from evidence.facts import AirObservation, BasicServiceSet, WirelessNetwork

_ON_WIRE = ("same network", "same-network", "on network")
# Of three radios the third is 5 or 6 GHz, which is not told.
_RADIOS = {0: "2.4", 1: "5"}
_LATEST_MS = 2**43  # 2248: a later time is no time


def served(row: Row, networks: Iterable[WirelessNetwork]) -> Iterator[BasicServiceSet]:
    """What one access point sends. A WLAN is named there, not its SSID: two WLANs of one name in
    two zones may have different ones, which leaves it untold."""
    told = row.get("wlanBssids")
    for one in told if isinstance(told, list) else ():
        if not isinstance(one, Mapping) or (address := posture.bssid(one.get("bssid"))) is None:
            continue
        names = {each.ssid for each in networks if each.profile == word(one, "wlanName")}
        radio = one.get("radioId")
        yield BasicServiceSet(
            bssid=address,
            ssid=names.pop() if len(names) == 1 else None,
            access_point=word(row, "deviceName") or word(row, "apMac"),
            band=_RADIOS.get(radio) if isinstance(radio, int) else None,
        )


def stranger(row: Row) -> Iterator[AirObservation]:
    """One access point of others; one without an address is passed over."""
    address = posture.bssid(row.get("rogueMac") or row.get("rogueAPMac"))
    if address is None:
        return
    hearing = row.get("detectedByAP")
    first = hearing[0] if isinstance(hearing, list) and hearing else {}
    by = first if isinstance(first, Mapping) else {}
    # Without a policy every stranger's type is "Rogue": that is no judgement. Other types are.
    kind = (word(row, "type") or "").casefold()
    called = (word(row, "classification") or "").casefold() or kind.removesuffix("rogue")
    signal, last = by.get("rssi"), row.get("lastDetected")
    yield AirObservation(
        bssid=address,
        ssid=word(row, "ssid"),
        # A positive figure is a ratio to the noise and no dBm.
        signal_dbm=float(signal) if isinstance(signal, int) and -150 < signal < 0 else None,
        akm=("open",) if str(row.get("encryption")).casefold() in ("open", "none") else (),
        heard_by=word(by, "deviceName") or word(by, "apName") or word(by, "apMac"),
        classified_as=called.replace(" ", "-") or "unclassified",
        on_wire=True if kind in _ON_WIRE else None,
        last_heard_at=datetime.fromtimestamp(last / 1000, UTC)
        if isinstance(last, int) and not isinstance(last, bool) and 0 < last < _LATEST_MS
        else None,
    )
