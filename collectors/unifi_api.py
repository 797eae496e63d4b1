"""UniFi Network by its official API (9.3 and later) with an API key, read page by page.

It is a selection of what the classic API tells (platform `unifi`): no ciphers, no access points'
addresses, no foreign access points. What it does not tell stays unknown.

From copies of the published reference; not confirmed on a console of our own: which fields a
network has in each release, and how a portal is told.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any, NamedTuple

from collectors._managed.answer import document, who
from collectors._wireless import posture
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown
from evidence.facts import Fact, HardwareItem, SoftwareRelease, WirelessNetwork

VENDOR = "Ubiquiti"
ALIASES = ("unifi_official", "unifi_integration")
TRANSPORTS = ("https",)
HTTP_AUTH = "X-API-Key"

Flow = Generator[Ask, Capture, Iterable[Fact]]
Row = Mapping[str, Any]

_UID = r"[0-9a-fA-F-]{36}"
_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in ("passphrase", "password", "psk", "secret", "sharedSecret", "preSharedKey")
)
_BASE = "/proxy/network/integration/v1"
_PAGE = "limit=200&offset={offset}"
_HOLES = {"site": _UID, "broadcast": _UID, "offset": r"[0-9]{1,6}"}


def _get(name: str, path: str) -> Ask:
    return Ask(name, f"GET {_BASE}/{path}", "http", secrets=_SECRETS, holes=_HOLES)


INFO = _get("info", "info")
SITES = _get("sites", f"sites?{_PAGE}")
BROADCASTS = _get("wifi_broadcasts", f"sites/{{site}}/wifi/broadcasts?{_PAGE}")
BROADCAST = _get("wifi_broadcast", "sites/{site}/wifi/broadcasts/{broadcast}")
NETWORKS = _get("networks", f"sites/{{site}}/networks?{_PAGE}")
DEVICES = _get("devices", f"sites/{{site}}/devices?{_PAGE}")


class Security(NamedTuple):
    """What one `securityConfiguration.type` lets a client negotiate. WPA3 alone knows one cipher,
    of WPA2 the API names none."""

    versions: tuple[str, ...]
    akm: tuple[str, ...]
    pairwise: tuple[str, ...] = ()


_SECURITY = {
    "OPEN": Security((), ("open",)),
    "WPA2_PERSONAL": Security(("wpa2",), ("psk",)),
    "WPA3_PERSONAL": Security(("wpa3",), ("sae",), ("ccmp",)),
    "WPA2_WPA3_PERSONAL": Security(("wpa2", "wpa3"), ("psk", "sae")),
    "WPA2_ENTERPRISE": Security(("wpa2",), ("802.1x",)),
    "WPA3_ENTERPRISE": Security(("wpa3",), ("802.1x-sha256",)),
    "WPA2_WPA3_ENTERPRISE": Security(("wpa2", "wpa3"), ("802.1x", "802.1x-sha256")),
}
_PMF = {"DISABLED": "disabled", "OPTIONAL": "optional", "REQUIRED": "required"}


def wireless(device: Device) -> Flow:
    """Every wireless network of the site. Raises Unexpected: none is told, or a mode is not
    known."""
    site = yield from _site(device)
    listed = yield from _pages(BROADCASTS, site=site)
    if not listed:
        raise Unexpected(
            f"{device.id}: no wireless network on this site",
            code="result_empty_suspicious",
            next_step="name the right site in the option `site`; a site without wireless has no "
            "`wireless` subject",
        )
    details: list[Row] = []
    for row in listed:
        answer = yield BROADCAST(site=site, broadcast=str(row.get("id")))
        details.append(_row(answer))
    try:
        networks = yield from _pages(NETWORKS, site=site)
    except NotAnswered:
        networks = None
    return [_network(device, row, networks) for row in details]


def firmware(device: Device) -> Flow:
    """The application's release; model and firmware of every device the site adopted."""
    version = _row((yield INFO)).get("applicationVersion")
    if not isinstance(version, str):
        raise Unexpected(f"{device.id}: the information names no version")
    application = SoftwareRelease(
        vendor=VENDOR,
        product="unifi-network",
        name="UniFi Network",
        version=version,
        part="controller",
    )
    site = yield from _site(device)
    found: list[Fact] = [application]
    for row in (yield from _pages(DEVICES, site=site)):
        name = _word(row, "name") or _word(row, "macAddress")
        features = row.get("features")
        part = "access point" if "accessPoint" in (features or ()) else "chassis"
        found.append(
            HardwareItem(subject_unit=name, vendor=VENDOR, model=_word(row, "model"), part=part)
        )
        if told := _word(row, "firmwareVersion"):
            found.append(
                SoftwareRelease(
                    subject_unit=name, vendor=VENDOR, product="unifi-firmware", version=told
                )
            )
    return found


def _site(device: Device) -> Generator[Ask, Capture, str]:
    """The site's id: of the one that the option names, else of the only one."""
    sites = yield from _pages(SITES)
    wanted = device.options.get("site", "default")
    called = [
        str(one.get("id"))
        for one in sites
        if wanted in (one.get("id"), one.get("internalReference"), one.get("name"))
    ]
    if len(called) != 1:
        known = ", ".join(shown(str(one.get("internalReference"))) for one in sites)
        raise Unexpected(
            f"{device.id}: {len(called)} sites are called {shown(wanted)!r}; there are: {known}",
            next_step="name the site in the option `site`",
        )
    return called[0]


def _network(device: Device, row: Row, networks: list[Row] | None) -> WirelessNetwork:
    told = row.get("securityConfiguration")
    security = told if isinstance(told, Mapping) else {}
    kind = str(security.get("type"))
    if kind not in _SECURITY:
        raise Unexpected(
            f"{device.id}: SSID {shown(str(row.get('name')))} has security {shown(kind)!r}, which "
            "is not known",
            next_step="report the release of UniFi Network; the SSIDs are not judged until it "
            "is read",
        )
    mode = _SECURITY[kind]
    roaming = any(
        security.get(name) is True for name in ("fastRoamingEnabled", "wpa3FastRoamingEnabled")
    )
    keys = security.get("presharedKeys")
    secret = _word(security, "passphrase")
    own = secret and secret.startswith("redacted:") and not keys
    hidden = row.get("hideName")
    return WirelessNetwork(
        ssid=_word(row, "name"),
        profile=_word(row, "id"),
        enabled=found if isinstance(found := row.get("enabled"), bool) else None,
        broadcast=not hidden if isinstance(hidden, bool) else None,
        bound_to=_bound(row),
        bands=_bands(row),
        versions=mode.versions,
        akm=posture.fast(mode.akm, roaming=roaming),
        pairwise=mode.pairwise,
        group=posture.group(mode.pairwise),
        pmf=_pmf(security, mode),
        transition=posture.transition(mode.akm),
        portal=True if row.get("hotspotConfiguration") else None,
        vlan=_vlan(row, networks),
        passphrase_digest=secret if own else None,
        user_keys=_user_keys(keys, networks) if "psk" in mode.akm or "sae" in mode.akm else None,
        isolated=alone if isinstance(alone := row.get("clientIsolationEnabled"), bool) else None,
    )


def _pmf(security: Row, mode: Security) -> str | None:
    """WPA3 alone requires it, whatever is said beside it."""
    if mode.versions == ("wpa3",):
        return "required"
    return _PMF.get(str(security.get("pmfMode"))) if mode.versions else "disabled"


def _user_keys(keys: Any, networks: list[Row] | None) -> tuple[str, ...]:
    """Keys beside the network's own, called by the network each leads into."""
    names = {one.get("id"): _word(one, "name") for one in networks or ()}
    return tuple(
        names.get(uid) or str(uid)
        for one in (keys if isinstance(keys, list) else ())
        if isinstance(one, Mapping)
        and isinstance(of := one.get("network"), Mapping)
        and (uid := of.get("networkId") or of.get("type"))
    )


def _bands(row: Row) -> tuple[str, ...]:
    told = row.get("broadcastingFrequenciesGHz")
    names = [f"{one:g}" if isinstance(one, float) else str(one) for one in told or ()]
    return tuple(one for one in names if one in ("2.4", "5", "6"))


def _bound(row: Row) -> tuple[str, ...]:
    """Without a filter every access point carries it; with one, the devices or tags it names.
    A network that is off is on none."""
    if row.get("enabled") is False:
        return ()
    chosen = row.get("broadcastingDeviceFilter")
    if not isinstance(chosen, Mapping):
        return ("all",)
    ids = next((value for value in chosen.values() if isinstance(value, list)), [])
    return tuple(str(one) for one in ids)


def _vlan(row: Row, networks: list[Row] | None) -> str | None:
    told = row.get("network")
    uid = told.get("networkId") if isinstance(told, Mapping) else None
    found = next((one for one in networks or () if uid and one.get("id") == uid), {})
    return _word(found, "vlanId")


def _pages(ask: Ask, **holes: str) -> Generator[Ask, Capture, list[Row]]:
    """Every row of a list. Raises Incomplete where the pages do not add up."""
    found: list[Row] = []
    while True:
        capture = yield ask(**holes, offset=str(len(found)))
        page = _row(capture)
        rows, total = page.get("data"), page.get("totalCount")
        if not isinstance(rows, list) or not all(isinstance(one, Mapping) for one in rows):
            raise Unexpected(f"{who(capture)}: not the form of a page")
        if not isinstance(total, int):
            raise Unexpected(f"{who(capture)}: a page without a total")
        found += rows
        if len(found) >= total:
            return found
        if not rows:
            raise Incomplete(f"{who(capture)}: {len(found)} rows given, there are {total}")


def _row(capture: Capture) -> Row:
    """One object. Raises NotAnswered where it is the API's error, Unexpected for another form."""
    said = document(capture)
    if not isinstance(said, Mapping) or not said:
        raise Unexpected(f"{who(capture)}: not the form of an answer of the official API")
    if "statusCode" in said and "statusName" in said:
        raise NotAnswered(
            f"{who(capture)}: {shown(str(said.get('message')))}",
            code="privilege_missing" if said["statusCode"] in (401, 403) else "ask_refused",
            next_step="check the API key and the option `site`",
        )
    return said


def _word(row: Row, name: str) -> str | None:
    said = row.get(name)
    if isinstance(said, bool) or not isinstance(said, str | int):
        return None
    return str(said) or None
