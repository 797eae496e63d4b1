"""Ruckus SmartZone controllers (5.2 and later) by the public API, with a read-only administrator.

WLANs are kept by zone; a WLAN group of the zone puts them on access points. Passphrases come in
clear and are replaced before anything here sees them. The API's version stands in each path.

From a generated client and the published reference; not confirmed on a controller of our own:
the types of WLANs in each release, and what a read-only administrator is told of secrets.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import NamedTuple

from collectors._managed.answer import who
from collectors._wireless import posture
from collectors.smartzone._air import served, stranger
from collectors.smartzone._answer import Row, part, row_of, word
from evidence.ask import Ask, HttpSession, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown
from evidence.facts import (
    AirObservation,
    BasicServiceSet,
    Fact,
    HardwareItem,
    SoftwareRelease,
    WirelessNetwork,
)

VENDOR = "Ruckus"
ALIASES = ("ruckus_smartzone", "ruckus_vsz")
TRANSPORTS = ("https",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

# The oldest that all these releases answer; a later one is named by the option `api`.
VERSION = "v9_1"
_PAIR = '{"username":"{$username}","password":"{$password}"}'
_API = "/wsg/api/public"
_VERSIONED = {"api": r"v[0-9]{1,2}_[0-9]"}
HTTP_SESSION = HttpSession(
    login=(
        Ask("login_api", f"POST {_API}/{{api}}/serviceTicket {_PAIR}", "http", holes=_VERSIONED),
        Ask("login", f"POST {_API}/{VERSION}/serviceTicket {_PAIR}", "http"),
    ),
    token="json serviceTicket",
    logout=Ask(
        "logout", f"DELETE {_API}/{VERSION}/serviceTicket?serviceTicket={{$session}}", "http"
    ),
)
_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in (
        *("passphrase", "saePassphrase", "keyInHex", "sharedSecret", "password", "preSharedKey"),
        *("apLoginPassword", "loginPw", "privateKey", "userPassword", "passwd", "secret"),
    )
)
_HOLES = {
    **_VERSIONED,
    "index": r"[0-9]{1,6}",
    "zone": r"[0-9a-fA-F-]{36}",
    "wlan": r"[0-9a-fA-F-]{1,36}",
}
_TICKET = "serviceTicket={$session}"
_PAGE = f"index={{index}}&listSize=1000&{_TICKET}"
MOST_ACCESS_POINTS = 10_000


def _get(name: str, path: str, query: str) -> Ask:
    text = f"GET {_API}/{{api}}/{path}?{query}"
    return Ask(name, text, "http", secrets=_SECRETS, holes=_HOLES)


ZONES = _get("zones", "rkszones", _PAGE)
WLANS = _get("wlans", "rkszones/{zone}/wlans", _PAGE)
WLAN = _get("wlan", "rkszones/{zone}/wlans/{wlan}", _TICKET)
GROUPS = _get("wlan_groups", "rkszones/{zone}/wlangroups", _PAGE)
CONTROLLERS = _get("controllers", "controller", _PAGE)
ACCESS_POINTS = Ask(
    "access_points",
    f"POST {_API}/{{api}}/query/ap?{_TICKET} "
    f'{{"filters":[],"page":1,"limit":{MOST_ACCESS_POINTS}}}',
    "http",
    secrets=_SECRETS,
    holes=_HOLES,
)
MOST_STRANGERS = 1_000
STRANGERS = Ask(
    "strangers",
    f"POST {_API}/{{api}}/query/roguesInfoList?{_TICKET} "
    f'{{"filters":[],"page":{{page}},"limit":{MOST_STRANGERS}}}',
    "http",
    secrets=_SECRETS,
    holes={**_HOLES, "page": r"[0-9]{1,2}"},
)
SENT = Ask(
    "sent",
    f"POST {_API}/{{api}}/query/ap/wlan?{_TICKET} "
    f'{{"filters":[],"page":{{page}},"limit":{MOST_STRANGERS}}}',
    "http",
    secrets=_SECRETS,
    holes={**_HOLES, "page": r"[0-9]{1,2}"},
)
MOST_PAGES = 10


class Method(NamedTuple):
    """What one `encryption.method` announces, with its passphrase's key management."""

    versions: tuple[str, ...]
    psk: tuple[str, ...]
    eap: tuple[str, ...]


_METHODS = {
    "None": Method((), ("open",), ()),
    "WEP_64": Method(("wep",), ("open",), ("802.1x",)),
    "WEP_128": Method(("wep",), ("open",), ("802.1x",)),
    "WPA_Mixed": Method(("wpa", "wpa2"), ("psk",), ("802.1x",)),
    "WPA2": Method(("wpa2",), ("psk",), ("802.1x",)),
    "WPA23_Mixed": Method(("wpa2", "wpa3"), ("psk", "sae"), ("802.1x", "802.1x-sha256")),
    "WPA3": Method(("wpa3",), ("sae",), ("802.1x-sha256",)),
    "OWE": Method(("wpa3",), ("owe",), ()),
    "OWE_Transition": Method(("wpa3",), ("owe",), ()),
}
_CIPHERS = {"AES": ("ccmp",), "TKIP_AES": ("ccmp", "tkip"), "AES_GCMP_256": ("gcmp-256",)}
_PMF = {"disabled": "disabled", "capable": "optional", "required": "required"}
_PORTALS = ("hotspot", "guest", "webauth")


def wireless(device: Device) -> Flow:
    """Every WLAN of every zone, the addresses it is sent from, and what the access points hear of
    others.

    Raises Unexpected: no WLAN is told, or a method is not known.
    """
    api = device.options.get("api", VERSION)
    found: list[Fact] = []
    for zone in (yield from _pages(ZONES, api=api)):
        uid, name = str(zone.get("id")), word(zone, "name")
        groups = yield from _groups(api, uid)
        for listed in (yield from _pages(WLANS, api=api, zone=uid)):
            answer = yield WLAN(api=api, zone=uid, wlan=str(listed.get("id")))
            found.append(_network(device, name, row_of(answer), groups))
    if not found:
        raise Unexpected(
            f"{device.id}: no WLAN in any zone",
            code="result_empty_suspicious",
            next_step="check which zones and domains the administrator may see; a controller "
            "without WLANs has no `wireless` subject",
        )
    networks = [one for one in found if isinstance(one, WirelessNetwork)]
    return [*found, *(yield from _sent(api, networks)), *(yield from _strangers(api))]


def firmware(device: Device) -> Flow:
    """Release and model of the controllers, and of every access point."""
    api = device.options.get("api", VERSION)
    found: list[Fact] = []
    for row in (yield from _pages(CONTROLLERS, api=api)):
        unit = word(row, "hostName") or word(row, "name")
        found += _running(row, unit, "chassis", "smartzone", "version", "serialNumber")
    try:
        answer = yield ACCESS_POINTS(api=api)
        page = row_of(answer)
    except NotAnswered:
        page = {}
    rows = page.get("list")
    if page.get("hasMore") is True:
        raise Incomplete(f"{device.id}: more than {MOST_ACCESS_POINTS} access points")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            unit = word(row, "deviceName") or word(row, "apMac")
            found += _running(row, unit, "access point", "ruckus-ap", "firmwareVersion", "serial")
    if not any(isinstance(one, SoftwareRelease) for one in found):
        raise Unexpected(f"{device.id}: no release is told")
    return found


def _sent(
    api: str, networks: list[WirelessNetwork]
) -> Generator[Ask, Capture, list[BasicServiceSet]]:
    """Every address that a WLAN is sent from; none where the role may not ask."""
    rows = yield from _searched(SENT, api, "access points")
    return [sent for row in rows for sent in served(row, networks)]


def _strangers(api: str) -> Generator[Ask, Capture, list[AirObservation]]:
    """Access points of others, as policy or a person classified them; none where the role may not
    ask."""
    rows = yield from _searched(STRANGERS, api, "access points of others")
    return [seen for row in rows for seen in stranger(row)]


def _searched(ask: Ask, api: str, what: str) -> Generator[Ask, Capture, list[Row]]:
    """Every row of a search; none where the role may not ask it: half a list is none. Raises
    Incomplete: there are more of them than pages asked for."""
    found: list[Row] = []
    for page in range(1, MOST_PAGES + 1):
        try:
            capture = yield ask(api=api, page=str(page))
            said = row_of(capture)
        except NotAnswered:
            return []
        rows = said.get("list")
        found += [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        if said.get("hasMore") is not True:
            return found
    raise Incomplete(f"more than {MOST_PAGES * MOST_STRANGERS} {what}")


def _running(
    row: Row, unit: str | None, part: str, product: str, version: str, serial: str
) -> list[Fact]:
    model = word(row, "model")
    item = HardwareItem(
        subject_unit=unit, vendor=VENDOR, model=model, serial=word(row, serial), part=part
    )
    told = word(row, version)
    release = SoftwareRelease(subject_unit=unit, vendor=VENDOR, product=product, version=told)
    return [item, *([release] if told else [])]


def _network(
    device: Device, zone: str | None, row: Row, groups: Mapping[str, tuple[str, ...]] | None
) -> WirelessNetwork:
    encryption, kind = part(row, "encryption"), str(row.get("type"))
    name = str(encryption.get("method"))
    if name not in _METHODS:
        raise Unexpected(
            f"{device.id}: WLAN {shown(str(row.get('name')))} has encryption {shown(name)!r}, "
            "which is not known",
            next_step="report the controller's release; the WLANs are not judged until it is read",
        )
    method = _METHODS[name]
    with_radius = "8021x" in kind.casefold() or kind.casefold() == "hotspot20"
    akm = posture.fast(
        method.eap if with_radius and method.eap else method.psk,
        roaming=encryption.get("support80211rEnabled") is True,
    )
    pairwise = _pairwise(encryption, method)
    options = part(row, "advancedOptions")
    hidden, alone = options.get("hideSsidEnabled"), options.get("clientIsolationEnabled")
    own_keys = part(row, "dpsk").get("dpskEnabled") is True or row.get("externalDpsk")
    secret = word(encryption, "passphrase") or word(encryption, "saePassphrase")
    shared = secret and secret.startswith("redacted:") and not own_keys
    return WirelessNetwork(
        subject_unit=zone,
        ssid=word(row, "ssid"),
        profile=word(row, "name"),
        enabled=part(row, "schedule").get("type", "AlwaysOn") != "AlwaysOff",
        broadcast=not hidden if isinstance(hidden, bool) else None,
        bound_to=None if groups is None else groups.get(str(row.get("id")), ()),
        versions=method.versions,
        akm=akm,
        pairwise=pairwise,
        group=posture.group(pairwise),
        pmf=_pmf(encryption, method),
        transition="owe" if name == "OWE_Transition" else posture.transition(akm),
        portal=kind.casefold().startswith(_PORTALS) and kind.casefold() != "hotspot20",
        vlan=_vlan(row),
        passphrase_digest=secret if shared else None,
        user_keys=_user_keys(akm, bool(own_keys)),
        guest=True if kind == "Guest" else None,
        isolated=alone if isinstance(alone, bool) else None,
    )


def _user_keys(akm: tuple[str, ...], own_keys: bool) -> tuple[str, ...] | None:
    if not {"psk", "sae"} & set(akm):
        return None
    return ("dynamic PSK",) if own_keys else ()


def _pairwise(encryption: Row, method: Method) -> tuple[str, ...]:
    """The algorithm; WPA3 and OWE know no TKIP whatever stands there."""
    if not method.versions:
        return ()
    if method.versions == ("wep",):
        return ("wep",)
    told = _CIPHERS.get(str(encryption.get("algorithm")), ())
    if method.versions == ("wpa3",):
        return tuple(one for one in told if one != "tkip") or ("ccmp",)
    return told


def _pmf(encryption: Row, method: Method) -> str | None:
    if method.versions == ("wpa3",):
        return "required"
    if not set(method.versions) & {"wpa2", "wpa3"}:
        return "disabled"
    # It "only applies to WPA2 + AES or OWE", says the reference: beside TKIP it is for nothing.
    if encryption.get("algorithm") == "TKIP_AES":
        return "disabled"
    return _PMF.get(str(encryption.get("mfp")))


def _vlan(row: Row) -> str | None:
    told = part(row, "vlan")
    if told.get("aaaVlanOverride") is True and "8021x" in str(row.get("type")).casefold():
        return "dynamic"
    return word(told, "accessVlan")


def _groups(api: str, zone: str) -> Generator[Ask, Capture, dict[str, tuple[str, ...]] | None]:
    """WLAN id → names of the WLAN groups that hold it; None where they are not told."""
    try:
        rows = yield from _pages(GROUPS, api=api, zone=zone)
    except NotAnswered:
        return None
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        members = row.get("members")
        for one in members if isinstance(members, list) else ():
            if isinstance(one, Mapping):
                uid = str(one.get("id"))
                found[uid] = (*found.get(uid, ()), str(row.get("name")))
    return found


def _pages(ask: Ask, **holes: str) -> Generator[Ask, Capture, list[Row]]:
    """Every row of a list. Raises Incomplete where the pages do not add up."""
    found: list[Row] = []
    while True:
        capture = yield ask(**holes, index=str(len(found)))
        page = row_of(capture)
        rows, total = page.get("list"), page.get("totalCount")
        if not isinstance(rows, list) or not all(isinstance(one, Mapping) for one in rows):
            raise Unexpected(f"{who(capture)}: not the form of a list")
        found += rows
        if not isinstance(total, int) or (len(found) < total and not rows):
            raise Incomplete(f"{who(capture)}: {len(found)} rows given, there are {total}")
        if len(found) >= total:
            return found
