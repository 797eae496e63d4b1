"""`show ap bss-table`: every SSID on every radio, by the address it is sent from; and
`show ap monitor ap-list`: what one access point hears, with the controller's word for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._wireless import posture
from evidence.errors import Incomplete
from evidence.facts import AirObservation, BasicServiceSet

# bss, ess, port, ip, band, channel, type, clients, access point; what follows differs by release.
# Where the band is a kind of radio (`a-VHT`), the type stands before the channel.
_ROW = re.compile(
    r"(?m)^(?P<bss>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})[ \t]+(?P<ess>\S.*?)[ \t]+\S+[ \t]+"
    r"(?P<ip>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]+|N/A)[ \t]+(?P<band>[0-9a-zA-Z.]+[/-]\S*)[ \t]+"
    r"(?:(?P<before>[a-z]\w*)[ \t]+)?(?P<channel>\d{1,3}[^/\s]*)/\S*[ \t]+"
    r"(?:(?P<type>[a-z]\w*)[ \t]+)?\d+[ \t]+(?P<ap>\S+)(?:[ \t]|$)"
)
_ANY_ROW = re.compile(r"(?m)^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}[ \t]")
_NUMBER = re.compile(r"(?m)^Num APs: *(\d+)")
_BANDS = (("2.4", ("2.4", "g-", "80211b", "80211g")), ("5", ("5", "a-", "80211a")), ("6", ("6",)))

# bss, ess (which may be missing), channel or band/channel/width, the word; encryption somewhere.
_HEARD = re.compile(
    r"(?m)^(?P<bss>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})[ \t]+(?:(?P<ess>\S.*?)[ \t]+)??"
    r"(?:[\d.]+(?:GHz)?[/+-]?\S*|N/A)[ \t]+"
    r"(?P<called>valid|interfering|rogue|suspected-rogue|suspect-rogue|neighbor|known-interfering"
    r"|manually-contained|contained|disabled|unclassified|unknown)(?P<rest>[ \t].*|)$"
)
_OPEN = re.compile(r"(?i)(?<![\w-])(?:open|none)(?![\w-])")
_WORDS = {"suspect-rogue": "suspected-rogue", "manually-contained": "contained"}


def served(text: str, who: str) -> Iterator[BasicServiceSet]:
    """Every row. Raises Incomplete where the table has more of them, or says so."""
    rows = list(_ROW.finditer(text))
    number = _NUMBER.search(text)
    there = max(len(_ANY_ROW.findall(text)), int(number[1]) if number else 0)
    if there > len(rows):
        raise Incomplete(f"{who}: {len(rows)} rows read, the table has {there}")
    for row in rows:
        address = posture.bssid(row["bss"])
        assert address is not None
        yield BasicServiceSet(
            bssid=address,
            ssid=row["ess"],
            access_point=row["ap"],
            band=next((name for name, starts in _BANDS if row["band"].startswith(starts)), None),
            channel=re.match(r"\d+", row["channel"])[0],  # type: ignore[index]
            on_air=(row["type"] or row["before"]) == "ap",
        )


def heard(text: str, by: str) -> Iterator[AirObservation]:
    """Every row of what the access point `by` hears, ours among them (`valid`)."""
    for row in _HEARD.finditer(text):
        address = posture.bssid(row["bss"])
        if address is not None:
            yield AirObservation(
                bssid=address,
                ssid=None if row["ess"] == "N/A" else row["ess"],
                akm=("open",) if _OPEN.search(row["rest"]) else (),
                heard_by=by,
                classified_as=_WORDS.get(row["called"], row["called"]),
            )
