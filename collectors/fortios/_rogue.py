"""Whose access points are on the air: ours (`monitor/wifi/managed_ap`), and those of others as the
FortiAPs' radios hear them (`monitor/wifi/rogue_ap`).

A radio of ours owns as many addresses as it can send SSIDs (`max_vaps`), from `base_bssid` on;
which SSID has which is not told. The list of others needs a radio that scans; an empty one says
nothing about the air.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors._wireless import posture
from collectors.fortios._answer import rows, said, whole
from evidence.capture import Capture
from evidence.facts import AirObservation, BasicServiceSet

_MOST_SSIDS = 32  # a radio that says more is not believed
_LATEST_S = 2**33  # 2242: a later time is no time


def heard(capture: Capture) -> Iterator[AirObservation]:
    """Every access point that another vendor's word or ours classifies; one without address is
    passed over."""
    for _, row in rows(capture):
        address = posture.bssid(row.get("bssid") or row.get("mac"))
        if address is None:
            continue
        yield AirObservation(
            bssid=address,
            ssid=said(row.get("ssid")),
            signal_dbm=_signal(row),
            akm=("open",) if str(row.get("security_mode", "")).casefold() == "open" else (),
            heard_by=said(row.get("detecting_wtp") or row.get("wtp_name")),
            classified_as=(said(row.get("status")) or "unclassified").casefold(),
            on_wire=found if isinstance(found := row.get("is_wired"), bool) else None,
            last_heard_at=_time(row.get("last_seen")),
        )


def owned(capture: Capture) -> list[BasicServiceSet]:
    """Every address of every radio that serves clients; none where one radio leaves its own out:
    a list with a gap would make a stranger of our own access point."""
    found: list[BasicServiceSet] = []
    for _, row in rows(capture):
        if str(row.get("status", "connected")) != "connected":
            continue  # it sends nothing now
        radios = row.get("radio")
        for radio in radios if isinstance(radios, list) else ():
            if not isinstance(radio, Mapping) or str(radio.get("mode", "AP")).casefold() != "ap":
                continue
            first, many = posture.bssid(radio.get("base_bssid")), whole(radio.get("max_vaps"))
            if first is None or many is None or not 0 < many <= _MOST_SSIDS:
                return []
            found += [
                BasicServiceSet(
                    bssid=address,
                    access_point=said(row.get("name")) or said(row.get("wtp_id")),
                    channel=said(radio.get("oper_chan")),
                )
                for address in posture.block(first, many)
            ]
    return found


def _signal(row: Mapping[str, Any]) -> float | None:
    told = whole(row.get("signal_strength", row.get("rssi")))
    return None if told is None or told >= 0 else float(told)


def _time(value: Any) -> datetime | None:
    """Epoch seconds; None for what is none."""
    told = whole(value)
    if told is None or not 0 < told < _LATEST_S:
        return None
    return datetime.fromtimestamp(told, UTC)
