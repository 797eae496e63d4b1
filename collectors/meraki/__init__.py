"""Cisco Meraki access points by the dashboard API, with the key of a read-only administrator.

A network has 15 slots for SSIDs whether they are used or not: one that nobody named and nobody
switched on is no network. Passphrases come in clear and are replaced before anything here sees
them. One visit reads every wireless network of the organization; each is a unit of its own.

From the published reference; not confirmed on a dashboard of our own: how 6 GHz is told.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

from collectors.meraki._air import heard, served
from collectors.meraki._answer import Row, one, optional, rows, word
from collectors.meraki._ssid import is_empty, network
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import BasicServiceSet, Fact, HardwareItem, SoftwareRelease

VENDOR = "Cisco Meraki"
ALIASES = ("cisco_meraki", "meraki_dashboard")
TRANSPORTS = ("https",)
HTTP_AUTH = "bearer"

Flow = Generator[Ask, Capture, Iterable[Fact]]

_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in ("psk", "passphrase", "secret", "password", "wepKey", "sharedSecret")
)
_HOLES = {
    "network": r"[LN]_[0-9]{1,32}",
    "organization": r"[0-9]{1,32}",
    "number": r"[0-9]{1,2}",
    "serial": r"[A-Z0-9]{4}(?:-[A-Z0-9]{4}){2}",
}
MOST_NETWORKS = 1000


def _get(name: str, path: str) -> Ask:
    return Ask(name, f"GET /api/v1/{path}", "http", secrets=_SECRETS, holes=_HOLES)


ORGANIZATIONS = _get("organizations", "organizations")
NETWORKS = _get("networks", f"organizations/{{organization}}/networks?perPage={MOST_NETWORKS}")
SSIDS = _get("ssids", "networks/{network}/wireless/ssids")
KEYS = _get("identity_psks", "networks/{network}/wireless/ssids/{number}/identityPsks")
OTHERS = _get("air_marshal", "networks/{network}/wireless/airMarshal?timespan=86400")
DEVICES = _get("devices", "networks/{network}/devices")
_STATUSES = "organizations/{organization}/wireless/ssids/statuses/byDevice?perPage=500"
STATUSES = _get("ssid_statuses", _STATUSES)
MORE_STATUSES = _get("more_ssid_statuses", f"{_STATUSES}&startingAfter={{serial}}")


def wireless(device: Device) -> Flow:
    """Every SSID somebody set up, where each is on the air, and what is heard of others.

    Raises Unexpected: no slot is used, or a mode is not known.
    """
    organization, networks = yield from _networks(device)
    found: list[Fact] = []
    for uid, unit in networks.items():
        for row in rows((yield SSIDS(network=uid))):
            if not is_empty(row):
                keys = yield from _keys(uid, row)
                found.append(network(device, unit, row, keys))
    if not found:
        raise Unexpected(
            f"{device.id}: no SSID is set up in any slot of {len(networks)} networks",
            code="result_empty_suspicious",
            next_step="check what the key's administrator may see; an organization without SSIDs "
            "has no `wireless` subject",
        )
    found += yield from _served(organization, networks)
    for uid, unit in networks.items():
        others = yield from optional(OTHERS(network=uid))
        found += heard(unit, rows(others) if others else ())
    return found


def firmware(device: Device) -> Flow:
    """Model, serial number and release of every access point."""
    _, networks = yield from _networks(device)
    found: list[Fact] = []
    for uid in networks:
        for row in rows((yield DEVICES(network=uid))):
            found += _access_point(row)
    if not found:
        raise Unexpected(
            f"{device.id}: no access point in any network",
            code="result_empty_suspicious",
            next_step="check what the key's administrator may see",
        )
    return found


def _networks(device: Device) -> Generator[Ask, Capture, tuple[str, dict[str, str]]]:
    """The organization's id, and its wireless networks: name by id, or only the one that the
    option `network` names. Raises Unexpected, Incomplete."""
    wanted = device.options.get("organization")
    known = [(word(row, "id"), word(row, "name")) for row in rows((yield ORGANIZATIONS))]
    chosen = [uid for uid, name in known if uid and wanted in (None, uid, name)]
    if len(chosen) != 1:
        names = ", ".join(shown(name or "?") for _, name in known)
        raise Unexpected(
            f"{device.id}: the key sees {len(known)} organizations: {names}",
            next_step="name one in the option `organization`",
        )
    answer = yield NETWORKS(organization=chosen[0])
    listed = rows(answer)
    if len(listed) >= MOST_NETWORKS:
        raise Incomplete(f"{device.id}: more than {MOST_NETWORKS} networks: not all were told")
    only = device.options.get("network")
    found: dict[str, str] = {}
    for row in listed:
        uid, name, products = word(row, "id"), word(row, "name"), row.get("productTypes")
        if uid and "wireless" in (products or ()) and only in (None, uid, name):
            found[uid] = name or uid
    if not found:
        raise Unexpected(
            f"{device.id}: the organization has no wireless network that this key may read",
            code="result_empty_suspicious",
            next_step="check the administrator's access, and the option `network` if it is set",
        )
    return chosen[0], found


def _keys(uid: str, row: Row) -> Generator[Ask, Capture, tuple[str, ...] | None]:
    """Names of single users' keys, where the SSID has such; those that RADIUS keeps have none."""
    auth = str(row.get("authMode"))
    if auth == "psk":
        return ()
    if not auth.startswith("ipsk-"):
        return None
    if "without" not in auth:
        return ("kept by RADIUS",)
    told = yield from optional(KEYS(network=uid, number=str(row.get("number"))))
    return tuple(word(one, "name") or "?" for one in rows(told)) if told else None


def _served(
    organization: str, networks: Mapping[str, str]
) -> Generator[Ask, Capture, list[BasicServiceSet]]:
    """Which access point sends what; nothing where the key may not read it."""
    found: list[BasicServiceSet] = []
    ask = STATUSES(organization=organization)
    while True:
        told = yield from optional(ask)
        if told is None:
            return found
        page = one(told)
        items = page.get("items")
        listed = items if isinstance(items, list) else []
        for row in listed:
            of = row.get("network") if isinstance(row, Mapping) else None
            unit = networks.get(str(of.get("id"))) if isinstance(of, Mapping) else None
            if unit is not None:
                found += served(unit, row)
        last = word(listed[-1], "serial") if listed and isinstance(listed[-1], Mapping) else None
        if not _remaining(page) or last is None:
            return found
        ask = MORE_STATUSES(organization=organization, serial=last)


def _remaining(page: Row) -> int:
    """How many access points the pages after this one hold."""
    said: Any = page
    for name in ("meta", "counts", "items", "remaining"):
        said = said.get(name) if isinstance(said, Mapping) else None
    return said if isinstance(said, int) else 0


def _access_point(row: Row) -> Iterator[Fact]:
    model, name = word(row, "model"), word(row, "name") or word(row, "serial")
    if not re.match("MR|CW", model or ""):
        return
    yield HardwareItem(
        subject_unit=name,
        vendor=VENDOR,
        model=model,
        serial=word(row, "serial"),
        part="access point",
    )
    if version := word(row, "firmware"):
        yield SoftwareRelease(
            subject_unit=name, vendor=VENDOR, product="meraki-wireless", version=version
        )
