"""UniFi Network on a UniFi OS console, by the classic HTTPS API with a view-only account.

A wireless network is one row, with its passphrase in clear: it is replaced before anything here
sees it. The row says which groups of access points carry it; the networks' list says its VLAN.
The application's own settings hold passwords too (a single sign-on secret, keys of adoption).

From public client libraries; not confirmed on a console of our own: what the rows hold in each
release, and which secrets a view-only account is told.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from collectors.unifi._air import heard, served
from collectors.unifi._answer import Row, bare, optional, rows, word
from collectors.unifi._wlan import network
from evidence.ask import Ask, HttpSession, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import Fact, HardwareItem, SoftwareRelease

VENDOR = "Ubiquiti"
ALIASES = ("unifi_network", "ubiquiti_unifi")
TRANSPORTS = ("https",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

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
ROGUES = _get("rogue_access_points", "api/s/{site}/stat/rogueap")
SYSTEM = _get("system", "api/s/{site}/stat/sysinfo")


def wireless(device: Device) -> Flow:
    """Every wireless network of the site, switched on or not, where each is on the air, and what
    the access points hear of others. Raises Unexpected: none is told."""
    site = device.options.get("site", "default")
    told = rows((yield WLANS(site=site)))
    groups = yield from optional(GROUPS(site=site), bare)
    networks = yield from optional(NETWORKS(site=site))
    if not told:
        raise Unexpected(
            f"{device.id}: no wireless network on site {site}",
            code="result_empty_suspicious",
            next_step="name the right site in the option `site` (it is in the address of the "
            "console's pages); a site without wireless has no `wireless` subject",
        )
    configured = [network(device, row, groups, networks) for row in told]
    adopted = yield from optional(DEVICES(site=site))
    rogues = yield from optional(ROGUES(site=site))
    return [*configured, *served(adopted or ()), *heard(rogues or ())]


def firmware(device: Device) -> Flow:
    """The application's release; model, serial and firmware of every device the site adopted."""
    site = device.options.get("site", "default")
    (system, *_) = rows((yield SYSTEM(site=site))) or [{}]
    version = word(system, "version")
    if version is None:
        raise Unexpected(f"{device.id}: the system information names no version")
    adopted = yield from optional(DEVICES(site=site))
    application = SoftwareRelease(
        vendor=VENDOR,
        product="unifi-network",
        name="UniFi Network",
        version=version,
        build=word(system, "build"),
        part="controller",
    )
    return [application, *(fact for row in adopted or () for fact in _adopted(row))]


def _adopted(row: Row) -> Iterator[Fact]:
    name = word(row, "name") or word(row, "mac")
    part = "access point" if row.get("type") == "uap" else "chassis"
    model, serial = word(row, "model"), word(row, "serial")
    yield HardwareItem(subject_unit=name, vendor=VENDOR, model=model, serial=serial, part=part)
    if version := word(row, "version"):
        yield SoftwareRelease(
            subject_unit=name, vendor=VENDOR, product="unifi-firmware", version=version
        )
