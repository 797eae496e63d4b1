"""`show ap bss-table`: every SSID on every radio, by the address it is sent from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._wireless import posture
from evidence.errors import Incomplete
from evidence.facts import BasicServiceSet

# bss, ess, port, ip, band, channel, type, clients, access point; what follows differs by release.
_ROW = re.compile(
    r"(?m)^(?P<bss>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})[ \t]+(?P<ess>\S.*?)[ \t]+\S+[ \t]+"
    r"(?P<ip>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]+|N/A)[ \t]+(?P<band>[0-9a-zA-Z.]+[/-]\S*)[ \t]+"
    r"(?P<channel>\d{1,3}[^/\s]*)/\S*[ \t]+(?P<type>\w+)[ \t]+\d+[ \t]+(?P<ap>\S+)(?:[ \t]|$)"
)
_NUMBER = re.compile(r"(?m)^Num APs: *(\d+)")
_BANDS = (("2.4", ("2.4", "g-", "80211b", "80211g")), ("5", ("5", "a-", "80211a")), ("6", ("6",)))


def served(text: str, who: str) -> Iterator[BasicServiceSet]:
    """Every row. Raises Incomplete where the table says that it has more of them."""
    rows = list(_ROW.finditer(text))
    number = _NUMBER.search(text)
    if number and int(number[1]) > len(rows):
        raise Incomplete(f"{who}: {len(rows)} rows read, the table has {number[1]}")
    for row in rows:
        address = posture.bssid(row["bss"])
        assert address is not None
        yield BasicServiceSet(
            bssid=address,
            ssid=row["ess"],
            access_point=row["ap"],
            band=next((name for name, starts in _BANDS if row["band"].startswith(starts)), None),
            channel=re.match(r"\d+", row["channel"])[0],  # type: ignore[index]
            on_air=row["type"] == "ap",
        )
