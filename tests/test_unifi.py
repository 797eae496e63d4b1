"""UniFi: passphrases come in clear and go no further; what a row does not say never passes."""

from __future__ import annotations

import json

import pytest

from agent.redact import MARK, SiteKey, redact
from checks.wireless_is_strong import WORTH, traits
from collectors import unifi
from evidence.facts import WirelessNetwork
from tests.by_hand import read

ROW = {
    "name": "KY-Office",
    "enabled": True,
    "security": "wpapsk",
    "wpa_mode": "wpa2",
    "wpa_enc": "ccmp",
    "pmf_mode": "optional",
    "x_passphrase": "canary one",
}


def networks(*rows: dict[str, object]) -> tuple[WirelessNetwork, ...]:
    body = json.dumps({"meta": {"rc": "ok"}, "data": rows}).encode()
    reading = read("unifi", "wireless", ("/api/s/default/rest/wlanconf", body))
    assert reading.failure is None, reading.failure
    return tuple(reading.of(WirelessNetwork))


@pytest.mark.parametrize(
    "row",
    [
        {"x_passphrase": "canary"},
        {"x_wep": "canary"},
        {"sae_psk": [{"psk": "canary", "mac": ""}]},
        {"private_preshared_keys": [{"networkconf_id": "n1", "password": "canary"}]},
        {"x_iapp_key": "canary"},
        {"x_wireguard_private_key": "canary"},
        {"sso_app_sec": "canary"},
        {"x_authkey": "canary"},
    ],
    ids=lambda row: next(iter(row)),
)
@pytest.mark.parametrize(
    "ask", [unifi.WLANS, unifi.NETWORKS, unifi.DEVICES, unifi.SYSTEM], ids=lambda ask: ask.name
)
def test_no_secret_of_a_row_reaches_a_capture(ask: object, row: dict[str, object]) -> None:
    assert isinstance(ask, type(unifi.WLANS))
    body = json.dumps({"meta": {"rc": "ok"}, "data": [row]}).encode()
    found = redact(ask, body, SiteKey(b"k" * 32))
    assert b"canary" not in found and MARK.encode() in found


def test_the_same_passphrase_on_two_networks_is_visible_as_the_same() -> None:
    one, same, other = networks(ROW, ROW, ROW | {"x_passphrase": "canary two"})
    assert one.passphrase_digest == same.passphrase_digest != other.passphrase_digest
    assert (one.passphrase_digest or "").startswith(MARK)


@pytest.mark.parametrize("missing", ["pmf_mode", "wpa_enc"])
def test_what_a_row_does_not_say_is_not_assessed(missing: str) -> None:
    (one,) = networks({name: value for name, value in ROW.items() if name != missing})
    assert {WORTH[name] for name in traits(one)} == {"not_assessed"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ("strong",)),
        ({"wpa_mode": "auto"}, ("wpa1",)),
        ({"wpa_enc": "auto"}, ("tkip",)),
        ({"wpa3_support": True, "wpa3_transition": True}, ("sae_transition",)),
        ({"wpa3_support": True, "wpa3_transition": False, "wpa_enc": "auto"}, ("strong",)),
        ({"security": "open"}, ("open",)),
        ({"security": "wep"}, ("wep",)),
        ({"security": "wpaeap", "pmf_mode": "disabled"}, ("eap_without_pmf",)),
    ],
)
def test_the_effective_posture_of_a_row(row: dict[str, object], expected: tuple[str, ...]) -> None:
    (one,) = networks(ROW | row)
    assert traits(one) == expected
