"""Cisco NX-OS by its command line: software, chassis, modules, extenders, the unit.

Also of a switch that ACI runs, whose `show version` is the same and whose software is not.

An access list counts packets only while it has `statistics per-entry`, over all the interfaces it
is applied to; its counters are zero after a boot and zeroed by `clear access-list counters`, and
no time of the last hit is kept (NX-OS security configuration guides). Its last, unwritten denial
is never counted.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable

from collectors._cisco import access_list, acl_rules, parts
from collectors._cisco.answer import answered, captured_at, delivered, if_known, text_of, told
from collectors._neighbours.cisco import CDP, LLDP, arp
from collectors._neighbours.cisco import neighbours as seen_beside
from collectors.nxos import _groups, _json, _modules, _summary, _version
from evidence.ask import Ask, Session
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import AccountPrivilege, Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_nxos", "cisco_nxos_ssh")

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

VERSION = Ask(
    "version",
    "show version",
    also=("sh version", "show ver", "show_version", "show version | json"),
)
INVENTORY = Ask(
    "inventory",
    "show inventory",
    also=("show inventory all", "show inventory | json", "show_inventory", "show_inventory_json"),
)
MODULE = Ask("module", "show module", also=("show module all", "show mod", "show_module"))
ACCESS_LISTS = Ask(
    "access_lists",
    "show access-lists",
    also=("show access-list", "show ip access-lists", "show ip access-list", "show_access-lists"),
)
SUMMARY = Ask(
    "access_lists_summary", "show access-lists summary", also=("show_access-lists_summary",)
)
OBJECT_GROUP = Ask("object_group", "show object-group", also=("show_object-group",))
ARP = arp("arp_table", "show ip arp", "show ip arp vrf all")
ACCOUNTS = Ask("user_accounts", "show user-account")
_DISCOVERY = ("nd-na", "nd-ns", "router-advertisement", "router-solicitation")
_ACCOUNT = re.compile(r"(?ms)^user:(\S+)\s*$(.*?)(?=^user:|\Z)")
_ROLES = re.compile(r"(?m)^[ \t]*roles:[ \t]*(\S.*?)[ \t]*$")
_READING = frozenset({"network-operator", "vdc-operator"})
_WRITING = frozenset({"network-admin", "vdc-admin", "dev-ops"})


def firmware(device: Device) -> Flow:
    """Software, hardware and the unit, from whichever answers tell them."""
    found = yield from answered(VERSION, INVENTORY, MODULE)
    version, inventory = text_of(found, VERSION), text_of(found, INVENTORY)
    module = text_of(found, MODULE)
    if version.lstrip().startswith("{"):
        version = _json.version(found[VERSION].json())
    listed = (
        list(_json.inventory(found[INVENTORY].json()))
        if inventory.lstrip().startswith("{")
        else parts.inventory(inventory)
    )
    software = list(_version.releases(version)) or list(_modules.releases(module))
    hardware = parts.joined(listed, _version.machine(version), _modules.items(module))
    if not software and not hardware:
        raise Unexpected(
            f"{device.id}: no answer tells an NX-OS version or part",
            next_step=f"deliver {VERSION.text!r} or {INVENTORY.text!r} of a Nexus switch",
        )
    units = _version.units(found[VERSION], version, hardware) if VERSION in found else ()
    return [*software, *hardware, *units]


def firewall(device: Device) -> Flow:
    """Every entry of the access lists, where they are applied, what was counted, and the unit."""
    version = yield from if_known(VERSION)
    listing = yield ACCESS_LISTS
    summary = yield from delivered(SUMMARY)
    grouped = yield from if_known(OBJECT_GROUP)
    groups = _groups.groups(told(grouped) if grouped else "")
    who = f"{device.id}: {ACCESS_LISTS.text!r}"
    found = access_list.lists(told(listing), who, *groups)
    if not any(one.entries for one in found):
        raise Unexpected(
            f"{who} lists no entry",
            code="result_empty_suspicious",
            next_step="check the account's role: network-operator sees every list",
        )
    applied = _summary.lists(told(summary)) if summary else []
    _summary.check_whole(found, applied, who)
    bound = _summary.bound(applied)
    about = told(version) if version else ""
    hardware = list(_version.machine(about))
    return [
        *(_version.units(version, about, hardware) if version else ()),
        *acl_rules.facts(found, bound, None, captured_at(listing)),
        *acl_rules.unwritten(found, bound, discovery=_DISCOVERY, empty_permits=None),
    ]


def neighbours(device: Device) -> Flow:
    """What stands beside the device and speaks to it: CDP, LLDP, its table of addresses."""
    return (yield from seen_beside(device, CDP, LLDP, ARP))


def account(device: Device) -> Flow:
    """The roles of the account that asks, among the switch's own accounts."""
    capture = yield ACCOUNTS
    accounts = dict(_ACCOUNT.findall(told(capture)))
    if not accounts:
        raise Unexpected(f"{device.id}: {ACCOUNTS.text!r} tells no account")
    roles = _ROLES.search(accounts.get(capture.account or "", ""))
    if roles is None:
        return [AccountPrivilege(account=capture.account, detail="is none of the switch's own")]
    held = frozenset(roles[1].split())
    reads = False if held <= _READING else None
    return [
        AccountPrivilege(
            account=capture.account,
            level=" ".join(sorted(held)),
            can_write=True if held & _WRITING else reads,
            detail=None if held & _WRITING or held <= _READING else "a role of the site's own",
        )
    ]
