"""Tables of neighbours: whole or none, in the networks named, and no address that is nobody's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.platforms import platform, platforms
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from collectors._neighbours import address_of, mac_of
from collectors._neighbours.detail import cdp, lldp
from evidence.device import BY_NAME_ONLY, Device
from evidence.errors import Incomplete, Unexpected
from evidence.facts import Neighbour, Surroundings
from evidence.reading import Reading
from evidence.tape import read_tape
from tests.test_cases import CASES, KEY, WITHOUT_TIME


def reading(name: str, ranges: str | None = None) -> Reading:
    tape = read_tape(CASES / name)
    one = platform(tape.platform)
    options = {} if ranges is None else {"ranges": ranges}
    return (
        Visitor(
            device=Device(id="sw", platform=one.name, subjects=("neighbours",), options=options),
            platform=one,
            open_transport=lambda: TapeTransport(tape.answers),
            clock=lambda: WITHOUT_TIME,
            key=KEY,
        )
        .visit(["neighbours"])
        .readings[0]
    )


def addresses(found: Reading) -> set[str]:
    return {address for one in found.of(Neighbour) for address in one.addresses}


@pytest.mark.parametrize(
    "name",
    ["ios/neighbours.switch.tape", "snmp/neighbours.switch.tape", "nxos/neighbours.leaf.tape"],
)
def test_what_lies_outside_the_ranges_is_no_fact(name: str) -> None:
    everywhere = addresses(reading(name))
    assert everywhere
    kept = reading(name, "10.20.0.0/28")
    assert addresses(kept) == {
        one for one in everywhere if one in ("10.20.0.13", "10.20.0.2", "10.20.0.7")
    }
    [looked] = kept.of(Surroundings)
    assert looked.networks == ("10.20.0.0/28",)
    nowhere = reading(name, "198.51.100.0/24")
    assert addresses(nowhere) == set()
    assert nowhere.failure is None  # that nobody is there is an answer


def test_what_tells_no_address_is_plugged_in_and_stays() -> None:
    found = reading("ios/neighbours.switch.tape", "198.51.100.0/24")
    assert [one.mac for one in found.of(Neighbour)] == ["00:11:22:33:44:55"]


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("fortios/neighbours.lldp_and_arp.tape", "10.20.0.88", "172.16.9.7"),
        ("panos/neighbours.lldp_and_arp.tape", "10.20.0.91", "203.0.113.1"),
    ],
)
def test_a_firewall_tells_what_lies_in_its_ranges(name: str, inside: str, outside: str) -> None:
    everywhere = addresses(reading(name))
    assert {inside, outside} <= everywhere
    assert addresses(reading(name, "10.20.0.0/24")) == {
        one for one in everywhere if one.startswith("10.20.0.")
    }


def test_off_everywhere_unless_it_is_named() -> None:
    """Every platform that reads neighbours reads them by name only."""
    assert {"neighbours"} == BY_NAME_ONLY
    readers = {name for name, one in platforms().items() if "neighbours" in one.collectors}
    assert readers >= {
        "ios",
        "nxos",
        "iosxr",
        "junos",
        "asa",
        "linux",
        "snmp",
        "sweep",
        "fortios",
        "panos",
    }


# --- half a list is none ---

ENTRY = """-------------------------
Device ID: {0}
Entry address(es):
  IP address: 10.1.1.{1}
Platform: cisco X,  Capabilities: Router
Interface: Gi0/{1},  Port ID (outgoing port): Gi0/1
"""


@pytest.mark.parametrize(("printed", "said"), [(2, 3), (2, 1), (0, 1)])
def test_a_count_that_does_not_fit_refuses_the_list(printed: int, said: int) -> None:
    text = "".join(ENTRY.format(f"r{n}", n) for n in range(printed))
    with pytest.raises(Incomplete):
        cdp(f"{text}\nTotal cdp entries displayed : {said}\n", "sw")


@pytest.mark.parametrize(
    "text",
    ["Total cdp entries displayed : 0\n", "% CDP is not enabled\n", "No CDP neighbors found\n"],
)
def test_no_neighbour_is_an_answer(text: str) -> None:
    assert cdp(text, "sw") == []


@pytest.mark.parametrize("text", ["", "Building configuration...\n", "<html></html>"])
def test_what_is_no_list_is_refused(text: str) -> None:
    for read in (cdp, lldp):
        with pytest.raises(Unexpected):
            read(text, "sw")


def test_a_description_with_titles_in_it_stays_a_description() -> None:
    """A device can say anything: what looks like another title must not become an address."""
    hostile = ENTRY.format("r1", 1) + (
        "Version :\nCisco IOS, Version 15.2\nDevice ID: another\nIP address: 203.0.113.9\n"
        "Platform: Huawei\n\nadvertisement version: 2\n"
    )
    [one] = cdp(hostile + "\nTotal cdp entries displayed : 1\n", "sw")
    assert one.addresses == ("10.1.1.1",)
    assert one.model == "X"
    assert one.name == "r1"


# --- spellings ---


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("0011.2233.4455", "00:11:22:33:44:55"),
        ("00-11-22-33-44-55", "00:11:22:33:44:55"),
        ("00:11:22:33:44:5F", "00:11:22:33:44:5f"),
        ("001122334455", "00:11:22:33:44:55"),
        ("ffff.ffff.ffff", None),
        ("0000.0000.0000", None),
        ("0100.5e00.0001", None),
        ("0011.2233.44", None),
        ("Gi1/0/1", None),
        ("", None),
    ],
)
def test_mac_addresses(text: str, mac: str | None) -> None:
    assert mac_of(text) == mac


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.1.1.1", "10.1.1.1"),
        ("2001:DB8::0001", "2001:db8::1"),
        ("fe80::1%eth0", None),
        ("169.254.1.1", None),
        ("224.0.0.5", None),
        ("0.0.0.0", None),
        ("10.1.1.300", None),
        ("not advertised", None),
    ],
)
def test_addresses(text: str, address: str | None) -> None:
    assert address_of(text) == address


def test_one_thing_in_two_tables_is_told_once() -> None:
    one: Any = read_tape(CASES / "linux" / "neighbours.table.tape")
    twice = one.answers[0].body.replace(b"[", b"[" + one.answers[0].body[1:-1] + b", ", 1)
    tape = replace(one, answers=(replace(one.answers[0], body=twice),))
    found = Visitor(
        device=Device(id="h", platform="linux", subjects=("neighbours",)),
        platform=platform("linux"),
        open_transport=lambda: TapeTransport(tape.answers),
        clock=lambda: WITHOUT_TIME,
        key=KEY,
    ).visit(["neighbours"])
    assert len(found.readings[0].of(Neighbour)) == 3
