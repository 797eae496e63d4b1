"""Cisco IOS XR by its command line: software, chassis, route processors, line cards, the unit."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable

from collectors._cisco import parts
from collectors._cisco.answer import answered, text_of, told
from collectors._cisco.release import release
from collectors._neighbours.cisco import CDP, LLDP, arp
from collectors._neighbours.cisco import neighbours as seen_beside
from collectors.iosxr import _tree, _version
from evidence.ask import Ask, Session
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import AccountPrivilege, Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_xr", "cisco_xr_ssh", "cisco_iosxr")

Flow = Generator[Ask, Capture, Iterable[Fact]]

TERMINAL_LENGTH = Ask("terminal_length", "terminal length 0")
TERMINAL_WIDTH = Ask("terminal_width", "terminal width 511")
EXIT = Ask("exit", "exit")
SESSION = Session(
    prompt=r"[\w.\-/:@()]+[>#] ?",
    login=(TERMINAL_LENGTH, TERMINAL_WIDTH),
    logout=(EXIT,),
    pager=r" ?--More-- ?",
    nonce="!",
)

VERSION = Ask("version", "show version", also=("show version brief", "sh version", "show_version"))
INVENTORY = Ask(
    "inventory",
    "show inventory",
    also=("show inventory all", "show_inventory", "Cisco-IOS-XR-invmgr-oper"),
)
ADMIN_INVENTORY = Ask("admin_inventory", "admin show inventory", also=("admin show inventory all",))
PLATFORM = Ask("platform", "show platform", also=("admin show platform", "show_platform"))
INSTALL = Ask(
    "install", "show install active summary", also=("show install active", "show_install_active")
)
ARP = arp("arp_table", "show arp", "show arp vrf default")
TASKS = Ask("user_tasks", "show user tasks")
_TASK = re.compile(r"(?m)^[ \t]*Task:[ \t]*(\S+)[ \t]*:[ \t]*(\S.*)$")


def firmware(device: Device) -> Flow:
    """Software, hardware and the unit, from whichever answers tell them."""
    found = yield from answered(VERSION, INVENTORY, ADMIN_INVENTORY, PLATFORM, INSTALL)
    version = text_of(found, VERSION)
    inventory, rack_runs = text_of(found, INVENTORY), None
    if _tree.is_tree(inventory):
        inventory, rack_runs = _tree.listed(found[INVENTORY])
    software = list(_version.releases(version)) or list(_version.installed(text_of(found, INSTALL)))
    if not software and rack_runs:
        software.append(release("iosxr", rack_runs))
    hardware = parts.joined(
        parts.inventory(inventory),
        parts.inventory(text_of(found, ADMIN_INVENTORY)),
        _version.nodes(text_of(found, PLATFORM)),
    )
    if not any(one.part == "chassis" for one in hardware):
        hardware += _version.machine(version)
    if not software and not hardware:
        raise Unexpected(
            f"{device.id}: no answer tells an IOS XR version or part",
            next_step=f"deliver {VERSION.text!r} or {ADMIN_INVENTORY.text!r} of an IOS XR router",
        )
    units = _version.units(found[VERSION], hardware) if VERSION in found else ()
    return [*software, *hardware, *units]


def neighbours(device: Device) -> Flow:
    """What stands beside the device and speaks to it: CDP, LLDP, its table of addresses."""
    return (yield from seen_beside(device, CDP, LLDP, ARP))


def account(device: Device) -> Flow:
    """The tasks the account has, each with the classes of operation it is allowed in."""
    capture = yield TASKS
    tasks = _TASK.findall(told(capture))
    if not tasks:
        raise Unexpected(f"{device.id}: {TASKS.text!r} tells no task")
    writing = [task for task, classes in tasks if "WRITE" in classes.split()]
    return [
        AccountPrivilege(
            account=capture.account,
            level=f"{len(tasks)} tasks",
            can_write=bool(writing),
            detail=f"may write: {', '.join(writing[:5])}" if writing else "may write in no task",
        )
    ]
