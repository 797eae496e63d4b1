"""The checks of releases, wireless networks, remote desktops, and of the readings themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from agent.catalogue import load_catalogue
from checks import (
    reading_is_fresh,
    release_is_supported,
    wireless_is_strong,
)
from evidence.facts import (
    HardwareItem,
    SoftwareRelease,
    WirelessNetwork,
)
from evidence.observation import Observation, Result
from tests.judging import AT, catalogue, company, failed, read, seen

# --- release_is_supported ---


def releases(*facts: Any, dated: date = date(2026, 11, 23)) -> list[Observation]:
    readings = seen(read("sw-01", "firmware", *facts), catalogue=catalogue(dated))
    return list(release_is_supported.check(readings, **company().checks["release_is_supported"]))


@pytest.mark.parametrize(
    ("product", "version", "state", "result"),
    [
        ("ios", "15.2(7)E3", "support_ended", Result.not_satisfied),
        ("fortios", "7.0.12", "support_ended", Result.not_satisfied),
        ("gaia", "R81.20", "support_ends_soon", Result.partly),
        ("fortios", "7.4.3", "supported", Result.satisfied),
        ("ftd", "7.2.5", "no_date_published", Result.not_assessed),
        ("asa", "9.16(4)57", "unknown_version", Result.not_assessed),
        ("debian", "12", "unknown_version", Result.not_assessed),
        (None, "1.0", "unknown_version", Result.not_assessed),
        ("ios", None, "unknown_version", Result.not_assessed),
    ],
)
def test_software(product: str | None, version: str | None, state: str, result: Result) -> None:
    [found] = releases(SoftwareRelease(product=product, version=version))
    assert (found.state, found.result) == (state, result)


def test_the_end_of_support_names_day_source_and_confidence() -> None:
    [found] = releases(SoftwareRelease(product="fortios", version="7.0.12"))
    assert found.measures["expired_on"] == "2025-09-30"
    assert found.measures["source_url"] == "https://endoflife.date/fortios"
    assert "待向原廠確認" in found.description.zh


def test_an_end_whose_day_nobody_tells_is_said_to_be_one() -> None:
    junos = SoftwareRelease(product="junos", version="20.4R3-S5.4")
    readings = seen(read("sw-01", "firmware", junos), catalogue=load_catalogue(date.max))
    [found] = release_is_supported.check(readings)
    assert (found.state, found.result) == ("support_ended", Result.not_satisfied)
    assert "had ended by 2026-11-27; on which day is not told" in found.description.en
    assert "確切日期未載明" in found.description.zh


def test_a_paid_extension_needs_proof() -> None:
    server = SoftwareRelease(
        product="windows-server", version="6.3.9600", name="Windows Server 2012 R2"
    )
    [found] = releases(server)
    assert (found.state, found.measures["expired_on"]) == ("support_ended", "2023-10-10")


def test_hardware_and_software_are_answers_of_their_own() -> None:
    found = releases(
        SoftwareRelease(product="fortios", version="7.4.3"),
        HardwareItem(vendor="Fortinet", model="FortiGate-300E", serial="FG3"),
        HardwareItem(vendor="Fortinet", model="FortiGate-60F", part="stack member", position="2"),
        HardwareItem(vendor="Fortinet", model="PSU", part="power supply"),
        HardwareItem(vendor="Fortinet", model="FortiGate-VM64", virtual=True),
        HardwareItem(vendor="Fortinet", model=None, position="3"),
    )
    assert [(one.subject, one.state) for one in found] == [
        ("sw-01/software fortios", "supported"),
        ("sw-01/hardware FG3", "support_ended"),
        ("sw-01/hardware 2", "unknown_model"),
        ("sw-01/hardware 3", "unknown_model"),
    ]


def test_a_peer_that_is_only_named_is_judged_where_it_is_read() -> None:
    own = HardwareItem(vendor="Fortinet", model="FortiGate-100F", serial="FG1")
    peer = HardwareItem(subject_unit="FG2", vendor="Fortinet", serial="FG2")
    other = HardwareItem(vendor="Fortinet", model="FortiGate-100F", serial="FG2")

    def hardware(*facts: tuple[str, HardwareItem]) -> list[tuple[str, str]]:
        by_device: dict[str, list[HardwareItem]] = {}
        for name, fact in facts:
            by_device.setdefault(name, []).append(fact)
        told = [read(name, "firmware", *some) for name, some in by_device.items()]
        found = release_is_supported.check(seen(*told, catalogue=catalogue()))
        return [(one.subject, one.state) for one in found if "/hardware" in one.subject]

    assert hardware(("a", own), ("a", peer)) == [
        ("a/hardware FG1", "supported"),
        ("a/FG2/hardware FG2", "unknown_model"),
    ]
    assert hardware(("a", own), ("a", peer), ("b", other)) == [
        ("a/hardware FG1", "supported"),
        ("b/hardware FG2", "supported"),
    ]


def test_a_device_that_tells_no_version_is_not_assessed() -> None:
    software, hardware = releases(HardwareItem(vendor="Palo Alto Networks", model="PA-850"))
    assert (software.state, hardware.state) == ("unknown_version", "supported")


def test_a_stale_catalogue_is_no_pass() -> None:
    found = releases(SoftwareRelease(product="fortios", version="7.4.3"), dated=date(2026, 6, 1))
    assert {(one.state, one.result) for one in found} == {("catalogue_stale", Result.not_assessed)}


def test_a_stale_catalogue_is_a_finding_of_its_own_beside_what_has_ended() -> None:
    ended = SoftwareRelease(product="fortios", version="7.0.12")
    [_, own] = releases(ended, dated=date(2026, 8, 31))
    assert (own.subject, own.state, own.measures["age_days"]) == (
        "lifecycle catalogue",
        "catalogue_stale",
        91,
    )
    assert "逾所定 90 日" in own.description.zh
    assert [one.state for one in releases(ended, dated=date(2026, 9, 1))] == ["support_ended"]


def test_without_a_catalogue_nothing_is_assessed() -> None:
    readings = seen(read("sw-01", "firmware", SoftwareRelease(product="ios", version="15.2(7)E3")))
    assert [one.result for one in release_is_supported.check(readings)] == [Result.not_assessed]


# --- wireless_is_strong ---

WPA2: dict[str, Any] = {
    "versions": ("rsn",),
    "akm": ("psk",),
    "pairwise": ("ccmp",),
    "group": "ccmp",
    "pmf": "required",
    "wps": False,
}


def wireless(**said: Any) -> Observation:
    network = WirelessNetwork(ssid="office", **{**WPA2, **said})
    settings = {**company().settings("wireless_is_strong"), "guest_ssids": ["guest"]}
    [found] = wireless_is_strong.check(seen(read("ap-01", "wireless", network)), **settings)
    return found


def test_wpa2_with_frame_protection_is_strong() -> None:
    found = wireless()
    assert (found.result, found.measures["traits"]) == (Result.satisfied, ["strong"])


@pytest.mark.parametrize(
    ("said", "traits", "result"),
    [
        (
            {"akm": ("open",), "pairwise": (), "group": None, "versions": ()},
            ["open"],
            "not_satisfied",
        ),
        (
            {"akm": (), "pairwise": (), "group": None, "versions": ()},
            ["akm_unknown"],
            "not_assessed",
        ),
        (
            {"akm": ("open",), "pairwise": (), "group": None, "versions": (), "portal": True},
            ["open_portal"],
            "not_satisfied",
        ),
        ({"akm": (), "pairwise": ("wep",), "group": "wep"}, ["wep"], "not_satisfied"),
        ({"pairwise": ("wep-104",)}, ["wep"], "not_satisfied"),
        ({"versions": ("wpa", "rsn")}, ["wpa1"], "not_satisfied"),
        ({"pairwise": ("ccmp", "tkip")}, ["tkip"], "not_satisfied"),
        ({"group": "tkip"}, ["tkip"], "not_satisfied"),
        ({"versions": ("wpa",), "pairwise": ("tkip",)}, ["wpa1", "tkip"], "not_satisfied"),
        ({"wps": True}, ["wps"], "not_satisfied"),
        ({"pmf": "disabled"}, ["psk_without_pmf"], "partly_satisfied"),
        ({"pmf": "disabled", "akm": ("802.1x",)}, ["eap_without_pmf"], "partly_satisfied"),
        ({"pmf": "disabled", "akm": ("ft-psk",)}, ["psk_without_pmf"], "partly_satisfied"),
        ({"pmf": "optional"}, ["strong"], "satisfied"),
        ({"pmf": None}, ["pmf_unknown"], "not_assessed"),
        ({"akm": ("sae", "psk"), "pmf": "optional"}, ["sae_transition"], "partly_satisfied"),
        ({"akm": ("sae",)}, ["strong"], "satisfied"),
        ({"akm": ("sae",), "pmf": "disabled"}, ["sae_without_pmf"], "partly_satisfied"),
        ({"akm": ("802.1x-sha256",), "pairwise": ("gcmp-256",)}, ["strong"], "satisfied"),
        ({"akm": ("sae",), "pmf": "optional"}, ["sae_without_pmf"], "partly_satisfied"),
        (
            {"akm": ("sae",), "sae_pwe": "hunting-and-pecking"},
            ["sae_hunting_and_pecking"],
            "satisfied",
        ),
        ({"akm": ("osen",)}, ["osen"], "not_satisfied"),
        ({"akm": ("akm 99",)}, ["akm_unknown"], "not_assessed"),
        ({"pairwise": ("suite 48",), "group": None}, ["cipher_unknown"], "not_assessed"),
        ({"akm": ("owe",)}, ["owe"], "not_satisfied"),
        ({"akm": ("owe",), "transition": "owe"}, ["owe", "owe_transition"], "not_satisfied"),
        ({"pairwise": (), "group": None}, ["cipher_unknown"], "not_assessed"),
    ],
)
def test_what_a_network_is_worth(said: dict[str, Any], traits: list[str], result: str) -> None:
    found = wireless(**said)
    assert (found.measures["traits"], found.result.value) == (traits, result)


def test_every_trait_is_worth_something_by_the_policy() -> None:
    named = set(company().settings("wireless_is_strong")["worth"])
    assert set(wireless_is_strong.WORTH) == set(wireless_is_strong.TRAITS)
    assert named <= set(wireless_is_strong.TRAITS)


def test_a_guest_network_is_judged_as_one() -> None:
    network = WirelessNetwork(ssid="guest", **{**WPA2, "akm": ("owe",)})
    readings = seen(read("ap-01", "wireless", network))
    settings = {**company().settings("wireless_is_strong"), "guest_ssids": ["guest"]}
    [found] = wireless_is_strong.check(readings, **settings)
    assert (found.result, found.scope) == (Result.satisfied, ("site:main", "about:guest"))


@pytest.mark.parametrize(
    ("bound_to", "state"), [((), "switched_off"), (None, "switched_off"), (("group-1",), "weak")]
)
def test_a_weak_network_that_is_switched_off(bound_to: tuple[str, ...] | None, state: str) -> None:
    assert wireless(enabled=False, group="tkip", bound_to=bound_to).state == state


def test_a_weak_profile_that_no_access_point_carries_is_a_note() -> None:
    found = wireless(enabled=True, group="tkip", bound_to=())
    assert (found.state, found.result) == ("on_no_access_point", Result.not_applicable)
    assert wireless(enabled=True, group="tkip", bound_to=None).state == "weak"


# --- reading_is_fresh ---


def test_each_device_and_subject_is_answered() -> None:
    day = timedelta(days=1)
    readings = seen(
        read("fresh", "firewall", at=AT - day),
        read("old", "firewall", at=AT - 3 * day),
        read("then", "firewall", at=AT - day),
        failed("then", "firewall", "device_unreachable"),
        failed("never", "firewall", "auth_failed"),
        read("switch", "firmware", at=AT - 3 * day),
        subjects={"silent": ("firewall",)},
    )
    found = list(reading_is_fresh.check(readings, days={"firewall": 2, "firmware": 35}))
    answers = {one.device: (one.state, one.result, one.measures["code"]) for one in found}
    assert answers == {
        "fresh": ("fresh", Result.satisfied, None),
        "old": ("stale", Result.not_assessed, None),
        "then": ("last_visit_failed", Result.satisfied, "device_unreachable"),
        "never": ("not_read", Result.not_assessed, "auth_failed"),
        "switch": ("fresh", Result.satisfied, None),
        "silent": ("not_read", Result.not_assessed, None),
    }


@pytest.mark.parametrize(
    "check",
    [
        release_is_supported.check,
        wireless_is_strong.check,
    ],
)
def test_a_device_that_failed_is_a_record_with_its_code(check: Any) -> None:
    subjects = ("firmware", "wireless", "remote_desktop")
    readings = seen(*(failed("x-01", subject, "auth_failed") for subject in subjects))
    [found] = check(readings)
    assert (found.state, found.result) == ("not_read", Result.not_assessed)
    assert found.measures["code"] == "auth_failed"
