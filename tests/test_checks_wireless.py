"""The checks of wireless beside its strength: the air, the users, the keys, the guests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from checks import (
    guest_is_separated,
    wireless_agrees_with_air,
    wireless_is_strong,
    wireless_key_is_changed,
    wireless_users_are_known,
)
from evidence.facts import (
    AirObservation,
    BasicServiceSet,
    Fact,
    FirewallRule,
    Interface,
    Ticket,
    WirelessNetwork,
)
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings, Zones
from tests.judging import company, failed, read, seen

OFFICE = WirelessNetwork(
    ssid="KY-Office",
    profile="office",
    enabled=True,
    versions=("wpa2",),
    akm=("psk",),
    pairwise=("ccmp",),
    group="ccmp",
    pmf="optional",
    vlan="20",
    user_keys=(),
)
OURS = "02:00:00:00:00:01"
AIR = AirObservation(
    bssid=OURS,
    ssid="KY-Office",
    versions=("wpa2",),
    akm=("psk",),
    pairwise=("ccmp",),
    group="ccmp",
    pmf="optional",
    wps=False,
)
SENT = BasicServiceSet(bssid=OURS, ssid="KY-Office", access_point="ap-3f")


def air(*facts: Fact, network: WirelessNetwork = OFFICE, sent: Any = (SENT,), **said: Any) -> Any:
    """State by subject, of one controller and one capture."""
    readings = seen(read("wlc", "wireless", network, *sent), read("air", "wireless", *facts))
    settings = {**company().settings("wireless_agrees_with_air"), **said}
    return {one.subject: one for one in wireless_agrees_with_air.check(readings, **settings)}


SUBJECT = "wlc/wireless KY-Office/office/air"


# --- wireless_agrees_with_air ---


@pytest.mark.parametrize(
    ("heard", "state", "result"),
    [
        ({}, "air_agrees", Result.satisfied),
        # A radio may offer less than is set: 6 GHz takes WPA3 alone.
        ({"pmf": "required"}, "air_agrees", Result.satisfied),
        ({"akm": ("open",), "pairwise": (), "group": None}, "weaker", Result.not_satisfied),
        ({"pairwise": ("ccmp", "tkip"), "group": "tkip"}, "weaker", Result.not_satisfied),
        ({"group": "tkip"}, "weaker", Result.not_satisfied),
        ({"versions": ("wpa", "wpa2")}, "weaker", Result.not_satisfied),
        ({"wps": True}, "weaker", Result.not_satisfied),
        ({"pmf": "disabled"}, "weaker", Result.not_satisfied),
        ({"akm": ("psk", "sae")}, "differs", Result.partly),
        ({"akm": (), "pairwise": (), "group": None}, "not_told", Result.not_assessed),
        ({"ssid": "Another"}, "not_heard", Result.not_applicable),
    ],
)
def test_a_network_beside_what_is_heard_of_it(
    heard: dict[str, Any], state: str, result: Result
) -> None:
    found = air(replace(AIR, **heard))[SUBJECT]
    assert (found.state, found.result) == (state, result)


def test_without_a_capture_nobody_can_tell() -> None:
    rogue = replace(AIR, classified_as="neighbor", ssid="Other", bssid="02:00:00:00:00:99")
    for facts in ((), (rogue,)):
        found = air(*facts)[SUBJECT]
        assert (found.state, found.result) == ("no_capture", Result.not_assessed)
    assert air(air_worth={"no_capture": "not_applicable"})[SUBJECT].result is Result.not_applicable


def test_another_devices_access_point_is_not_held_against_this_one() -> None:
    weak = replace(OFFICE, profile="old", pairwise=("ccmp", "tkip"), group="tkip")
    other = "02:00:00:00:00:02"
    readings = seen(
        read("wlc", "wireless", OFFICE, SENT),
        read("old", "wireless", weak, replace(SENT, bssid=other)),
        read("air", "wireless", AIR, replace(AIR, bssid=other, group="tkip")),
    )
    found = {one.subject: one.state for one in wireless_agrees_with_air.check(readings)}
    assert found[SUBJECT] == found["old/wireless KY-Office/old/air"] == "air_agrees"


def test_a_beacon_that_hides_its_name_is_known_by_its_address() -> None:
    weak = replace(AIR, ssid=None, hidden=True, group="tkip")
    assert air(weak)[SUBJECT].state == "weaker"
    stranger = replace(weak, bssid="02:00:00:00:00:66")
    assert air(stranger)[SUBJECT].state == "not_heard"


def test_a_capture_that_was_not_delivered_is_missed_by_the_air_alone() -> None:
    readings = seen(
        read("wlc", "wireless", OFFICE, SENT), failed("air", "wireless", "file_missing")
    )
    listener = replace(readings.devices["air"], platform="air_capture")
    readings = replace(readings, devices={**readings.devices, "air": listener})
    states = {
        check.CHECK: {one.state for one in check.check(readings)}
        for check in (wireless_agrees_with_air, wireless_users_are_known, wireless_is_strong)
    }
    assert states["wireless_agrees_with_air"] == {"not_read", "no_capture"}
    assert "not_read" not in states["wireless_users_are_known"] | states["wireless_is_strong"]


def test_a_name_of_ours_from_an_address_nobody_lists() -> None:
    twin = replace(AIR, bssid="02:00:00:00:00:66", akm=("open",), pairwise=(), group=None)
    found = air(AIR, twin)
    assert found[SUBJECT].state == "air_agrees", "a stranger's is not held against our own"
    unknown = found["air/KY-Office/02:00:00:00:00:66"]
    assert (unknown.state, unknown.result) == ("unknown_access_point", Result.not_satisfied)
    assert "open" in unknown.description.en
    accepted = air(AIR, twin, accepted_bssids=["02:00:00:00:00:6"])
    assert accepted["air/KY-Office/access points"].state == "known_access_points"


def test_the_same_from_a_controllers_list() -> None:
    twin = replace(AIR, bssid="02:00:00:00:00:66", classified_as="rogue", akm=())
    assert air(AIR, twin)["air/KY-Office/02:00:00:00:00:66"].state == "unknown_access_point"


def test_another_device_that_sends_the_name_and_tells_no_address_leaves_it_open() -> None:
    """A stranger is one only where every device that may send the name tells its own."""
    twin = replace(AIR, bssid="02:00:00:00:00:66")
    told = [read("wlc", "wireless", OFFICE, SENT), read("air", "wireless", twin)]
    settings = company().settings("wireless_agrees_with_air")
    alone = {one.state for one in wireless_agrees_with_air.check(seen(*told), **settings)}
    assert "unknown_access_point" in alone
    silent = read("old", "wireless", replace(OFFICE, profile="old"))
    both = {one.state for one in wireless_agrees_with_air.check(seen(*told, silent), **settings)}
    assert "access_points_not_told" in both and "unknown_access_point" not in both
    off = read("old", "wireless", replace(OFFICE, profile="old", bound_to=()))
    again = {one.state for one in wireless_agrees_with_air.check(seen(*told, off), **settings)}
    assert "unknown_access_point" in again, "what is on no access point sends nothing"


def test_addresses_without_names_are_ours_whatever_they_send() -> None:
    """FortiGate tells each radio's addresses, and not which SSID has which."""
    block = tuple(replace(SENT, bssid=f"02:00:00:00:00:0{n}", ssid=None) for n in range(1, 5))
    second = replace(AIR, bssid="02:00:00:00:00:03")
    found = air(AIR, second, sent=block)
    assert found["air/KY-Office/access points"].state == "known_access_points"
    stranger = replace(AIR, bssid="02:00:00:00:00:66", on_wire=True, classified_as="rogue")
    unknown = air(AIR, stranger, sent=block)["air/KY-Office/02:00:00:00:00:66"]
    assert unknown.state == "unknown_access_point" and "cables" in unknown.description.en


def test_where_no_device_tells_addresses_nobody_can_tell_whose_they_are() -> None:
    found = air(AIR, sent=())
    assert found[SUBJECT].state == "air_agrees"
    assert found["air/KY-Office/access points"].result is Result.not_assessed


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"classified_as": "other", "on_wire": True}, "rogue_on_wire"),
        ({"classified_as": "rogue", "on_wire": False}, "rogue"),
        ({"classified_as": "neighbor"}, None),
        ({"classified_as": "accepted", "on_wire": True}, None),
        ({"ssid": "ky office"}, "imitated"),
        ({"ssid": "KY\u200b-Office"}, "imitated"),
        ({"ssid": "\u202eeciffO-YK"}, "imitated"),
        ({"ssid": "\uff2b\uff39\uff0d\uff2f\uff46\uff46\uff49\uff43\uff45"}, "imitated"),
        ({"ssid": "KY-Office-Guest"}, None),
        ({"ssid": None}, None),
    ],
)
def test_what_is_called_foreign_or_looks_like_ours(said: dict[str, Any], state: str | None) -> None:
    stranger = replace(AIR, **{"bssid": "02:00:00:00:00:66", "ssid": "Cafe", **said})
    found = [one for one in air(AIR, stranger).values() if "02:00:00:00:00:66" in one.subject]
    assert [one.state for one in found] == ([state] if state else [])


def test_a_hostile_name_is_safe_to_print() -> None:
    stranger = replace(
        AIR, bssid="02:00:00:00:00:66", ssid="a\x1b[2J\u202eb🦊", classified_as="rogue"
    )
    (found,) = (one for one in air(AIR, stranger).values() if "66" in one.subject)
    for text in (found.subject, found.description.en, found.description.zh):
        assert "\x1b" not in text and "\u202e" not in text and "🦊" in text


# --- wireless_users_are_known ---


def users(network: WirelessNetwork, *tickets: Ticket, **said: Any) -> list[Observation]:
    readings = seen(read("wlc", "wireless", network))
    if tickets:
        readings = seen(read("wlc", "wireless", network), read("reg", "tickets", *tickets))
    settings = {**company().settings("wireless_users_are_known"), **said}
    return list(wireless_users_are_known.check(readings, **settings))


@pytest.mark.parametrize(
    ("said", "state", "result"),
    [
        ({"akm": ("802.1x",)}, "each_user", Result.satisfied),
        ({"akm": ("ft-802.1x", "802.1x-sha256")}, "each_user", Result.satisfied),
        ({"akm": ("802.1x-suite-b-192",)}, "each_user", Result.satisfied),
        ({}, "shared_passphrase", Result.not_satisfied),
        ({"akm": ("sae",)}, "shared_passphrase", Result.not_satisfied),
        ({"akm": ("802.1x", "psk")}, "shared_passphrase", Result.not_satisfied),
        ({"user_keys": ("scanner-7",)}, "user_keys", Result.satisfied),
        ({"user_keys": None}, "users_not_told", Result.not_assessed),
        ({"akm": ("owe",)}, "anybody", Result.not_satisfied),
        ({"akm": ("open",)}, "anybody", Result.not_satisfied),
        ({"akm": ("802.1x",), "versions": ("wep",)}, "anybody", Result.not_satisfied),
    ],
)
def test_who_uses_a_network(said: dict[str, Any], state: str, result: Result) -> None:
    [found] = users(replace(OFFICE, **said))
    assert (found.state, found.result) == (state, result)


def test_guests_and_what_is_off_the_air_are_not_asked() -> None:
    assert users(replace(OFFICE, guest=True)) == []
    assert users(OFFICE, guest_ssids=["KY-Office"]) == []
    assert users(replace(OFFICE, bound_to=())) == []


def test_a_device_that_was_not_read_is_told() -> None:
    readings = seen(failed("wlc", "wireless", "auth_failed"))
    [found] = wireless_users_are_known.check(readings)
    assert (found.state, found.result) == ("not_read", Result.not_assessed)


APPROVAL = Ticket(
    ticket_id="W-1",
    kind="無線網路",
    target="KY-Office",
    approved_by="陳主任",
    approved_on=date(2026, 1, 5),
    expires_on=date(2026, 12, 31),
)


@pytest.mark.parametrize(
    ("tickets", "state", "result"),
    [
        ((), "no_approvals_read", Result.not_assessed),
        ((APPROVAL,), "approved", Result.satisfied),
        ((replace(APPROVAL, expires_on=date(2026, 11, 30)),), "approved", Result.satisfied),
        ((replace(APPROVAL, expires_on=date(2026, 11, 29)),), "approval_ended", None),
        ((replace(APPROVAL, expires_on=None),), "approved_without_end", Result.partly),
        ((replace(APPROVAL, approved_by=None),), "not_approved", None),
        ((replace(APPROVAL, target="KY-Other"),), "not_approved", None),
        ((replace(APPROVAL, kind="防火牆"),), "not_approved", None),
        # An approval that was renewed.
        (
            (replace(APPROVAL, expires_on=date(2026, 6, 30)), replace(APPROVAL, ticket_id="W-2")),
            "approved",
            Result.satisfied,
        ),
    ],
)
def test_a_network_of_suppliers_stands_in_the_register(
    tickets: tuple[Ticket, ...], state: str, result: Result | None
) -> None:
    [_, found] = users(replace(OFFICE, akm=("802.1x",)), *tickets, supplier_ssids=["KY-Office"])
    assert (found.state, found.result) == (state, result or Result.not_satisfied)


def test_each_suppliers_key_is_asked_for() -> None:
    network = replace(OFFICE, user_keys=("甲公司", "乙公司"))
    approval = replace(APPROVAL, target="KY-Office/甲公司")
    [_, first, second] = users(network, approval, supplier_ssids=["KY-Office"])
    assert (first.state, second.state) == ("approved", "not_approved")
    assert second.subject.endswith("/supplier 乙公司")


# --- wireless_key_is_changed ---


def keys(*networks: WirelessNetwork, before: Reading | None = None) -> dict[str, Observation]:
    readings = seen(read("wlc", "wireless", *networks))
    readings = replace(
        readings, before=lambda device, subject, at: before if before and before.at < at else None
    )
    return {one.subject: one for one in wireless_key_is_changed.check(readings, months=12)}


def digest(word: str, key: str = "k1") -> str:
    return f"redacted:hmac:{key}:{word}"


@pytest.mark.parametrize(
    ("then", "at", "state", "result"),
    [
        (digest("a"), datetime(2025, 11, 1, tzinfo=UTC), "unchanged", Result.not_satisfied),
        (digest("b"), datetime(2025, 11, 1, tzinfo=UTC), "changed", Result.satisfied),
        (digest("a"), datetime(2026, 1, 1, tzinfo=UTC), "history_too_short", Result.not_assessed),
        (digest("a", "k2"), datetime(2025, 11, 1, tzinfo=UTC), "history_too_short", None),
        (None, datetime(2025, 11, 1, tzinfo=UTC), "history_too_short", None),
    ],
)
def test_a_passphrase_that_stays(
    then: str | None, at: datetime, state: str, result: Result | None
) -> None:
    before = read("wlc", "wireless", replace(OFFICE, passphrase_digest=then), at=at)
    [found] = keys(replace(OFFICE, passphrase_digest=digest("a")), before=before).values()
    assert (found.state, found.result) == (state, result or Result.not_assessed)


def test_one_passphrase_for_two_networks() -> None:
    other = replace(OFFICE, ssid="KY-Trade", profile="trade", passphrase_digest=digest("a"))
    found = keys(replace(OFFICE, passphrase_digest=digest("a")), other)
    assert {one.state for one in found.values()} == {"shared_between_networks"}
    assert "KY-Trade" in found["wlc/wireless KY-Office/office"].description.zh
    again = replace(OFFICE, profile="second radio", passphrase_digest=digest("a"))
    found = keys(replace(OFFICE, passphrase_digest=digest("a")), again)
    assert {one.state for one in found.values()} == {"history_too_short"}, "one name, two radios"


def test_a_network_without_a_digest_is_not_asked_about() -> None:
    assert keys(OFFICE) == {}


# --- guest_is_separated ---

GUEST = WirelessNetwork(
    ssid="KY-Guest",
    profile="guest",
    akm=("owe",),
    vlan="90",
    guest=True,
    isolated=True,
)
ZONES = Zones(
    by_device={
        "fw": {"vlan90": "guest", "lan": "internal", "wan": "external", "mgmt": "management"}
    }
)
OUT = FirewallRule(
    key="root/1",
    action="accept",
    permits=True,
    source_zones=("vlan90",),
    destination_zones=("wan",),
)


def guests(
    *rules: FirewallRule,
    networks: tuple[WirelessNetwork, ...] = (GUEST,),
    zones: Zones = ZONES,
    more: tuple[Fact, ...] = (),
    **said: Any,
) -> Observation:
    readings: Readings = seen(
        read("wlc", "wireless", *networks),
        read("fw", "firewall", *rules, *more),
        zones=zones,
    )
    settings = {**company().settings("guest_is_separated"), **said}
    [found] = guest_is_separated.check(readings, **settings)
    return found


def test_guests_that_only_reach_the_outside_are_apart() -> None:
    found = guests(OUT)
    assert (found.state, found.result) == ("separated", Result.satisfied)


@pytest.mark.parametrize(
    ("rule", "state", "result"),
    [
        ({"destination_zones": ("lan",)}, "routed_inside", Result.not_satisfied),
        ({"destination_zones": ("mgmt",)}, "routed_inside", Result.not_satisfied),
        ({"destination_zones": ("any",)}, "routed_inside", Result.not_satisfied),
        (
            {"source_zones": ("any",), "destination_zones": ("lan",)},
            "routed_inside",
            Result.not_satisfied,
        ),
        ({"destination_zones": ("lan",), "enabled": False}, "separated", Result.satisfied),
        (
            {"destination_zones": ("lan",), "permits": False, "action": "deny"},
            "separated",
            Result.satisfied,
        ),
        ({"destination_zones": ("somewhere",)}, "zone_unknown", Result.not_assessed),
        ({"not_understood": ("a word",)}, "zone_unknown", Result.not_assessed),
    ],
)
def test_a_rule_that_leads_inside(rule: dict[str, Any], state: str, result: Result) -> None:
    found = guests(OUT, replace(OUT, key="root/2", position=1, **rule))
    assert (found.state, found.result) == (state, result)


def test_a_vlan_shared_with_the_office() -> None:
    found = guests(OUT, networks=(replace(GUEST, vlan="20"), OFFICE))
    assert (found.state, found.result) == ("shares_vlan", Result.not_satisfied)
    assert "KY-Office" in found.description.zh


def test_a_vlan_that_ends_inside() -> None:
    inside = Zones(by_device={"fw": {"port2.90": "internal", "wan": "external", "vlan90": "guest"}})
    found = guests(OUT, zones=inside, more=(Interface(name="port2.90"),))
    assert (found.state, found.result) == ("vlan_is_internal", Result.not_satisfied)
    other = guests(OUT, more=(Interface(name="port2.190"), Interface(name="vlan0090")))
    assert other.state == "separated", "190 is another VLAN"


def test_without_a_zone_for_guests_nobody_can_tell() -> None:
    found = guests(OUT, zones=Zones())
    assert (found.state, found.result) == ("zone_unknown", Result.not_assessed)


def test_a_vlan_that_is_not_told_and_guests_that_reach_each_other() -> None:
    found = guests(OUT, networks=(replace(GUEST, vlan=None),))
    assert (found.state, found.result) == ("vlan_not_told", Result.not_assessed)
    found = guests(OUT, networks=(replace(GUEST, isolated=False),))
    assert (found.state, found.result) == ("not_isolated", Result.partly)
    found = guests(OUT, networks=(replace(GUEST, isolated=None),))
    assert (found.state, found.result) == ("isolation_not_told", Result.not_assessed)
    for told in (False, None):
        unasked = guests(OUT, networks=(replace(GUEST, isolated=told),), isolation=False)
        assert unasked.state == "separated"


def test_an_ssid_that_a_firewall_serves_itself_is_an_interface_of_it() -> None:
    tunnel = replace(GUEST, vlan=None, profile="guest-if")
    readings = seen(
        read("fw", "wireless", tunnel),
        read(
            "fw", "firewall", replace(OUT, source_zones=("guest-if",), destination_zones=("lan",))
        ),
        zones=Zones(by_device={"fw": {"guest-if": "internal", "lan": "internal"}}),
    )
    [found] = guest_is_separated.check(readings)
    assert (found.state, found.result) == ("vlan_is_internal", Result.not_satisfied)


def test_key_management_that_nobody_told_is_neither_open_nor_a_pass() -> None:
    """A summary that leaves security out, a word that is not known, another standard."""
    untold = replace(OFFICE, akm=(), versions=(), pairwise=(), group=None, pmf=None)
    (one,) = wireless_is_strong.check(seen(read("wlc", "wireless", untold)))
    assert (one.result, one.measures["traits"]) == (Result.not_assessed, ["akm_unknown"])
    for akm in ((), ("wapi",), ("802.1x", "akm 27"), ("dpp",)):
        network = replace(OFFICE, akm=akm)
        (users,) = wireless_users_are_known.check(seen(read("wlc", "wireless", network)))
        assert (users.result, users.state) == (Result.not_assessed, "users_not_told")


def test_one_open_way_in_beside_others_lets_anybody_in() -> None:
    network = replace(OFFICE, akm=("802.1x", "open"))
    (users,) = wireless_users_are_known.check(seen(read("wlc", "wireless", network)))
    assert users.state == "anybody"


def test_suite_b_without_frame_protection_is_enterprise_without_it() -> None:
    network = replace(OFFICE, akm=("802.1x-suite-b-192",), pairwise=("gcmp-256",), pmf="disabled")
    assert wireless_is_strong.traits(network) == ("eap_without_pmf",)
