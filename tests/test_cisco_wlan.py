"""WLANs of Cisco's controllers: a label counts by where it stands; what is missing never passes."""

from __future__ import annotations

import pytest

from checks.wireless_is_strong import traits
from evidence.errors import Incomplete
from evidence.facts import WirelessNetwork
from evidence.tape import read_tape
from tests.by_hand import read
from tests.test_cases import CASES, read_case

TAPE = CASES / "c9800" / "wireless.eight_networks.tape"
WLANS = next(one.body for one in read_tape(TAPE).answers if one.ask == "show wlan all")


def networks(body: bytes) -> dict[str, WirelessNetwork]:
    reading = read("c9800", "wireless", ("show wlan all", body))
    assert reading.failure is None, reading.failure
    return {one.profile or "": one for one in reading.of(WirelessNetwork)}


def test_each_network_is_judged_by_what_a_client_could_negotiate() -> None:
    found = read_case(read_tape(TAPE), "wireless").of(WirelessNetwork)
    assert {one.profile: traits(one) for one in found} == {
        "ky-staff": ("strong",),
        "ky-office": ("sae_transition",),
        "ky-old": ("wpa1", "tkip"),
        "ky guest": ("open_portal",),
        "ky-scan": ("wep",),
        "ky-cafe": ("owe", "owe_transition"),
        "ky-vault": ("strong",),
        "ky-corp": ("eap_without_pmf",),
    }


def test_the_older_controllers_labels_are_told_apart_by_where_they_stand() -> None:
    tape = CASES / "aireos" / "wireless.six_networks.tape"
    found = read_case(read_tape(tape), "wireless").of(WirelessNetwork)
    assert {one.ssid: traits(one) for one in found} == {
        "KY-Staff": ("strong",),
        "KY-Office": ("tkip",),
        "KY-Old": ("wpa1", "tkip"),
        "KY-Guest": ("open_portal",),
        "KY-Scan": ("wep",),
        "KY-Dynamic": ("wep",),
    }


def test_a_cipher_of_a_version_that_is_off_does_not_count() -> None:
    off = WLANS.replace(
        b"WPA (SSN IE)                           : Enabled", b"WPA (SSN IE) : Disabled"
    )
    assert networks(off)["ky-old"].pairwise == ("ccmp",)


def test_a_heading_far_to_the_right_still_heads_what_stands_below_it() -> None:
    far = WLANS.replace(b"        Auth Key Management", b" " * 63 + b"Auth Key Management")
    assert networks(far) == networks(WLANS)


def test_a_network_without_a_cipher_that_is_known_does_not_pass() -> None:
    none = WLANS.replace(b"AES Cipher                         : Enabled", b"AES Cipher : Disabled")
    assert traits(networks(none)["ky-corp"])[-1] == "cipher_unknown"


@pytest.mark.parametrize(
    "label",
    [
        b"    PMF Support",
        b"    Web Based Authentication",
        b"Status",
        b"Network Name (SSID)",
        b"    Static WEP Keys",
        b"    Wi-Fi Protected Access",
        b"        Auth Key Management",
    ],
)
def test_a_line_that_is_missing_fails_the_reading(label: bytes) -> None:
    kept = [line for line in WLANS.splitlines(keepends=True) if not line.startswith(label)]
    reading = read("c9800", "wireless", ("show wlan all", b"".join(kept)))
    assert reading.failure is not None, label
    assert reading.failure.code == Incomplete.code
