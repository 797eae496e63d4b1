"""MikroTik RouterOS by REST (7.1 and later) or SSH: filter, raw and NAT with counters, the unit.

Counts are packets since the unit booted or somebody reset them; no time of either is kept with
them, nor of any hit. Connections that FastTrack carries pass no rule after their first packets.

From public recordings: the form of `print detail`, of the resource and routerboard. From
documentation, not confirmed on a unit of our own: `print stats`, everything that REST answers.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass

from collectors._managed.openers import openers
from collectors.mikrotik import _export, _unit, _wireless
from collectors.mikrotik._answer import Row, joined, printed, sheet, table
from collectors.mikrotik._rules import Lists, Place, address_lists, facts
from collectors.mikrotik._unit import VENDOR
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, FirewallRule, Unit

__all__ = ["VENDOR"]
ALIASES = ("mikrotik_routeros", "routeros")
TRANSPORTS = ("https", "ssh", "folder")
HTTP_AUTH = "basic"

Flow = Generator[Ask, Capture, Iterable[Fact]]


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu of the unit, as it is asked by REST and on the command line."""

    rest: Ask
    line: Ask


# A value of these names is a secret, by REST and on the command line; a cut one too.
_SECRET_NAMES = (
    r"(?:^|[\s.\"])(?:passphrase|(?:wpa2?-)?pre-shared-key|static-(?:sta-private-)?key(?:-[0-3])?"
    r"|(?:eap|mschapv2|supplicant)-password|management-protection-key|private-passphrase"
    r"|private-(?:pre-shared-)?key|password)"
)
_SECRETS = (
    Secret("regex", _SECRET_NAMES + r'(?:=|"\s*:\s*)"(?P<secret>(?:[^"\\]|\\.)+)'),
    Secret("regex", _SECRET_NAMES + r'=(?P<secret>[^"\s]\S*)'),
)


def _menu(name: str, path: str, how: str, secrets: tuple[Secret, ...] = ()) -> Menu:
    spoken = path.strip("/").replace("/", " ")
    line = f"/{spoken} print {how}"
    also = [line[1:], f"/{path} print {how}", f"{spoken} print all without-paging"]
    if how == "without-paging":  # one sheet, which is the same with a pager that was answered
        also += [f"{spoken} print", f"/{spoken} print", f"/{path} print"]
    return Menu(
        Ask(f"rest_{name}", f"GET /rest/{path}", "http", secrets=secrets),
        Ask(name, line, also=tuple(also), secrets=secrets),
    )


_TABLES = tuple((ip, name) for ip in ("ip", "ipv6") for name in ("filter", "raw", "nat"))
_LISTED = "detail without-paging"
MENUS = {
    (ip, name): _menu(f"{ip}_{name}", f"{ip}/firewall/{name}", _LISTED) for ip, name in _TABLES
}
COUNTED = {
    (ip, name): Ask(
        f"{ip}_{name}_stats",
        f"/{ip} firewall {name} print stats without-paging",
        also=(f"{ip} firewall {name} print stats without-paging",),
    )
    for ip, name in _TABLES
}
LISTS = {ip: _menu(f"{ip}_lists", f"{ip}/firewall/address-list", _LISTED) for ip in ("ip", "ipv6")}
VRRP = _menu("vrrp", "interface/vrrp", _LISTED)
RESOURCE = _menu("resource", "system/resource", "without-paging")
BOARD = _menu("routerboard", "system/routerboard", "without-paging")
IDENTITY = _menu("identity", "system/identity", "without-paging")
CLOCK = _menu("clock", "system/clock", "without-paging")
# The wifi package was called wifiwave2 before 7.13.
_LAYERED = {
    "wifi": "interface/wifi",
    "wifiwave2": "interface/wifiwave2",
    "capsman": "caps-man",
}
_PARTS = ("configuration", "security", "datapath", "channel")
LAYERED = {
    (family, part): _menu(f"{family}_{part}", f"{path}/{part}", _LISTED, _SECRETS)
    for family, path in _LAYERED.items()
    for part in _PARTS
} | {
    (family, "interface"): _menu(
        f"{family}_interface",
        f"{path}/interface" if family == "capsman" else path,
        _LISTED,
        _SECRETS,
    )
    for family, path in _LAYERED.items()
}
PASSPHRASES = _menu(
    "wifi_passphrases", "interface/wifi/security/multi-passphrase", _LISTED, _SECRETS
)
OLDER = _menu("wireless_interface", "interface/wireless", _LISTED, _SECRETS)
OLDER_PROFILES = _menu(
    "wireless_profiles", "interface/wireless/security-profiles", _LISTED, _SECRETS
)
# Only read where somebody delivered it.
EXPORT = Ask(
    "export",
    "/export",
    secrets=_SECRETS,
    also=("export", "/export terse", "/export verbose", "/export hide-sensitive"),
)
ASKS = tuple(
    ask
    for menu in (
        *(*MENUS.values(), *LISTS.values(), VRRP, RESOURCE, BOARD, IDENTITY, CLOCK),
        *(*LAYERED.values(), PASSPHRASES, OLDER, OLDER_PROFILES),
    )
    for ask in (menu.rest, menu.line)
)
COUNTED_ASKS = tuple(COUNTED.values())


def firewall(device: Device) -> Flow:
    """Every rule of every table with what it counted, the defaults behind them, the unit."""
    found: list[Fact] = [(yield from _whole_unit(device))]
    try:
        found += yield from _tables(device)
    except NotAnswered as error:
        exported = None if _asked(device) else (yield from _optional(EXPORT))
        if exported is None or error.code != NotAnswered.code:
            raise
        found += _exported(exported)
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no rule in any table",
            code="result_empty_suspicious",
            next_step="check that the account's group has the policy read",
        )
    return openers(found)


def _asked(device: Device) -> bool:
    """Whether the agent itself asks, which it does by no export."""
    return device.transport in ("https", "ssh")


def _exported(capture: Capture) -> Iterable[Fact]:
    """The rules of an export, without counters."""
    menus = _export.rules(capture)
    for ip, name in _TABLES:
        if (ip, name) in menus:
            lists = address_lists(menus.get((ip, "address-list"), ()))
            yield from facts(Place(ip, name), menus[ip, name], lists, capture.answered_at)


def _tables(device: Device) -> Generator[Ask, Capture, list[Fact]]:
    """Every table that is answered. Raises NotAnswered where IPv4's filter is not."""
    found: list[Fact] = []
    known: dict[str, Lists] = {}
    for ip, menu in LISTS.items():
        known[ip] = yield from _lists(device, menu)
    for ip, name in _TABLES:
        capture = yield from _answer(device, MENUS[ip, name], needed=(ip, name) == ("ip", "filter"))
        if capture is None:
            continue
        rows = table(capture)
        if capture.ask.kind == "command":
            stats = yield from _optional(COUNTED[ip, name])
            rows = joined(rows, printed(stats), capture) if stats else rows
        found += facts(Place(ip, name), rows, known[ip], capture.answered_at)
    return found


def firmware(device: Device) -> Flow:
    """Release, board and serial number, the unit. Raises NotAnswered where neither sheet is told.

    A PC has no board of MikroTik's, and somebody may have delivered the board's sheet alone.
    """
    board = yield from _sheet(device, BOARD)
    capture = yield from _answer(device, RESOURCE, needed="model" not in board)
    unit = yield from _rest_of_unit(device, capture, board)
    if capture is None:
        return [_unit.board({}, board), unit]
    resource = sheet(capture)
    return [_unit.release(resource, capture), _unit.board(resource, board), unit]


def wireless(device: Device) -> Flow:
    """SSIDs of whichever of its wireless packages the router has, and of CAPsMAN.

    Raises NotAnswered where it has none of them, Unexpected where none has an SSID.
    """
    found: list[Fact] = []
    trouble: NotAnswered | None = None
    answered = False
    for family in _LAYERED:
        try:
            interfaces = yield from _answer(device, LAYERED[family, "interface"], needed=True)
        except NotAnswered as error:
            if error.code == "privilege_missing":
                raise
            trouble = error
            continue
        answered = True
        rows = table(interfaces) if interfaces else []
        parts = {}
        for part in _PARTS:
            capture = yield from _answer(device, LAYERED[family, part])
            parts[part] = table(capture) if capture else []
        keys = (yield from _answer(device, PASSPHRASES)) if family == "wifi" else None
        menus = _wireless.Menus(
            interfaces=rows,
            configurations=_wireless.named(parts["configuration"]),
            security=_wireless.named(parts["security"]),
            datapath=_wireless.named(parts["datapath"]),
            channel=_wireless.named(parts["channel"]),
            passphrases=table(keys) if keys else (),
        )
        found += _wireless.layered(menus, device.id)
    older = yield from _answer(device, OLDER)
    if older is not None:
        answered = True
        profiles = yield from _answer(device, OLDER_PROFILES, needed=True)
        known = _wireless.named(table(profiles) if profiles else [])
        found += _wireless.older(table(older), known, device.id)
    exported = None if answered or _asked(device) else (yield from _optional(EXPORT))
    if exported is not None:
        found += _export.wireless(exported)
    elif not answered and trouble is not None:
        raise trouble
    if not found:
        raise Unexpected(
            f"{device.id}: no wireless package has an SSID",
            code="result_empty_suspicious",
            next_step="a router without wireless has no `wireless` subject",
        )
    return found


def _lists(device: Device, menu: Menu) -> Generator[Ask, Capture, Lists]:
    """Addresses by list; where they are not answered the names stay names."""
    capture = yield from _answer(device, menu)
    return address_lists(table(capture)) if capture else {}


def _whole_unit(device: Device) -> Generator[Ask, Capture, Unit]:
    resource = yield from _answer(device, RESOURCE)
    board = yield from _sheet(device, BOARD)
    return (yield from _rest_of_unit(device, resource, board))


def _rest_of_unit(
    device: Device, resource: Capture | None, board: Row
) -> Generator[Ask, Capture, Unit]:
    identity = yield from _sheet(device, IDENTITY)
    clock = yield from _answer(device, CLOCK)
    vrrp = yield from _answer(device, VRRP)
    return _unit.unit(resource, board, identity, clock, table(vrrp) if vrrp else None)


def _sheet(device: Device, menu: Menu) -> Generator[Ask, Capture, Row]:
    capture = yield from _answer(device, menu)
    return sheet(capture) if capture else {}


def _answer(
    device: Device, menu: Menu, *, needed: bool = False
) -> Generator[Ask, Capture, Capture | None]:
    """A menu by the device's way; by hand either is taken. None where it can be done without.

    Raises NotAnswered where it is needed, and where the account may not read it: then a list
    would be missing unseen.
    """
    ways = {"https": (menu.rest,), "ssh": (menu.line,)}
    trouble: NotAnswered | None = None
    for ask in ways.get(device.transport, (menu.rest, menu.line)):
        try:
            capture = yield ask
            table(capture)  # a refusal comes as an answer
            return capture
        except NotAnswered as error:
            trouble = error
            if error.code == "privilege_missing":
                raise
    if needed and trouble:
        raise trouble
    return None


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered:
        return None
