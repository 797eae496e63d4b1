"""Found and registered: how both sides meet, and what the checks say where they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from checks.device_is_registered import check as registered
from checks.registered_device_is_found import check as is_found
from evidence.facts import (
    Asset,
    Fact,
    HardwareItem,
    Neighbour,
    RdpNegotiation,
    SoftwareRelease,
    Surroundings,
    Unit,
)
from evidence.inventory import found_in, stock_of
from evidence.inventory.names import address_key, name_key, same_model, same_version, serial_key
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from tests.judging import failed, judged, read, seen

SWITCH = (
    Unit(vendor="Cisco", hostname="sw-core.example.com", serial="FOC1111AAAA"),
    HardwareItem(vendor="Cisco", model="WS-C2960X-48TS-L", serial="FOC1111AAAA"),
    SoftwareRelease(vendor="Cisco", product="ios", version="15.2(2)E7"),
)
WIDE = "".join(chr(ord(sign) + 0xFEE0) for sign in "FOC1111AAAA")  # as Chinese typing gives it
LOOKED = Surroundings(networks=("10.20.0.0/24",), ways=("lldp", "arp"))


def asset(id: str = "HW-1", **said: Any) -> Asset:
    return Asset(asset_id=id, **said)


def world(
    *assets: Asset,
    device: tuple[Fact, ...] = SWITCH,
    beside: tuple[Neighbour, ...] = (),
    address: str = "10.20.0.2",
    site: str = "main",
) -> Readings:
    """A switch `sw-1`, what it sees beside it, and a register."""
    readings: list[Reading] = [read("sw-1", "firmware", *device)]
    if beside:
        readings.append(read("sw-1", "neighbours", LOOKED, *beside))
    if assets:
        readings.append(read("register", "assets", *assets))
    found = seen(*readings)
    devices = {
        name: replace(one, address=address if name == "sw-1" else "", site=site)
        for name, one in found.devices.items()
    }
    return replace(found, devices=devices)


def about(observations: list[Observation], subject: str) -> Observation:
    [one] = [one for one in observations if one.subject == subject]
    return one


def on(*assets: Asset, **said: Any) -> Observation:
    """What the check says of the switch."""
    return about(list(registered(world(*assets, **said))), "sw-1/registration")


# --- how both sides meet ---


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ({"serial": "foc1111aaaa "}, "serial"),
        ({"serial": WIDE}, "serial"),
        ({"addresses": ("10.20.0.2",)}, "address"),
        ({"name": "SW-CORE"}, "name"),
        ({"name": "核心交換器", "addresses": ("sw-core.example.com",)}, "name"),
    ],
)
def test_an_entry_is_known_by_number_address_or_name(said: dict[str, Any], by: str) -> None:
    one = on(asset(**said))
    assert (one.result, one.state, one.measures["joined_by"]) == (
        Result.satisfied,
        "registered",
        by,
    )


def test_the_serial_number_decides_where_an_address_has_moved() -> None:
    """The old device left and its address went to the new one: both entries stand."""
    old = asset("HW-1", serial="FOC0000OLD1", addresses=("10.20.0.2",))
    new = asset("HW-2", serial="FOC1111AAAA")
    one = on(old, new)
    assert one.measures["asset"] == "HW-2"
    assert one.state == "registered"


def test_an_address_leads_to_the_entry_in_service() -> None:
    gone = asset("HW-1", addresses=("10.20.0.2",), decommissioned_on=date(2026, 1, 31))
    here = asset("HW-2", addresses=("10.20.0.2",))
    assert on(gone, here).measures["asset"] == "HW-2"


def test_what_both_tell_differently_is_shown_from_both_sides() -> None:
    one = on(
        asset(
            addresses=("10.20.0.2",),
            vendor="Juniper",
            model="EX2300",
            serial="XX9",
            version="15.0(2)SE",
        )
    )
    assert (one.result, one.state) == (Result.partly, "registered_otherwise")
    assert {
        (one["field"], one["found"], one["registered"]) for one in one.measures["differences"]
    } == {
        ("vendor", "Cisco", "Juniper"),
        ("model", "WS-C2960X-48TS-L", "EX2300"),
        ("serial", "FOC1111AAAA", "XX9"),
        ("version", "15.2(2)E7", "15.0(2)SE"),
    }
    assert "型號不符：實際 WS-C2960X-48TS-L，清冊 EX2300" in one.description.zh


def test_what_the_register_leaves_out_is_no_difference() -> None:
    entry = asset(serial="FOC1111AAAA", model="Cisco C2960X-48TS-L", version="15.2")
    assert on(entry).state == "registered"


def test_each_member_of_a_stack_needs_its_entry() -> None:
    members = tuple(
        HardwareItem(vendor="Cisco", model="C9300-48P", serial=f"FCW{n}", part="stack member")
        for n in (1, 2)
    )
    stack = (*SWITCH[:1], *members)
    found = list(registered(world(asset(serial="FCW1", name="sw-core"), device=stack)))
    assert about(found, "sw-1/FCW1/registration").state == "registered"
    assert about(found, "sw-1/FCW2/registration").state == "not_registered"


def fortigate(serial: str, host: str, unit: str | None = None) -> tuple[Fact, ...]:
    model = None if unit else "FortiGate-100F"
    return (
        HardwareItem(subject_unit=unit, vendor="Fortinet", model=model, serial=serial),
        Unit(subject_unit=unit, vendor="Fortinet", serial=serial, hostname=host),
    )


def test_both_units_of_a_pair_tell_both_numbers_and_are_two_things() -> None:
    a, b = ("FG1A", "fw-edge-a"), ("FG1B", "fw-edge-b")
    readings = seen(
        read("fw-a", "firmware", *fortigate(*a), *fortigate(*b, unit="FG1B")),
        read("fw-b", "firmware", *fortigate(*b), *fortigate(*a, unit="FG1A")),
    )
    assert [(one.subject, one.serial, one.model) for one in found_in(readings)] == [
        ("fw-a", "FG1A", "FortiGate-100F"),
        ("fw-b", "FG1B", "FortiGate-100F"),
    ]


def test_a_peer_that_is_read_nowhere_else_is_found_by_the_other() -> None:
    pair = (*fortigate("FG1A", "fw-edge-a"), *fortigate("FG1B", "fw-edge-b", unit="FG1B"))
    readings = seen(read("fw-a", "firmware", *pair))
    mine, peer = found_in(readings)
    assert (mine.subject, sorted(mine.names)) == ("fw-a", ["fw-a", "fw-edge-a"])
    assert (peer.subject, sorted(peer.names), peer.model) == ("fw-a/FG1B", ["fw-edge-b"], None)


def test_a_manager_and_the_units_that_it_speaks_of() -> None:
    managed = (
        SoftwareRelease(product="fmc", version="7.4.2"),
        SoftwareRelease(subject_unit="S1", product="ftd", version="7.2.5"),
        SoftwareRelease(subject_unit="S2", product="ftd", version="7.0.1"),
        *fortigate("S1", "branch-1", unit="S1"),
        *fortigate("S2", "branch-2", unit="S2"),
    )
    found = {one.subject: one for one in found_in(seen(read("fmc", "firmware", *managed)))}
    assert {name: one.version for name, one in found.items()} == {
        "fmc/S1": "7.2.5",
        "fmc/S2": "7.0.1",
        "fmc": "7.4.2",
    }
    assert found["fmc/S2"].names == {"branch-2"}


def test_a_probe_from_outside_is_no_other_host() -> None:
    """Remote desktops are looked at by an entry of their own, at the host's address."""
    host = (SoftwareRelease(product="windows-server", version="10.0.20348"),)
    readings = seen(
        read("pc-1", "firmware", *host),
        read("rdp-pc-1", "remote_desktop", RdpNegotiation(address="10.20.0.9", port=3389)),
    )
    known = {name: replace(one, address="10.20.0.9") for name, one in readings.devices.items()}
    assert [one.subject for one in found_in(replace(readings, devices=known))] == ["pc-1"]
    apart = {**known, "rdp-pc-1": replace(known["rdp-pc-1"], address="10.20.0.10")}
    readings = replace(readings, devices=apart)
    assert [one.subject for one in found_in(readings)] == ["pc-1", "rdp-pc-1"]


def test_one_in_operation_that_is_registered_as_gone() -> None:
    one = on(asset(serial="FOC1111AAAA", decommissioned_on=date(2026, 1, 31)))
    assert (one.result, one.state) == (Result.not_satisfied, "registered_as_gone")
    assert "2026-01-31" in one.description.zh


def test_one_that_leaves_next_year_is_in_service() -> None:
    one = asset(serial="FOC1111AAAA", decommissioned_on=date(2027, 1, 31))
    assert on(one).state == "registered"


def test_without_a_register_nothing_is_told() -> None:
    [one] = registered(world())
    assert (one.result, one.state, one.scope) == (Result.not_assessed, "no_register", ("*",))


def test_a_register_that_failed_is_said_to() -> None:
    readings = seen(read("sw-1", "firmware", *SWITCH), failed("register", "assets", "import_row"))
    for check in (registered, is_found):
        states = [one.state for one in check(readings)]
        assert states == ["not_read", "no_register"]


# --- what stands beside ---

CAMERA = Neighbour(
    seen_by="lldp", name="cam-lobby", addresses=("10.20.0.66",), mac="b4:a9:fc:00:01:02"
)


def test_a_neighbour_that_nobody_registered() -> None:
    found = list(registered(world(asset(serial="FOC1111AAAA"), beside=(CAMERA,))))
    one = about(found, "seen/cam-lobby/registration")
    assert (one.result, one.state) == (Result.not_satisfied, "not_registered")
    assert one.description.zh == "cam-lobby（由 sw-1 之LLDP所見）：未列於清冊"


def test_what_two_tables_tell_of_one_thing_is_one_thing() -> None:
    arp = Neighbour(seen_by="arp", addresses=("10.20.0.66",), mac="b4:a9:fc:00:01:02")
    swept = Neighbour(seen_by="snmp", addresses=("10.20.0.66",), description="HIKVISION DS-2CD")
    _, one = found_in(world(asset(), beside=(arp, swept, CAMERA)))
    assert (one.name, one.description, one.ways) == (
        "cam-lobby",
        "HIKVISION DS-2CD",
        ("lldp", "snmp", "arp"),
    )


def test_a_mac_address_alone_joins_the_one_address_it_has() -> None:
    phone = Neighbour(seen_by="lldp", mac="00:11:22:33:44:55")
    arp = Neighbour(seen_by="arp", addresses=("10.20.0.70",), mac="00:11:22:33:44:55")
    _, one = found_in(world(asset(), beside=(phone, arp)))
    assert one.addresses == {"10.20.0.70"}


def test_a_router_that_answers_for_many_is_not_one_thing() -> None:
    """Proxy ARP: were they joined, one entry would stand for all of them."""
    arps = tuple(
        Neighbour(seen_by="arp", addresses=(f"10.20.0.{n}",), mac="00:11:22:33:44:55")
        for n in range(100, 110)
    )
    found = list(registered(world(asset("HW-9", addresses=("10.20.0.100",)), beside=arps)))
    states = [one.state for one in found if one.subject.startswith("seen/")]
    assert states.count("registered") == 1
    assert states.count("not_registered") == 9


def test_what_is_configured_is_found_by_being_read() -> None:
    mirror = (
        Neighbour(seen_by="cdp", name="sw-core.example.com"),
        Neighbour(seen_by="arp", addresses=("10.20.0.2",), mac="00:11:22:33:44:66"),
        Neighbour(seen_by="cdp", name="other", serial="FOC1111AAAA"),
    )
    assert len(found_in(world(asset(), beside=mirror))) == 1


def test_one_that_says_nothing_of_itself_is_not_assessed() -> None:
    nameless = Neighbour(seen_by="lldp", mac="00:11:22:33:44:55", name="switch")
    found = list(registered(world(asset(name="switch"), beside=(nameless,))))
    one = about(found, "seen/switch/registration")
    assert (one.result, one.state) == (Result.not_assessed, "identity_unknown")


# --- registered, and not found ---


def presence(*assets: Asset, **said: Any) -> list[Observation]:
    return list(is_found(world(*assets, **said)))


def test_an_entry_that_was_read_is_found() -> None:
    [one] = presence(asset(serial="FOC1111AAAA"))
    assert (one.result, one.state, one.device) == (Result.satisfied, "found", "sw-1")


@pytest.mark.parametrize(
    ("address", "result", "state"),
    [
        ("10.20.0.99", Result.partly, "not_found"),
        ("10.30.0.99", Result.not_assessed, "not_looked_for"),
        ("", Result.not_assessed, "not_looked_for"),
    ],
)
def test_silence_counts_only_where_somebody_looked(
    address: str, result: Result, state: str
) -> None:
    entry = asset("HW-5", name="舊印表機", addresses=(address,) if address else ())
    one = about(presence(entry, beside=(CAMERA,)), "register/HW-5/presence")
    assert (one.result, one.state) == (result, state)


def test_one_that_is_configured_and_was_not_read() -> None:
    readings = seen(
        read("register", "assets", asset("HW-7", name="fw-9")), failed("fw-9", "firmware", "x")
    )
    one = about(list(is_found(readings)), "register/HW-7/presence")
    assert (one.result, one.state) == (Result.not_assessed, "found_not_read")


def test_software_and_data_and_what_left_are_not_looked_for() -> None:
    assert (
        presence(
            asset("SW-1", category="software"),
            asset("DA-1", category="data"),
            asset("HW-1", decommissioned_on=date(2026, 1, 31)),
        )
        == []
    )


# --- over the clauses ---


def test_colocated_devices_are_seen_by_their_own_clause() -> None:
    here = [*registered(world(asset("HW-2", serial="X"), site="colo"))]
    result = judged(*here).result("CC-23000.2")
    assert [one.state for one in result.findings] == ["not_registered"]
    elsewhere = judged(*registered(world(asset("HW-2"), site="main")))
    assert elsewhere.result("CC-23000.2").findings == ()


def test_a_device_that_is_not_registered_fails_the_inventory_clause() -> None:
    observations = registered(world(asset("HW-2", serial="X")))
    found = judged(*observations).result("CC-14000.1").findings
    assert [(one.state, one.verdict.text.zh) for one in found] == [("not_registered", "不符合")]


# --- spellings ---


@pytest.mark.parametrize("text", ["", None, "N/A", "0000000000", "Unknown", "-", "XXXXX"])
def test_no_number_is_no_identity(text: str | None) -> None:
    assert serial_key(text) is None


@pytest.mark.parametrize("text", ["localhost", "switch", "Router.example.com", "10.1.1.1", ""])
def test_a_name_that_many_have_is_none(text: str) -> None:
    assert name_key(text) is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("10.1.1.1", "10.1.1.1"),
        ("10.1.1.1/24", "10.1.1.1"),
        ("10.1.1.0/24", None),
        ("127.0.0.1", None),
        ("fe80::1", None),
        ("2001:DB8::1", "2001:db8::1"),
        ("host", None),
    ],
)
def test_an_address_of_one_host(text: str, key: str | None) -> None:
    assert address_key(text) == key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("9.16", "9.16(4)57", True),
        ("v17.09.04a", "17.9.4a", True),
        ("9.1", "9.16", False),
        ("15.2(2)E7", "15.2(2)E8", False),
        ("", "9.16", False),
    ],
)
def test_versions(one: str, other: str, same: bool) -> None:
    assert same_version(one, other) is same


def test_models() -> None:
    assert same_model("WS-C2960X-48TS-L", "Cisco WS-C2960X-48TS-L")
    assert not same_model("ASA5525", "ASA5515")
    assert not same_model("", "ASA5515")


def test_ten_thousand_of_each_meet_quickly() -> None:
    """Joined by look-up: every key once, not every pair."""
    beside = tuple(
        Neighbour(seen_by="arp", addresses=(f"10.{n >> 8}.{n & 255}.1",), mac=None)
        for n in range(10_000)
    )
    entries = tuple(asset(f"A-{n}", addresses=(f"10.{n >> 8}.{n & 255}.1",)) for n in range(10_000))
    stock = stock_of(world(*entries, beside=beside))
    assert sum(one.by == "address" for one in stock.meetings) == 10_000
