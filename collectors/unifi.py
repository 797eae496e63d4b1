"""UniFi Network on a UniFi OS console, by the classic HTTPS API with a view-only account.

A wireless network is one row, with its passphrase in clear: it is replaced before anything here
sees it. The row says which groups of access points carry it; the networks' list says its VLAN.
The application's own settings hold passwords too (a single sign-on secret, keys of adoption).

From public client libraries; not confirmed on a console of our own: what the rows hold in each
release, and which secrets a view-only account is told.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

from collectors._managed.answer import document, who
from evidence.ask import Ask, HttpSession, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown
from evidence.facts import Fact, HardwareItem, SoftwareRelease, WirelessNetwork

VENDOR = "Ubiquiti"
ALIASES = ("unifi_network", "ubiquiti_unifi")
TRANSPORTS = ("https",)

Flow = Generator[Ask, Capture, Iterable[Fact]]
Row = Mapping[str, Any]

HTTP_SESSION = HttpSession(
    login=(
        Ask(
            "login",
            'POST /api/auth/login {"username":"{$username}","password":"{$password}"}',
            "http",
        ),
    ),
    token="cookie TOKEN",
    carried=("cookie TOKEN",),
)

_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in (
        *("x_passphrase", "x_wep", "x_iapp_key", "psk", "password", "x_password"),
        *("x_radius_secret_1", "x_radius_secret_2", "x_radius_acct_secret_1", "x_secret"),
        *("x_wan_password", "x_ipsec_pre_shared_key", "x_pptpc_password", "x_openvpn_password"),
        *("x_openvpn_shared_secret_key", "x_wireguard_private_key", "x_auth_key", "x_ca_key"),
        *("x_server_key", "x_shared_client_key", "x_dh_key", "wireguard_client_preshared_key"),
        *("wireguard_client_configuration_file", "openvpn_configuration"),
        *("x_authkey", "x_vwirekey", "x_inform_authkey", "x_ssh_password", "guest_token"),
        *("x_aes_gcm_key", "syslog_key", "snmp_community", "sso_app_sec"),
    )
)
_HOLES = {"site": r"[A-Za-z0-9_-]{1,64}"}


def _get(name: str, path: str) -> Ask:
    text = f"GET /proxy/network/{path}"
    # The same on a controller of one's own, without a console before it, noted down by hand.
    bare = f"/{path.replace('{site}', 'default')}"
    also = (f"GET {bare}", bare)
    return Ask(name, text, "http", secrets=_SECRETS, holes=_HOLES, also=also)


WLANS = _get("wireless_networks", "api/s/{site}/rest/wlanconf")
NETWORKS = _get("networks", "api/s/{site}/rest/networkconf")
GROUPS = _get("access_point_groups", "v2/api/site/{site}/apgroups")
DEVICES = _get("devices", "api/s/{site}/stat/device")
SYSTEM = _get("system", "api/s/{site}/stat/sysinfo")

# `auto` is both: the weaker is what a client may choose.
_VERSIONS = {"auto": ("wpa", "wpa2"), "wpa1": ("wpa",), "wpa2": ("wpa2",)}
_CIPHERS = {
    "auto": ("ccmp", "tkip"),
    "tkip": ("tkip",),
    **{name: (name,) for name in ("ccmp", "gcmp", "ccmp-256", "gcmp-256")},
}
_PMF = ("disabled", "optional", "required")
_BANDS = {"2g": ("2.4",), "5g": ("5",), "6g": ("6",), "both": ("2.4", "5")}
_KEYS = {"wpapsk": "x_passphrase", "wep": "x_wep"}
_STRENGTHENED = ("wpa3_support", "wpa3_transition", "wpa3_enhanced_192")
_DENIED = ("api.err.NoPermission", "api.err.LoginRequired", "api.err.NoSiteContext")


def wireless(device: Device) -> Flow:
    """Every wireless network of the site, switched on or not. Raises Unexpected: none is told."""
    site = device.options.get("site", "default")
    told = _rows((yield WLANS(site=site)))
    groups = yield from _optional(GROUPS(site=site), _bare)
    networks = yield from _optional(NETWORKS(site=site))
    if not told:
        raise Unexpected(
            f"{device.id}: no wireless network on site {site}",
            code="result_empty_suspicious",
            next_step="name the right site in the option `site` (it is in the address of the "
            "console's pages); a site without wireless has no `wireless` subject",
        )
    return [_network(device, row, groups, networks) for row in told]


def firmware(device: Device) -> Flow:
    """The application's release; model, serial and firmware of every device the site adopted."""
    site = device.options.get("site", "default")
    (system, *_) = _rows((yield SYSTEM(site=site))) or [{}]
    version = _word(system, "version")
    if version is None:
        raise Unexpected(f"{device.id}: the system information names no version")
    adopted = yield from _optional(DEVICES(site=site))
    application = SoftwareRelease(
        vendor=VENDOR,
        product="unifi-network",
        name="UniFi Network",
        version=version,
        build=_word(system, "build"),
        part="controller",
    )
    return [application, *(fact for row in adopted or () for fact in _adopted(row))]


def _adopted(row: Row) -> Iterator[Fact]:
    name = _word(row, "name") or _word(row, "mac")
    part = "access point" if row.get("type") == "uap" else "chassis"
    model, serial = _word(row, "model"), _word(row, "serial")
    yield HardwareItem(subject_unit=name, vendor=VENDOR, model=model, serial=serial, part=part)
    if version := _word(row, "version"):
        yield SoftwareRelease(
            subject_unit=name, vendor=VENDOR, product="unifi-firmware", version=version
        )


def _network(
    device: Device, row: Row, groups: list[Row] | None, networks: list[Row] | None
) -> WirelessNetwork:
    """What a client could negotiate. Raises Unexpected for a mode this table does not know."""
    security = str(row.get("security"))
    versions, akm = _posture(device, row, security)
    pairwise = _pairwise(row, security, versions)
    secret = _word(row, _KEYS.get(security, ""))
    # With keys of single users the row's own is used by nobody.
    own = secret and secret.startswith("redacted:") and not row.get("private_preshared_keys")
    return WirelessNetwork(
        ssid=_word(row, "name"),
        profile=_word(row, "_id"),
        enabled=_flag(row, "enabled"),
        broadcast=None if (hidden := _flag(row, "hide_ssid")) is None else not hidden,
        bound_to=_bound(row, groups),
        bands=_bands(row),
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        # A group key is the weakest cipher that any client may have.
        group="tkip" if "tkip" in pairwise else pairwise[0] if pairwise else None,
        pmf=_pmf(row, versions),
        transition="sae" if "sae" in akm and "psk" in akm else None,
        # A guest network may have a portal; that is a setting of the site, which is not read.
        portal=False if row.get("is_guest") is False else None,
        vlan=_vlan(row, networks),
        passphrase_digest=secret if own else None,
    )


def _posture(device: Device, row: Row, security: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """WPA versions and key management. WPA3 stands beside `wpa_mode`, which still says WPA2."""
    if security in ("open", "wep"):
        return ("wep",) if security == "wep" else (), ("open",)
    mode = str(row.get("wpa_mode"))
    newer, mixed, suite_b = (row.get(name) is True for name in _STRENGTHENED)
    known = security in ("wpapsk", "wpaeap", "osen")
    if not known or not (mode in _VERSIONS or (newer and not mixed)):
        raise Unexpected(
            f"{device.id}: SSID {shown(str(row.get('name')))} has security {shown(security)!r} "
            f"with mode {shown(mode)!r}, which is not known",
            next_step="report the release of UniFi Network; the SSIDs are not judged until it "
            "is read",
        )
    old = () if newer and not mixed else _VERSIONS[mode]
    if security == "osen":
        return old, ("osen",)
    names = ("psk", "sae") if security == "wpapsk" else ("802.1x", "802.1x-sha256")
    if security == "wpaeap" and suite_b and not old:
        names = ("802.1x", "802.1x-suite-b-192")
    akm = ((names[0],) if old else ()) + ((names[1],) if newer else ())
    if row.get("fast_roaming_enabled") is True:
        akm = (*(f"ft-{one}" for one in akm if one in ("psk", "sae", "802.1x")), *akm)
    return (*old, *(("wpa3",) if newer else ())), akm


def _pairwise(row: Row, security: str, versions: tuple[str, ...]) -> tuple[str, ...]:
    """Ciphers; none where the row does not tell them. WPA3 alone knows no TKIP."""
    if security in ("open", "wep"):
        return ("wep",) if security == "wep" else ()
    told = _CIPHERS.get(str(row.get("wpa_enc")), ())
    if versions == ("wpa3",):
        suite_b = security == "wpaeap" and row.get("wpa3_enhanced_192") is True
        return ("gcmp-256",) if suite_b else tuple(one for one in told if one != "tkip")
    return told


def _pmf(row: Row, versions: tuple[str, ...]) -> str | None:
    """WPA3 alone requires it whatever the row says; a row without it says nothing."""
    if versions == ("wpa3",):
        return "required"
    if not set(versions) & {"wpa2", "wpa3"}:
        return "disabled"
    said = row.get("pmf_mode")
    return said if said in _PMF else None


def _bands(row: Row) -> tuple[str, ...]:
    told = row.get("wlan_bands")
    names = told if isinstance(told, list) else [row.get("wlan_band")]
    return tuple(dict.fromkeys(band for name in names for band in _BANDS.get(str(name), ())))


def _bound(row: Row, groups: list[Row] | None) -> tuple[str, ...] | None:
    """Groups that carry it and have an access point; None: not told, or by an older release."""
    own = row.get("ap_group_ids")
    if groups is None or not isinstance(own, list):
        return None
    known = {_word(one, "_id"): one for one in groups}
    # A group that the list does not name may have access points.
    carrying = [known.get(str(uid), {"name": str(uid), "device_macs": [uid]}) for uid in own]
    return tuple(sorted(str(one.get("name")) for one in carrying if one.get("device_macs", True)))


def _vlan(row: Row, networks: list[Row] | None) -> str | None:
    """The number, from the network it leads into, or from the row before there were such."""
    uid = _word(row, "networkconf_id")
    known = [one for one in networks or () if uid is not None and _word(one, "_id") == uid]
    for one in known or [row]:
        if one.get("vlan_enabled") is True:
            return _word(one, "vlan")
    return None


def _rows(capture: Capture) -> list[Row]:
    """The rows in the API's envelope.

    Raises NotAnswered where the application says that it does not answer, Incomplete where it
    has more rows than it gave, Unexpected for any other form.
    """
    said = document(capture)
    meta = said.get("meta") if isinstance(said, Mapping) else None
    if not isinstance(meta, Mapping):
        raise Unexpected(f"{who(capture)}: not the form of a UniFi answer")
    if meta.get("rc") != "ok":
        word = str(meta.get("msg"))
        raise NotAnswered(
            f"{who(capture)}: the application answers {shown(word)!r}",
            code="privilege_missing" if word in _DENIED else "ask_refused",
            next_step="check the option `site` and the account's role on that site",
        )
    rows = _listed(capture, said.get("data"))
    count = meta.get("count")
    if isinstance(count, int) and count > len(rows):
        raise Incomplete(f"{who(capture)}: {len(rows)} rows given, the application has {count}")
    return rows


def _bare(capture: Capture) -> list[Row]:
    """The rows as the API's second version gives them, without an envelope."""
    return _listed(capture, document(capture))


def _listed(capture: Capture, rows: object) -> list[Row]:
    if not isinstance(rows, list) or not all(isinstance(one, Mapping) for one in rows):
        raise Unexpected(f"{who(capture)}: not a list of rows")
    return rows


def _optional(
    ask: Ask, rows: Callable[[Capture], list[Row]] = _rows
) -> Generator[Ask, Capture, list[Row] | None]:
    """Rows that can be done without; None where they are not told to this account or release."""
    try:
        return rows((yield ask))
    except NotAnswered:
        return None


def _flag(row: Row, name: str) -> bool | None:
    said = row.get(name)
    return said if isinstance(said, bool) else None


def _word(row: Row, name: str) -> str | None:
    """A text or number as told; None where it is missing or empty."""
    said = row.get(name)
    if isinstance(said, bool) or not isinstance(said, str | int):
        return None
    return str(said) or None
