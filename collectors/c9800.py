"""Cisco Catalyst 9800 wireless controllers by their command line (IOS XE 16.10 and later).

A WLAN profile holds an SSID's security; a policy tag pairs it with a policy, and access points
carry one tag each. Software, chassis and account are those of any IOS XE device.

From public parsers and write-ups; not confirmed on a controller of our own: how releases after
17.12 print WPA3's additions.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from collectors import ios
from collectors._cisco import bss, rogue, wlan, wlan_summary
from collectors._cisco.access_points import ACCESS_POINTS, access_points, names
from collectors._cisco.answer import told
from collectors.ios import (
    INSTALL,
    INVENTORY,
    LICENCE_UDI,
    MODULE,
    PLATFORM,
    PRIVILEGE,
    SESSION,
    VENDOR,
    VERSION,
    account,
)
from evidence.ask import PLAIN_VALUE, Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import Fact

# What every IOS XE device is asked, and this one too.
__all__ = [
    "ACCESS_POINTS",
    "INSTALL",
    "INVENTORY",
    "LICENCE_UDI",
    "MODULE",
    "PLATFORM",
    "PRIVILEGE",
    "SESSION",
    "VENDOR",
    "VERSION",
    "account",
    "firmware",
    "wireless",
]
TRANSPORTS = ("ssh", "folder")
# The first is the driver that carries the terminal.
ALIASES = ("cisco_ioswlc", "iosxe_wlc", "cisco_c9800", "catalyst_9800")

Flow = Generator[Ask, Capture, Iterable[Fact]]

WLANS = Ask("wlan_all", "show wlan all", also=("show_wlan_all",))
# One of them, as people print it: taken where nobody delivered all at once.
WLAN = Ask("wlan", "show wlan id {number}", holes={"number": r"[0-9]{1,4}"})
SUMMARY = Ask("wlan_summary", "show wlan summary", also=("show wlan sum", "show_wlan_summary"))
AP_TAGS = Ask("ap_tags", "show ap tag summary", also=("show_ap_tag_summary",))
TAG = Ask("policy_tag", "show wireless tag policy detailed {tag}")
BSS_2_4 = Ask("bss_2_4", "show ap name {name} wlan dot11 24ghz")
BSS_5 = Ask("bss_5", "show ap name {name} wlan dot11 5ghz")
# From 17.7 on; a radio that serves either band stands apart.
BSS_6 = Ask("bss_6", "show ap name {name} wlan dot11 6ghz")
BSS_EITHER = Ask("bss_either", "show ap name {name} wlan dot11 dual-band")
ROGUES = Ask("rogues", "show wireless wps rogue ap summary")
ROGUE = Ask(
    "rogue",
    "show wireless wps rogue ap detailed {address}",
    holes={"address": r"[0-9a-f.]{14}"},
)
_BANDS = (
    bss.Band(BSS_2_4, "2.4"),
    bss.Band(BSS_5, "5"),
    bss.Band(BSS_6, "6", always=False),
    bss.Band(BSS_EITHER, None, always=False),
)

_BLOCK = re.compile(r"(?m)^(?=WLAN Profile Name +: )")
_NUMBER = re.compile(r"(?m)^Number of WLANs: *(\d+)")
_AP_NUMBER = re.compile(r"(?m)^Number of APs: *(\d+)")
# Name, MAC, site tag, policy tag; the RF tag follows.
_AP_ROW = re.compile(r"(?m)^\S.*? +(?:[0-9a-f]{4}\.){2}[0-9a-f]{4} +\S+ +(\S+) +\S")
_MAPS = re.compile(r"(?m)^Number of WLAN-POLICY maps: *(\d+)")


def firmware(device: Device) -> Flow:
    """What any IOS XE device tells, and the access points."""
    return (yield from ios.identity(device, (yield from access_points())))


def wireless(device: Device) -> Flow:
    """Every WLAN profile, the policy tags by which access points carry it, from which addresses,
    and who else is heard."""
    try:
        text = told((yield WLANS))
    except NotAnswered as missing:
        summary = yield from _summary(missing)
        text = yield from _one_by_one(device, wlan_summary.numbers(summary))
        if not text:
            return wlan_summary.networks(summary)
    number = yield from _number()
    blocks = [one.splitlines() for one in _BLOCK.split(text)[1:]]
    if number is not None and number != len(blocks):
        raise Incomplete(f"{device.id}: {len(blocks)} WLANs told, the controller has {number}")
    if not blocks:
        raise Unexpected(
            f"{device.id}: {WLANS.text!r} tells no WLAN",
            code="result_empty_suspicious",
            next_step="check that the device is a wireless controller; one without WLANs has no "
            "`wireless` subject",
        )
    networks = [wlan.network(wlan.values(one), f"{device.id}: {one[0].strip()}") for one in blocks]
    bound = yield from _bound()
    carried = [
        replace(one, bound_to=None if bound is None else tuple(bound.get(one.profile or "", ())))
        for one in networks
    ]
    numbers = (wlan.identifier(wlan.values(one)) for one in blocks)
    ssids = {number: one.ssid for number, one in zip(numbers, networks, strict=True)}
    served = yield from bss.served((yield from names()), _BANDS, ssids)
    return [*carried, *served, *(yield from rogue.heard(ROGUES, ROGUE))]


def _summary(missing: NotAnswered) -> Generator[Ask, Capture, str]:
    """A whole summary, where nobody delivered all WLANs at once; else that is what is missing."""
    try:
        text = told((yield SUMMARY))
    except NotAnswered:
        raise missing from None
    found, number = wlan_summary.numbers(text), _NUMBER.search(text)
    if number is None or int(number[1]) != len(found) or not found:
        raise missing
    return text


def _one_by_one(device: Device, numbers: Sequence[str]) -> Generator[Ask, Capture, str]:
    """The WLANs where each was delivered for itself; "" where none was.

    Raises Incomplete: some were, and not all.
    """
    found = []
    for number in numbers:
        with suppress(NotAnswered):
            found.append(told((yield WLAN(number=number))))
    if found and len(found) < len(numbers):
        raise Incomplete(f"{device.id}: {len(found)} WLANs told, the controller has {len(numbers)}")
    return "\n".join(found)


def _number() -> Generator[Ask, Capture, int | None]:
    """How many WLANs the controller says it has; None where nobody delivered that."""
    try:
        found = _NUMBER.search(told((yield SUMMARY)))
    except NotAnswered:
        return None
    return int(found[1]) if found else None


def _bound() -> Generator[Ask, Capture, dict[str, list[str]] | None]:
    """WLAN profile → policy tags that map it and that an access point carries.

    None where it is not told in full: which tags are carried, or what one of them maps.
    """
    try:
        text = told((yield AP_TAGS))
        carried = _AP_ROW.findall(text)
        number = _AP_NUMBER.search(text)
        if number is None or int(number[1]) != len(carried):
            return None
        found: dict[str, list[str]] = {}
        for tag in sorted(set(carried)):
            if not re.fullmatch(PLAIN_VALUE, tag):
                return None
            profiles = _profiles(told((yield TAG(tag=tag))))
            if profiles is None:
                return None
            for profile in profiles:
                found.setdefault(profile, []).append(tag)
    except (NotAnswered, Unexpected):
        return None
    return found


def _profiles(text: str) -> list[str] | None:
    """The WLAN profiles a tag maps, from the table below their number; None: not whole."""
    found = _MAPS.search(text)
    if found is None:
        return None
    rows = text[found.end() :].lstrip().splitlines()
    column = rows[0].find("Policy Name") if rows else -1
    number = int(found[1])
    if number and column < 0:
        return None
    profiles = [row[:column].strip() for row in rows[2 : 2 + number] if row.strip()]
    return profiles if len(profiles) == number else None
