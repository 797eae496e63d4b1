"""Cisco AireOS wireless controllers (2500 to 8500 series, 3504, 5520), from delivered answers.

The controller asks for the account a second time inside the SSH session, which the agent does
not answer, so nothing is read live. A WLAN leads into an interface, and that has the VLAN.

From public parsers and guides; not confirmed on a controller of our own: how 8.10 prints WPA3.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from dataclasses import replace

from collectors._cisco import bss, parts, rogue, span, wlan, wlan_summary
from collectors._cisco.access_points import ACCESS_POINTS, access_points, names
from collectors._cisco.answer import answered, text_of, told
from collectors._cisco.release import release
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import Fact, Unit, WirelessNetwork

__all__ = ["ACCESS_POINTS"]
VENDOR = "Cisco"
TRANSPORTS = ("folder",)
ALIASES = ("cisco_wlc", "cisco_wlc_ssh", "cisco_aireos")

Flow = Generator[Ask, Capture, Iterable[Fact]]

SUMMARY = Ask("wlan_summary", "show wlan summary", also=("show wlan sum", "show_wlan_summary"))
WLAN = Ask("wlan", "show wlan {number}", holes={"number": r"[0-9]{1,3}"})
INTERFACES = Ask("interfaces", "show interface summary", also=("show_interface_summary",))
SYSTEM = Ask("system", "show sysinfo", also=("show_sysinfo",))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
BOOT = Ask("boot", "show boot", also=("show_boot",))
REDUNDANCY = Ask("redundancy", "show redundancy summary", also=("show_redundancy_summary",))

BSS_2_4 = Ask("bss_2_4", "show ap wlan 802.11b {name}")
BSS_5 = Ask("bss_5", "show ap wlan 802.11a {name}")
ROGUES = Ask("rogues", "show rogue ap summary", also=("show_rogue_ap_summary",))
ROGUE = Ask("rogue", "show rogue ap detailed {address}", holes={"address": r"[0-9a-f:]{17}"})
_BANDS = (bss.Band(BSS_2_4, "2.4"), bss.Band(BSS_5, "5"))

_NUMBER = re.compile(r"(?m)^Number of WLANs\.{3,} *(\d+)")
_ROW = re.compile(r"(?m)^(\d{1,3}) +\S")
_INTERFACE = re.compile(
    r"(?m)^(\S.*?) +\S+ +(\d+|untagged|N/A) +[0-9a-fA-F.:]+ +(?:Static|Dynamic)"
)
_SYSTEM = re.compile(r"(?m)^(Product Version|System Name|System Up Time)\.{3,} *(\S.*?) *$")
# "Primary Boot Image….. 8.10.183.0 (default) (active)": what runs is the active one.
_ACTIVE = re.compile(r"(?m)^(?:Primary|Backup) Boot Image\.{3,} *(?:Code )?(\d\S*).*\(active\)")
_STATE = re.compile(r"(?m)^ *Local State = (ACTIVE|STANDBY)")
_MODE = re.compile(r"(?m)^ *Redundancy Mode = (\S.*?) *$")
_UNITS = {"hrs": "hours", "mins": "minutes", "secs": "seconds"}


def wireless(device: Device) -> Flow:
    """Every WLAN that the summary names, from which addresses it is sent, and who else is heard.

    Raises Incomplete: one of the WLANs was not told.
    """
    summary = told((yield SUMMARY))
    number, rows = _NUMBER.search(summary), _ROW.findall(summary)
    if number is None or int(number[1]) != len(rows):
        raise Incomplete(f"{device.id}: {SUMMARY.text!r} breaks off or is no summary of WLANs")
    if not rows:
        raise Unexpected(
            f"{device.id}: {SUMMARY.text!r} tells no WLAN",
            code="result_empty_suspicious",
            next_step="a controller without WLANs has no `wireless` subject",
        )
    vlans = yield from _vlans()
    found: list[WirelessNetwork] = []
    for row in rows:
        who = f"{device.id}: WLAN {row}"
        try:
            answer = yield WLAN(number=row)
        except NotAnswered:
            alone = [] if found else list(wlan_summary.networks(summary))
            if len(alone) != len(rows) or (yield from _any_of(rows[1:])):
                raise
            return alone
        values = wlan.values(told(answer).splitlines())
        if wlan.identifier(values) != row:
            raise Unexpected(f"{who}: the answer is of another WLAN, or of none")
        interface = values.get(("interface",), "")
        found.append(replace(wlan.network(values, who), vlan=vlans.get(interface)))
    ssids = {row: one.ssid for row, one in zip(rows, found, strict=True)}
    served = yield from bss.served((yield from names()), _BANDS, ssids)
    return [*found, *served, *(yield from rogue.heard(ROGUES, ROGUE))]


def _any_of(rows: list[str]) -> Generator[Ask, Capture, bool]:
    """Whether somebody delivered one of these WLANs: then the one that is missing is missed."""
    for row in rows:
        try:
            yield WLAN(number=row)
        except NotAnswered:
            continue
        return True
    return False


def firmware(device: Device) -> Flow:
    """Release, chassis, access points and unit."""
    try:
        answers = yield from answered(SYSTEM, INVENTORY, BOOT, REDUNDANCY)
    except NotAnswered:
        answers = {}
    system = dict(_SYSTEM.findall(told(answers[SYSTEM]))) if SYSTEM in answers else {}
    hardware = parts.inventory(told(answers[INVENTORY])) if INVENTORY in answers else []
    version, running = system.get("Product Version"), system.get("System Up Time")
    active = _ACTIVE.search(text_of(answers, BOOT))
    version = version or (active and active[1])
    radios = yield from access_points()
    if version is None and not hardware and not radios:
        raise Unexpected(
            f"{device.id}: no answer tells a release or a chassis",
            next_step=f"deliver {SYSTEM.text!r} or {INVENTORY.text!r} of such a controller",
        )
    found: list[Fact] = [release("aireos", version)] if version else []
    found += [*hardware, *radios]
    if running:
        chassis = next((one for one in hardware if one.part == "chassis"), None)
        unit = span.unit(
            answers[SYSTEM],
            model=chassis.model if chassis else None,
            serial=chassis.serial if chassis else None,
            hostname=system.get("System Name"),
            running=" ".join(_UNITS.get(word, word) for word in running.split()),
        )
        found.append(_with_role(unit, text_of(answers, REDUNDANCY)))
    return found


def _with_role(unit: Unit, said: str) -> Unit:
    """The unit with its part in a pair of controllers, where it is in one."""
    state, mode = _STATE.search(said), _MODE.search(said)
    if state is None or mode is None or "DISABLED" in mode[1].upper():
        return unit
    role = "active" if state[1] == "ACTIVE" else "standby"
    return replace(unit, ha_mode=mode[1].lower(), ha_role=role)


def _vlans() -> Generator[Ask, Capture, dict[str, str]]:
    """Interface → VLAN, of those that are tagged; empty where nobody delivered them."""
    try:
        rows = _INTERFACE.findall(told((yield INTERFACES)))
    except NotAnswered:
        return {}
    return {name: vlan for name, vlan in rows if vlan.isdecimal()}
