"""Cisco IOS and IOS XE by their command line: software, chassis, stack members, modules, unit.

One platform, because one command line: which of the two runs, the device says itself. On a
stack or a virtual switch every member is a chassis with a serial of its own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from collectors._cisco import parts, privilege
from collectors._cisco.answer import answered, text_of, told
from collectors.ios import _modules, _version
from evidence.ask import Ask, Session
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = (
    *("cisco_ios", "cisco_ios_ssh", "iosxe", "cisco_iosxe", "cisco_xe", "cisco_xe_ssh"),
    *("cisco_cat9k",),
)

Flow = Generator[Ask, Capture, Iterable[Fact]]

TERMINAL_LENGTH = Ask("terminal_length", "terminal length 0")
TERMINAL_WIDTH = Ask("terminal_width", "terminal width 511")
ENABLE = Ask("enable", "enable")
EXIT = Ask("exit", "exit")
SESSION = Session(
    prompt=r"[\w.\-/:@()]+[>#] ?",
    login=(TERMINAL_LENGTH, TERMINAL_WIDTH),
    elevate=ENABLE,
    logout=(EXIT,),
    pager=r" ?--More-- ?",
    nonce="!",
)

VERSION = Ask("version", "show version", also=("sh version", "show ver", "show_version"))
INVENTORY = Ask(
    "inventory",
    "show inventory",
    also=("show inventory raw", "show inventory all", "show inventory fru", "show_inventory"),
)
MODULE = Ask("module", "show module", also=("show module all", "show mod", "show_module"))
PLATFORM = Ask("platform", "show platform", also=("show_platform",))
LICENCE_UDI = Ask("licence_udi", "show license udi", also=("show_license_udi",))
INSTALL = Ask("install", "show install summary", also=("show_install_summary",))
PRIVILEGE = Ask("privilege", "show privilege")


def firmware(device: Device) -> Flow:
    """Software, hardware and the unit, from whichever answers tell them."""
    found = yield from answered(VERSION, INVENTORY, MODULE, PLATFORM, LICENCE_UDI, INSTALL)
    version, module, platform = (text_of(found, ask) for ask in (VERSION, MODULE, PLATFORM))
    software = (
        list(_version.releases(version))
        or list(_modules.releases(module + "\n" + platform))
        or list(_modules.installed(text_of(found, INSTALL)))
    )
    hardware = parts.joined(
        parts.inventory(text_of(found, INVENTORY)),
        _version.members(version),
        _modules.items(module),
        _modules.items(platform),
        _modules.identities(text_of(found, LICENCE_UDI)),
    )
    hardware = _version.with_machine(version, hardware)
    if not software and not hardware:
        raise Unexpected(
            f"{device.id}: no answer tells an IOS or IOS XE version or part",
            next_step=f"deliver {VERSION.text!r} or {INVENTORY.text!r} of such a device",
        )
    units = _version.units(found[VERSION], hardware) if VERSION in found else ()
    return [*software, *hardware, *units]


def account(device: Device) -> Flow:
    """The session's level. What was lowered to one between 1 and 15 only such a one could ask."""
    current = yield PRIVILEGE
    level = privilege.level(told(current), f"{device.id}: {PRIVILEGE.text!r}")
    return [privilege.at_level(current.account, level, None)]
