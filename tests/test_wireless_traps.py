"""What is easily read wrong about a wireless network, platform by platform, each as a claim."""

from __future__ import annotations

import json

import pytest

from agent.platforms import platforms
from checks import wireless_agrees_with_air
from checks.wireless_is_strong import traits
from collectors._aruba import opmode
from evidence.facts import AirObservation, WirelessNetwork
from evidence.tape import read_tape
from tests.by_hand import read
from tests.judging import seen
from tests.test_cases import CASES, read_case


def network(case: str, ssid: str) -> WirelessNetwork:
    """The one network of that name in a case."""
    reading = read_case(read_tape(CASES / f"{case}.tape"), "wireless")
    assert reading.failure is None, reading.failure
    (one,) = (fact for fact in reading.of(WirelessNetwork) if fact.ssid == ssid)
    return one


@pytest.mark.parametrize(
    ("case", "ssid", "found"),
    [
        # `wpa-personal` of FortiOS is WPA and WPA2 mixed.
        ("fortios/wireless.controller", "KY-Office", {"wpa1", "tkip"}),
        # A portal before a passphrase takes nothing off the passphrase's cipher.
        ("fortios/wireless.access_points", "KY-Lobby", {"tkip"}),
        # OWE's transition has an open twin.
        ("fortios/wireless.access_points", "KY-Guest", {"owe", "owe_transition"}),
        # SAE by the older way alone: a note.
        ("fortios/wireless.access_points", "KY-SAE", {"sae_hunting_and_pecking"}),
        # `wpa3-sae-aes` of Aruba lets WPA2 in beside it unless the transition is off.
        ("arubaos/wireless.eight_networks", "KY-SAE", {"sae_transition"}),
        ("arubaos/wireless.eight_networks", "KY-SAE-Only", {"strong"}),
        ("aruba_instant/wireless.seven_networks", "KY-SAE", {"sae_transition"}),
        # Several words in one profile: the weakest counts.
        ("arubaos/wireless.eight_networks", "KY-Old", {"wpa1", "tkip"}),
        # `WPA_Mixed` of SmartZone is WPA and WPA2; a type decides between RADIUS and passphrase.
        ("smartzone/wireless.nine_networks", "KY-Old", {"wpa1", "tkip"}),
        ("smartzone/wireless.nine_networks", "KY-Staff", {"strong"}),
        # `WPA1 and WPA2` of Meraki brings TKIP along.
        ("meraki/wireless.fifteen_slots", "KY-Warehouse", {"wpa1", "tkip"}),
        # A slot under its factory name that is on is an open network on the air.
        ("meraki/wireless.fifteen_slots", "Unconfigured SSID 7", {"open"}),
        # No key management is an open network; a passphrase alone turns WPA2 on.
        ("mikrotik/wireless.older", "KY-CAP-Open", {"open"}),
        ("mikrotik/wireless.wifi_command_line", "KY-Bare", {"wps"}),
        # Static keys are WEP, and a group cipher TKIP is TKIP whatever the pairwise ones are.
        ("mikrotik/wireless.older", "KY-WEP", {"wep"}),
        ("mikrotik/wireless.older", "KY-Legacy", {"wpa1", "tkip", "wps"}),
        # The older package's default profile is open.
        ("mikrotik/wireless.older", "KY-Default", {"open"}),
        # Key management without a version takes both; `optional` lets anybody in.
        ("aironet/wireless.seven_networks", "KY-Both", {"wpa1"}),
        ("aironet/wireless.seven_networks", "KY-Lax", {"open"}),
        ("aironet/wireless.seven_networks", "KY-WEP", {"wep"}),
        ("aironet/wireless.seven_networks", "KY-Office", {"tkip"}),
        # UniFi's cipher `auto` and mode `auto` are the weaker of both.
        ("unifi/wireless.on_the_air", "KY-Guest", {"open"}),
        # The official API names no cipher of WPA2: unknown, and no pass.
        ("unifi_api/wireless.five_networks", "KY-Printers", {"psk_without_pmf", "cipher_unknown"}),
    ],
)
def test_what_a_client_may_choose_counts(case: str, ssid: str, found: set[str]) -> None:
    assert set(traits(network(case, ssid))) == found


@pytest.mark.parametrize(
    ("case", "ssid", "bound_to"),
    [
        # A radio that takes all tunnelled SSIDs names none of them.
        ("fortios/wireless.access_points", "KY-Printers", ("FP231FTF20000002",)),
        # A group of SSIDs stands for its members.
        ("fortios/wireless.access_points", "KY-Pool", ("FP231FTF20000002",)),
        # A profile that no access point has, and a radio that only listens, carry nothing.
        ("fortios/wireless.access_points", "KY-Old", ()),
        # A slot that is off is on no access point, whatever its availability says.
        ("meraki/wireless.fifteen_slots", "KY-Legacy", ()),
        ("meraki/wireless.fifteen_slots", "KY-Warehouse", ("tag warehouse",)),
        # A WLAN in no group, and a configuration that no interface uses.
        ("smartzone/wireless.nine_networks", "KY-EAP", ()),
        ("mikrotik/wireless.wifi_command_line", "KY-Old", ()),
        # What no row of the BSS table sends.
        ("arubaos/wireless.eight_networks", "KY-SAE", ()),
    ],
)
def test_where_a_network_is_carried(case: str, ssid: str, bound_to: tuple[str, ...]) -> None:
    assert network(case, ssid).bound_to == bound_to


@pytest.mark.parametrize(
    ("case", "one", "other", "same"),
    [
        ("meraki/wireless.fifteen_slots", "KY-Office", "KY-Warehouse", True),
        ("meraki/wireless.fifteen_slots", "KY-Office", "KY-Trade", False),
        ("smartzone/wireless.nine_networks", "KY-Office", "KY-Old", True),
        ("smartzone/wireless.nine_networks", "KY-Office", "KY-SAE", False),
        ("unifi_api/wireless.five_networks", "KY-Office", "KY-Old", True),
    ],
)
def test_the_same_passphrase_is_seen_as_the_same(
    case: str, one: str, other: str, same: bool
) -> None:
    first, second = (network(case, ssid).passphrase_digest for ssid in (one, other))
    assert first and second and first.startswith("redacted:")
    assert (first == second) is same


def test_keys_of_single_users_leave_the_networks_own_passphrase_out() -> None:
    for case, ssid in (
        ("unifi/wireless.on_the_air", "KY-Office"),
        ("unifi_api/wireless.five_networks", "KY-Printers"),
        ("smartzone/wireless.nine_networks", "KY-Machines"),
    ):
        one = network(case, ssid)
        assert one.user_keys and one.passphrase_digest is None


def test_a_masked_passphrase_is_none() -> None:
    """Eight asterisks are the same for every network, and no passphrase."""
    for ssid in ("KY-Old", "KY-SAE"):
        assert network("arubaos/wireless.eight_networks", ssid).passphrase_digest is None


def test_nothing_is_asked_that_shows_passphrases() -> None:
    for one in platforms().values():
        for ask in one.all_asks:
            assert "encrypt disable" not in ask.text and "no-encrypt" not in ask.text
            assert "show-sensitive" not in ask.text


def test_a_foreign_access_point_on_our_cables_is_told_by_those_who_see_it() -> None:
    for case in ("fortios/wireless.access_points", "meraki/wireless.fifteen_slots"):
        reading = read_case(read_tape(CASES / f"{case}.tape"), "wireless")
        assert [one.ssid for one in reading.of(AirObservation) if one.on_wire] == ["KY-Staff"]


@pytest.mark.parametrize(
    ("case", "name", "stranger"),
    [
        ("aireos/wireless.on_the_air", "KY-Staff", "00:0b:85:01:30:3f"),
        ("c9800/wireless.on_the_air", "KY-Staff", "00:2c:c8:c1:09:6d"),
        ("arubaos/wireless.monitored", "KY Office", "f0:5c:19:99:00:01"),
        ("fortios/wireless.own_addresses", "KY-Staff", "ac:84:c6:00:00:11"),
        ("meraki/wireless.fifteen_slots", "KY-Staff", "ac:84:c6:00:00:11"),
        ("unifi/wireless.on_the_air", "KY-Office", "ac:84:c6:00:00:11"),
        ("aruba_instant/wireless.on_the_air", "KY-Staff", "d8:c7:c8:3d:42:12"),
        ("smartzone/wireless.on_the_air", "KY-Staff", "de:ad:be:ef:00:01"),
    ],
)
def test_a_stranger_under_our_name_is_found_by_the_controller_alone(
    case: str, name: str, stranger: str
) -> None:
    """Its own list of addresses beside what its access points hear: no capture is needed."""
    reading = read_case(read_tape(CASES / f"{case}.tape"), "wireless")
    strangers = {
        one.measures["bssid"]
        for one in wireless_agrees_with_air.check(seen(reading))
        if one.state == "unknown_access_point" and one.measures["ssid"] == name
    }
    assert strangers == {stranger}


@pytest.mark.parametrize(
    "case",
    [
        "aireos/wireless.one_access_point_untold",
        "fortios/wireless.address_missing",
    ],
)
def test_a_controller_that_leaves_addresses_out_accuses_nobody(case: str) -> None:
    reading = read_case(read_tape(CASES / f"{case}.tape"), "wireless")
    states = {one.state for one in wireless_agrees_with_air.check(seen(reading))}
    assert "unknown_access_point" not in states


def test_keys_of_single_users_that_are_switched_off_are_kept_in_a_row_of_unifi() -> None:
    row = {
        **{"_id": "1", "name": "KY-Office", "enabled": True, "security": "wpapsk"},
        **{"wpa_mode": "wpa2", "wpa_enc": "ccmp", "pmf_mode": "optional"},
        **{"x_passphrase": "canary-word-1", "private_preshared_keys_enabled": False},
        "private_preshared_keys": [{"password": "canary-word-2", "networkconf_id": "n"}],
    }
    path = "GET /proxy/network/api/s/default/rest/wlanconf"
    body = json.dumps({"meta": {"rc": "ok"}, "data": [row]}).encode()
    (one,) = read("unifi", "wireless", (path, body)).of(WirelessNetwork)
    assert one.user_keys == () and one.passphrase_digest


def test_frame_protection_beside_tkip_is_set_for_nothing_on_a_smartzone() -> None:
    tape = read_tape(CASES / "smartzone" / "wireless.nine_networks.tape")
    answers = [
        (one.ask, one.body.replace(b'"WPA_Mixed"', b'"WPA_Mixed", "mfp": "required"'))
        for one in tape.answers
    ]
    found = read("smartzone", "wireless", *answers).of(WirelessNetwork)
    assert {one.pmf for one in found if "wpa" in one.versions} == {"disabled"}


@pytest.mark.parametrize(
    ("said", "akm", "pmf", "transition"),
    [
        ({"security": "wpa3-sae", "akm24-only": "enable"}, ("sae-ext-key",), "required", None),
        (
            {"security": "wpa3-sae", "additional-akms": "akm24"},
            ("sae", "sae-ext-key"),
            "required",
            None,
        ),
        # A transition offers protection of frames, whatever the setting says.
        ({"security": "wpa3-sae-transition"}, ("psk", "sae"), "optional", "sae"),
        ({"security": "wpa-personal+captive-portal"}, ("psk",), "disabled", None),
    ],
)
def test_what_settings_of_a_fortigate_offer(
    said: dict[str, str], akm: tuple[str, ...], pmf: str, transition: str | None
) -> None:
    row = {"name": "v", "ssid": "KY", "pmf": "disable", "encrypt": "AES", **said}
    answer = {
        **{"http_method": "GET", "results": [row], "vdom": "root", "status": "success"},
        **{"http_status": 200, "serial": "FGT", "version": "v7.6.2", "build": 3462},
    }
    path = "GET /api/v2/cmdb/wireless-controller/vap?vdom=*"
    reading = read("fortios", "wireless", (path, json.dumps([answer]).encode()))
    (one,) = reading.of(WirelessNetwork)
    assert (one.akm, one.pmf, one.transition) == (akm, pmf, transition)


@pytest.mark.parametrize("word", ["wpa3-sae-aes", "enhanced-open"])
def test_a_profile_of_aruba_that_says_nothing_of_the_transition_has_it(word: str) -> None:
    told = {
        said: opmode.read([word], "x", transition=said, fast=False).transition
        for said in (None, True, False)
    }
    assert told[None] == told[True] is not None
    assert told[False] is None
