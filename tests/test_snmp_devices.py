"""What a walk says of a device: which of its parts is the device, and walks that are not sound."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from evidence.facts import HardwareItem, SoftwareRelease
from evidence.reading import Reading
from tests.by_hand import read

ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
IOSXE = (
    "Cisco IOS Software [Amsterdam], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.3.5, "
    "RELEASE SOFTWARE (fc2)"
)


def rows(description: str, object_id: str, more: Mapping[str, str] = {}) -> list[str]:
    """A walk's rows in snmprec; `more` is below enterprises unless it begins at the root."""
    found = [
        f"1.3.6.1.2.1.1.1.0|4|{description}",
        f"1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.{object_id}",
        "1.3.6.1.2.1.1.3.0|67|51840000",
        "1.3.6.1.2.1.1.5.0|4|acc-sw-07",
    ]
    for where, value in more.items():
        whole = where if where.startswith("1.") else f"1.3.6.1.4.1.{where}"
        found.append(f"{whole}|4|{value}")
    return found


def walked(found: list[str]) -> Reading:
    return read("snmp", "firmware", ("snmpwalk", "\n".join(found).encode() + b"\n"))


def part(index: int, **columns: str | int) -> dict[str, str]:
    """A row of entPhysicalTable."""
    numbers = {"descr": 2, "within": 4, "kind": 5, "name": 7, "serial": 11, "model": 13}
    return {f"{ENTITY}.{numbers[name]}.{index}": str(value) for name, value in columns.items()}


def hardware(reading: Reading) -> list[tuple[str, str | None, str | None]]:
    assert reading.failure is None, reading.failure
    return [(one.part, one.model, one.serial) for one in reading.of(HardwareItem)]


def versions(reading: Reading) -> list[str | None]:
    assert reading.failure is None, reading.failure
    return [one.version for one in reading.of(SoftwareRelease)]


# --- which part is the device ---


def test_a_stack_that_borrows_its_first_members_plate_is_told_by_its_own_name() -> None:
    plate = {"model": "JL727A", "serial": "SG00000001"}
    found = hardware(
        walked(
            rows(
                "Aruba JL727A 6200F 48G CL4 4SFP+370W Swch ML.10.07.0005",
                "47196.4.1.1.1.303",
                {
                    **part(1, descr="Aruba 6200 VSF Stack", within=0, kind=11, **plate),
                    **part(101001, descr="6200F 48G Switch", within=1, kind=3, **plate),
                },
            )
        )
    )
    assert found == [("chassis", "JL727A", "SG00000001"), ("stack", "Aruba 6200 VSF Stack", None)]


def test_a_stack_is_known_by_its_name_where_there_is_no_class() -> None:
    found = hardware(walked(rows(IOSXE, "9.1.1208", part(1, within=0, name="C29xx Stacking"))))
    assert found == [("chassis", "cat29xxStack", None), ("stack", "C29xx Stacking", None)]


def test_the_place_of_a_member_is_not_its_model() -> None:
    found = hardware(
        walked(
            rows(
                IOSXE,
                "9.1.2494",
                {
                    **part(1, within=0, kind=11, name="Stack 1"),
                    **part(1000, within=1, kind=3, name="Switch 12", model="C9300", serial="AB1"),
                    **part(2000, within=1, kind=3, name="Switch 13", serial="AB2"),
                },
            )
        )
    )
    assert found == [("chassis", "C9300", "AB1"), ("chassis", None, "AB2")]


def test_a_chassis_inside_another_does_not_stand_for_the_device() -> None:
    """An extender hangs below: the one contained in nothing is the device."""
    found = hardware(
        walked(
            rows(
                "Cisco NX-OS(tm) n5000, Software (n5000-uk9), Version 7.3(3)N1(1)",
                "9.12.3.1.3.1084",
                {
                    **part(22, within=149, kind=3, model="N2K-C2248TP", serial="EXT0000001"),
                    **part(149, within=0, kind=3, model="N5K-C5548UP", serial="TOP0000001"),
                },
            )
        )
    )
    assert found[0] == ("chassis", "N5K-C5548UP", "TOP0000001")


# --- walks that are not sound ---


def test_the_order_of_a_walk_is_of_no_matter() -> None:
    found = rows(IOSXE, "9.1.2494", part(1000, within=0, kind=3, model="C9300-48P", serial="FC1"))
    upside_down = walked([*found])
    random.Random(7).shuffle(found)
    assert walked(found).facts == upside_down.facts


def test_rows_that_come_again_change_nothing() -> None:
    """An agent that goes in circles: a recording of it holds the same rows again and again."""
    found = rows(IOSXE, "9.1.2494", part(1000, within=0, kind=3, model="C9300-48P", serial="FC1"))
    assert walked(found * 20).facts == walked(found).facts


def test_an_object_with_two_values_is_unknown() -> None:
    """Two serial numbers in the same place: two walks in one file, and nobody knows whose."""
    found = rows(IOSXE, "9.1.2494", part(1000, within=0, kind=3, model="C9300-48P", serial="FC1"))
    found.append(f"{ENTITY}.11.1000|4|FC2")
    assert hardware(walked(found)) == [("chassis", "C9300-48P", None)]


def test_two_serial_numbers_of_two_members_are_both_told() -> None:
    found = rows(
        IOSXE,
        "9.1.2494",
        {
            **part(1, within=0, kind=11),
            **part(1000, within=1, kind=3, model="C9300-48P", serial="FC1"),
            **part(2000, within=1, kind=3, model="C9300-48P", serial="FC2"),
        },
    )
    assert [serial for _, _, serial in hardware(walked(found))] == ["FC1", "FC2"]


@pytest.mark.parametrize("place", ["機房".encode("big5"), "机房".encode("gbk"), b"\xff\xfe\x80"])
def test_a_description_in_another_encoding_is_read_for_what_is_ascii(place: bytes) -> None:
    found = "\n".join(rows(IOSXE, "9.1.2494")).encode().replace(b"RELEASE", place)
    assert versions(read("snmp", "firmware", ("snmpwalk", found))) == ["17.3.5"]


def test_bytes_that_are_no_text_are_no_serial_number() -> None:
    found = rows(IOSXE, "9.1.2494", part(1000, within=0, kind=3, model="C9300-48P"))
    found.append(f"{ENTITY}.11.1000|4x|8f1a00c3d2e4")
    assert hardware(walked(found)) == [("chassis", "C9300-48P", None)]


@pytest.mark.parametrize(
    ("version", "train"),
    [("17.03.05", "17.3"), ("17.3.5b", "17.3"), ("03.07.05E", "3.7E"), ("16.12.04a", "16.12")],
)
def test_leading_zeros_and_letters_are_kept_and_the_train_is_found(
    version: str, train: str
) -> None:
    (one,) = walked(rows(IOSXE.replace("17.3.5", version), "9.1.2494")).of(SoftwareRelease)
    assert (one.version, one.train) == (version, train)


@pytest.mark.parametrize(
    ("object_id", "description"),
    [
        ("12356.101.1.644", "Cisco Adaptive Security Appliance Version 9.1(7)"),
        ("25461.2.3.24", "Juniper Networks, Inc. srx340 internet router, kernel JUNOS 15.1X49"),
        ("9.1.9999", "FortiGate-100F v7.2.8,build1639,240313 (GA.M)"),
        ("890.1.15", "Cisco IOS Software, C2960S Software, Version 15.2(2a)E1"),
    ],
)
def test_a_description_that_names_another_maker_tells_no_version(
    object_id: str, description: str
) -> None:
    """A banner set by hand, to mislead or in jest: sysObjectID is the agent's own word."""
    reading = walked(rows(description, object_id))
    assert reading.failure is None and not any(versions(reading))


def test_a_description_of_cisco_on_net_snmp_is_no_cisco() -> None:
    reading = walked(rows(IOSXE, "8072.3.2.10"))
    assert reading.failure is None
    assert {(one.vendor, one.product) for one in reading.of(SoftwareRelease)} <= {(None, None)}


# --- members of a stack ---

_VIRTUAL_CHASSIS = "2636.3.40.1.4.1.1.1"
_SWITCH = "Juniper Networks, Inc. ex4300-48p Ethernet Switch, kernel JUNOS 18.4R3-S9.2, Build date:"


def test_a_virtual_chassis_tells_each_member_and_the_release_that_differs() -> None:
    more = {"2636.3.1.3.0": "PE3716000001"}
    for member, release in enumerate(("18.4R3-S9.2", "18.4R3-S9.2", "15.1R7-S2.1")):
        more |= {
            f"{_VIRTUAL_CHASSIS}.2.{member}": f"PE371600000{member + 1}",
            f"{_VIRTUAL_CHASSIS}.5.{member}": release,
            f"{_VIRTUAL_CHASSIS}.8.{member}": "ex4300-48p",
        }
    reading = walked(rows(_SWITCH, "2636.1.1.1.4.63", more))
    assert hardware(reading) == [
        ("chassis", "ex4300-48p", "PE3716000001"),
        ("chassis", "ex4300-48p", "PE3716000002"),
        ("chassis", "ex4300-48p", "PE3716000003"),
    ]
    told = [(one.part, one.version) for one in reading.of(SoftwareRelease)]
    assert told == [("operating system", "18.4R3-S9.2"), ("stack member 2", "15.1R7-S2.1")]


def test_a_member_s_revision_counts_where_the_chassis_writes_the_release_there() -> None:
    def member(index: int, software: str) -> dict[str, str]:
        row = part(index, kind=3, within=1, model="WS-C3750X-48P", serial=f"FDO0000000{index}")
        return {**row, f"{ENTITY}.10.{index}": software}

    says = (
        "Cisco IOS Software, C3750E Software (C3750E-UNIVERSALK9-M), Version 15.0(2)SE11, RELEASE"
    )
    odd = walked(rows(says, "9.1.516", member(2, "15.0(2)SE11") | member(3, "12.2(55)SE5")))
    assert versions(odd) == ["15.0(2)SE11", "12.2(55)SE5"]
    # Here the column is the part's own revision, and says nothing of what runs.
    other = walked(rows(says, "9.1.516", member(2, "V02") | member(3, "V03")))
    assert versions(other) == ["15.0(2)SE11"]
