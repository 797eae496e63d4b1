"""UniFi: passphrases come in clear and go no further; what a row does not say never passes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from agent.platforms import platform
from agent.redact import MARK, SiteKey, redact
from agent.transports.https import open_https
from agent.visit import Visitor
from checks.wireless_is_strong import WORTH, traits
from collectors import unifi
from evidence.device import Device
from evidence.facts import WirelessNetwork, to_record
from evidence.tape import read_tape
from lab.devices.https import LabHttps, LabLogin
from tests import toy
from tests.by_hand import read
from tests.test_cases import CASES

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


def test_over_https_one_log_in_and_then_nothing_but_get() -> None:
    path = CASES / "unifi" / "wireless.ten_networks.tape"
    sent = json.dumps(
        {"username": toy.ACCOUNT.username, "password": toy.PASSWORD}, separators=(",", ":")
    )
    login = LabLogin(
        f"POST /api/auth/login {sent}", headers={"Set-Cookie": "TOKEN=canary-session; Path=/"}
    )
    with LabHttps(read_tape(path), "TOKEN=canary-session", "Cookie", login=login) as lab:
        device = Device(
            id="lab",
            platform="unifi",
            address="127.0.0.1",
            port=lab.port,
            options={"tls_fingerprint": lab.fingerprint},
        )
        one = platform("unifi")
        visit = Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_https(device, toy.CREDENTIAL, one),
            clock=lambda: datetime.now(UTC),
            key=SiteKey(b"the key of the test cases"),
        ).visit(["wireless"])
        heard = list(lab.lines)
    (reading,) = visit.readings
    assert reading.failure is None, reading.failure
    expected = json.loads(path.with_suffix(".facts.json").read_text("utf-8"))
    assert [to_record(fact) for fact in reading.facts] == expected
    assert heard[0].startswith("POST /api/auth/login ") and len(heard) == 6
    assert all(line.startswith("GET /proxy/network/") for line in heard[1:])
    assert not any(b"canary" in body for body in visit.captures.values())
