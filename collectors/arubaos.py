"""Aruba mobility controllers (ArubaOS 8) by their command line, or the same tables by REST.

A virtual AP joins an SSID profile to a VLAN and a forwarding mode, and access points carry it.
By REST `showcommand` is asked, not the configuration's objects: those leave out what stands at
its default, such as the transition that lets WPA2 in beside WPA3.

From the documentation and a public recording of the BSS table; not confirmed on a controller of
our own: how each release words the parameters of an SSID profile.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace

from collectors._aruba import bss, identity, opmode, tables
from collectors._cli import Told
from collectors._cli.identity import identity as identity_of
from collectors._wireless import posture
from evidence.ask import Ask, HttpSession, Secret, Session
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import AirObservation, BasicServiceSet, Fact, WirelessNetwork

VENDOR = "Aruba"
# The first is the driver that carries the terminal.
ALIASES = ("aruba_os", "aruba_aos8", "aruba_controller")
TRANSPORTS = ("ssh", "https", "folder")

Flow = Generator[Ask, Capture, Iterable[Fact]]

_TOKEN = "UIDARUBA={$session}"
HTTP_SESSION = HttpSession(
    login=(Ask("login", "POST /v1/api/login username={$username}&password={$password}", "http"),),
    token="json _global_result.UIDARUBA",
    carried=("cookie SESSION",),
    logout=Ask("logout", f"POST /v1/api/logout?{_TOKEN}", "http"),
)
NO_PAGING = Ask("no_paging", "no paging")
ENABLE = Ask("enable", "enable")
EXIT = Ask("exit", "exit")
SESSION = Session(
    prompt=r"\([\w.\-]+\)(?: \*?\[[\w./\-]+\])? ?\^?\*?[>#] ?",
    login=(NO_PAGING,),
    elevate=ENABLE,
    logout=(EXIT,),
    pager=r"--More-- .*",
)

# Masked values (`********`) are none; what an administrator unmasked is.
_MASKED = r"(?!\*+[\s\"]|N/A)"
_SECRET_LABELS = r"(?:WPA Passphrase|WPA Hexkey|WEP Key \d|(?:RADIUS )?(?:Shared )?Key)"
_SECRETS = (
    Secret("regex", rf"^{_SECRET_LABELS} {{2,}}{_MASKED}(?P<secret>\S[^\r\n]*?) *\r?$"),
    Secret(
        "regex",
        rf'"Parameter"\s*:\s*"{_SECRET_LABELS}"\s*,\s*"Value"\s*:\s*"{_MASKED}'
        r'(?P<secret>(?:[^"\\]|\\.)+)',
    ),
    Secret(
        "regex",
        rf'"Value"\s*:\s*"{_MASKED}(?P<secret>(?:[^"\\]|\\.)+)"\s*,\s*'
        rf'"Parameter"\s*:\s*"{_SECRET_LABELS}',
    ),
)
# At the command line a name stands in quotes, and may be Chinese.
_HOLES = {"name": r"\w[\w ._-]{0,62}"}
_REST_HOLES = {"name": r"[A-Za-z0-9][A-Za-z0-9+._-]{0,62}"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One `show` command, and the request that gives its answer by REST."""

    line: Ask
    rest: Ask


def _show(name: str, command: str) -> Shown:
    spelled = command.replace(" ", "+").replace('"', "%22")
    target = f"/v1/configuration/showcommand?command={spelled}&{_TOKEN}"
    return Shown(
        Ask(name, command, secrets=_SECRETS, holes=_HOLES, also=(name,)),
        Ask(f"rest_{name}", f"GET {target}", "http", secrets=_SECRETS, holes=_REST_HOLES),
    )


VIRTUAL_APS = _show("virtual_aps", "show wlan virtual-ap")
VIRTUAL_AP = _show("virtual_ap", 'show wlan virtual-ap "{name}"')
SSID_PROFILE = _show("ssid_profile", 'show wlan ssid-profile "{name}"')
BSS_TABLE = _show("bss_table", "show ap bss-table")
MONITORED = _show("monitored", 'show ap monitor ap-list ap-name "{name}"')
VERSION = _show("version", "show version")
INVENTORY = _show("inventory", "show inventory")
ACCESS_POINTS = _show("access_points", "show ap database long")
ASKS = tuple(
    ask
    for one in (
        *(VIRTUAL_APS, VIRTUAL_AP, SSID_PROFILE, BSS_TABLE, MONITORED),
        *(VERSION, INVENTORY, ACCESS_POINTS),
    )
    for ask in (one.line, one.rest)
)

# Each is one more command; the air is much the same a few rooms away.
MOST_LISTENERS = 100

_BANDS = {"all": ("2.4", "5"), "a": ("5",), "g": ("2.4",), "none": ()}


def wireless(device: Device) -> Flow:
    """Every virtual AP with its SSID profile, which access points send it, and what those hear.

    Raises Unexpected: none is told, or one has a name that no ask may carry.
    """
    listed = tables.names((yield from _ask(device, VIRTUAL_APS)), "Name")
    table = yield from _optional(device, BSS_TABLE)
    served = list(bss.served(_bss_text(table), device.id)) if table else None
    found: list[Fact] = []
    for name in listed:
        virtual = tables.parameters((yield from _ask(device, VIRTUAL_AP, name=name)))
        profile = tables.value(virtual, "SSID Profile")
        if profile is None:
            raise Unexpected(f"{device.id}: virtual AP {name!r} names no SSID profile")
        told = tables.parameters((yield from _ask(device, SSID_PROFILE, name=profile)))
        found.append(_network(device, name, virtual, told, served))
    if not found:
        raise Unexpected(
            f"{device.id}: no virtual AP",
            code="result_empty_suspicious",
            next_step="ask the managed device that serves access points, not its conductor",
        )
    return [*found, *(served or ()), *(yield from _heard(device, served or ()))]


def firmware(device: Device) -> Flow:
    """Release, controller with its cards, access points, and since when it runs."""
    told = {
        VERSION: (identity.VERSION, identity.version),
        INVENTORY: (identity.INVENTORY, identity.chassis),
        ACCESS_POINTS: (identity.ACCESS_POINTS, identity.access_point),
    }
    by_line = {what.line: what for what in told}

    def asking(ask: Ask) -> Generator[Ask, Capture, Capture]:
        """The answer as the command line writes it, whichever way it came."""
        capture = yield from _ask(device, by_line[ask])
        return replace(capture, body=tables.text_of(capture).encode())

    return (
        yield from identity_of(
            device,
            *(Told(what.line, layouts, facts) for what, (layouts, facts) in told.items()),
            asking=asking,
        )
    )


def _network(
    device: Device,
    name: str,
    virtual: Mapping[str, str],
    told: Mapping[str, str],
    served: list[BasicServiceSet] | None,
) -> WirelessNetwork:
    words = re.split(r"[ ,]+", tables.value(told, "Encryption") or "")
    mode = opmode.read(
        [one for one in words if one],
        f"{device.id}: virtual AP {name!r}",
        transition=tables.flag(told, "Opmode transition", "WPA3 opmode transition"),
        fast=tables.flag(told, "Advertise 802.11r") is True,
    )
    ssid = tables.value(told, "ESSID")
    hidden, isolated = tables.flag(told, "Hide SSID"), tables.flag(virtual, "Deny inter user")
    on = (tables.flag(virtual, "Virtual AP enable"), tables.flag(told, "SSID enable"))
    secret = tables.value(told, "WPA Passphrase")
    return WirelessNetwork(
        ssid=ssid,
        profile=name,
        enabled=False if False in on else None if None in on else True,
        broadcast=None if hidden is None else not hidden,
        bound_to=_bound(ssid, served),
        bands=_bands(virtual),
        versions=mode.versions,
        akm=mode.akm,
        pairwise=mode.pairwise,
        group=posture.group(mode.pairwise),
        pmf=opmode.pmf(
            mode.versions,
            capable=tables.flag(told, "Enable Management Frame Protection"),
            required=tables.flag(told, "Require Management Frame Protection"),
        ),
        transition=mode.transition,
        vlan=tables.value(virtual, "VLAN"),
        passphrase_digest=secret if secret and secret.startswith("redacted:") else None,
        user_keys=mode.user_keys,
        isolated=isolated,
    )


def _heard(
    device: Device, served: Iterable[BasicServiceSet]
) -> Generator[Ask, Capture, list[AirObservation]]:
    """What access points hear, each address once; of no more of them than a visit asks, and
    nothing of one that the account may not see."""
    found: dict[str, AirObservation] = {}
    names = sorted({one.access_point for one in served if one.access_point})
    plain = [one for one in names if re.fullmatch(_REST_HOLES["name"], one.replace(" ", "+"))]
    for name in plain[:MOST_LISTENERS]:
        table = yield from _optional(device, MONITORED, name=name)
        for one in bss.heard(_heard_text(table), name) if table else ():
            found.setdefault(one.bssid, one)
    return list(found.values())


def _heard_text(capture: Capture) -> str:
    if capture.ask.kind != "http":
        return tables.text_of(capture)
    return tables.rows_as_text(capture, ("bssid", "essid", "band/chan", "ap-type", "encr"))


def _bound(ssid: str | None, served: list[BasicServiceSet] | None) -> tuple[str, ...] | None:
    if served is None:
        return None
    return tuple(sorted({str(one.access_point) for one in served if one.ssid == ssid}))


def _bands(virtual: Mapping[str, str]) -> tuple[str, ...]:
    """What the virtual AP allows; 6 GHz has a switch of its own from 8.9 on."""
    lower = _BANDS.get(tables.value(virtual, "Allowed band") or "", ())
    upper = tables.value(virtual, "Allowed 6GHz radios", "Allowed band 6GHz")
    return (*lower, *(("6",) if upper not in (None, "none", "Disabled") else ()))


def _bss_text(capture: Capture) -> str:
    """By REST the table's rows are objects: written as the command line writes them."""
    if capture.ask.kind != "http":
        return tables.text_of(capture)
    return tables.rows_as_text(
        capture, ("bss", "ess", "port", "ip", "band", "ch/EIRP", "type", "cur-cl", "ap name")
    )


def _ask(device: Device, what: Shown, **holes: str) -> Generator[Ask, Capture, Capture]:
    """By the device's way; by hand either is taken."""
    ways = {"https": (what.rest,), "ssh": (what.line,)}
    trouble: NotAnswered | None = None
    for ask in ways.get(device.transport, (what.line, what.rest)):
        try:
            plus = " " if ask is what.line else "+"
            values = {hole: value.replace(" ", plus) for hole, value in holes.items()}
            return (yield ask(**values) if values else ask)
        except NotAnswered as error:
            trouble = error
    assert trouble is not None
    raise trouble


def _optional(device: Device, what: Shown, **holes: str) -> Generator[Ask, Capture, Capture | None]:
    try:
        answer = yield from _ask(device, what, **holes)
        tables.text_of(answer)  # a refusal comes as an answer
        return answer
    except NotAnswered:
        return None
