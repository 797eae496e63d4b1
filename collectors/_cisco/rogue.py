"""Access points of others, as Cisco's controllers list what their own access points hear.

The list names each by address and class; the SSID stands in the detail of one. So many details are
asked for, those called malicious and the strongest first; the rest is told without its name.
Both AireOS (`label....: value`) and IOS XE (`label : value`) nest them by indentation.

From public guides and write-ups; no genuine recording was at hand.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace

from collectors._cisco import wlan
from collectors._cisco.answer import told
from collectors._wireless import posture
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import AirObservation

# What a read-only visit spends on strangers: a detail is one more command each.
MOST_DETAILS = 100
MAC = r"(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"

_ROW = re.compile(rf"(?m)^ *(?P<mac>{MAC}) +(?P<called>[A-Z][A-Za-z]+)\b(?P<rest>.*)$")
_SIGNAL = re.compile(r"(?<![\w.:/])-\d{1,3}(?![\w.:/])")
_TOTAL = re.compile(r"(?m)^Total number of Rogue APs *: *(\d+)")
_HEADING = re.compile(r"(?m)^ *MAC Address +Class")
_WORST_FIRST = ("malicious", "custom", "unclassified")
_NO_NAME = ("", "N/A", "hidden", "Hidden", "Unknown")


def heard(summary: Ask, detail: Ask) -> Generator[Ask, Capture, list[AirObservation]]:
    """Every stranger of the list; none where the account may not see it or nobody delivered it.

    Raises Incomplete where the controller counts more of them than it lists.
    """
    try:
        capture = yield summary
        listed = _listed(capture)
    except (NotAnswered, Unexpected):
        return []
    found = []
    for number, one in enumerate(sorted(listed, key=_urgency)):
        more = None
        if number < MOST_DETAILS:
            more = yield from _detail(detail, one)
        found.append(more or one)
    return found


def _listed(capture: Capture) -> list[AirObservation]:
    text = told(capture)
    total = _TOTAL.search(text)
    found = [
        AirObservation(
            bssid=address,
            signal_dbm=float(signal[0]) if (signal := _SIGNAL.search(row["rest"])) else None,
            classified_as=row["called"].casefold(),
        )
        for row in _ROW.finditer(text)
        if (address := posture.bssid(row["mac"])) is not None
    ]
    if total is None and _HEADING.search(text) is None:
        raise Unexpected(f"{capture.device}: {capture.ask.text!r} is no list of rogues")
    if total is not None and int(total[1]) != len(found):
        raise Incomplete(
            f"{capture.device}: {len(found)} rogues listed, the controller has {total[1]}"
        )
    return found


def _urgency(one: AirObservation) -> tuple[int, float]:
    called = one.classified_as or ""
    place = _WORST_FIRST.index(called) if called in _WORST_FIRST else len(_WORST_FIRST)
    return place, -(one.signal_dbm if one.signal_dbm is not None else -200.0)


def _detail(ask: Ask, one: AirObservation) -> Generator[Ask, Capture, AirObservation | None]:
    """The stranger with its name; None where its detail is not told (it may just have left)."""
    try:
        said = told((yield ask(address=_as_listed(ask, one.bssid))))
    except (NotAnswered, Unexpected):
        return None
    values = wlan.values(said.splitlines())
    if posture.bssid(_first(values, "roguebssid")) != one.bssid:
        return None
    name = _first(values, "lastheardroguessid") or _first(values, "ssid") or ""
    signal = _SIGNAL.search(_first(values, "rssi") or "")
    wired = (_first(values, "isrogueonwirednetwork") or "").casefold()
    return replace(
        one,
        ssid=None if name in _NO_NAME else name,
        hidden=True if name in _NO_NAME else None,
        akm=("open",) if _is_open(values) else (),
        signal_dbm=float(signal[0]) if signal else one.signal_dbm,
        heard_by=_first(values, "apname") or _first(values, "name"),
        classified_as=(_first(values, "classification") or one.classified_as or "").casefold(),
        on_wire={"yes": True, "no": False}.get(wired),
    )


def _is_open(values: wlan.Values) -> bool:
    policy, encryption = _first(values, "securitypolicy"), _first(values, "encryption")
    return (policy or "").casefold() == "open" or (encryption or "").casefold() == "disabled"


def _as_listed(ask: Ask, address: str) -> str:
    """IOS XE takes addresses in three groups, AireOS with colons."""
    digits = address.replace(":", "")
    dotted = ".".join(digits[place : place + 4] for place in (0, 4, 8))
    return dotted if "wireless" in ask.text else address


def _first(values: wlan.Values, label: str) -> str | None:
    return next((value for path, value in values.items() if path[-1] == label), None)
