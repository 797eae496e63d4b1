"""What vendors say is data: that it is well formed, narrow, and finds the right family."""

import re

import pytest

from collectors.snmp import PROBE, VENDOR_ASKS
from collectors.snmp.answers import Answers, is_blanked, oid, said
from collectors.snmp.conclude import facts_of
from collectors.snmp.family import ANY, Family, View
from collectors.snmp.identify import family_of
from collectors.snmp.vendors import FAMILIES, VENDORS
from evidence.facts import HardwareItem, SoftwareRelease
from tests.by_hand import AT

# A product's own subtree is at least this long; a whole enterprise's holds communities and users.
NARROW = 9
GROUPS = {"version", "model", "serial", "build", "name"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: f"{family.vendor}-{family.label}")
def test_a_family_is_well_formed(family: Family) -> None:
    assert set(re.compile(family.says).groupindex) <= GROUPS
    assert family.under or family.probe
    sources = (*family.version, *family.build, *family.model, *family.serial)
    for source in sources:
        re.compile(source.cut)
    if any("{branch}" in source.where for source in sources):
        assert re.compile(family.branch).groups == 1


def test_no_ask_reaches_for_a_whole_subtree() -> None:
    wide = [
        word
        for ask in (*VENDOR_ASKS, PROBE)
        for word in ask.text.split()[1:]
        if len(word.split(".")) < NARROW
    ]
    assert not wide


@pytest.mark.parametrize(
    ("object_id", "description", "product"),
    [
        ("9.1.2494", "Cisco IOS Software [Cupertino], Catalyst L3 Switch Software", "iosxe"),
        ("9.1.1208", "Cisco IOS Software, C2960S Software, Version 15.2(2a)E1", "ios"),
        ("9.1.1902", "Cisco IOS XR Software (Cisco ASR9K Series), Version 6.6.3[Default]", "iosxr"),
        ("9.12.3.1.3.1843", "Cisco NX-OS(tm) n9000, Software (n9000-dk9), Version 9.3", "nxos"),
        ("9.1.2109", "Cisco Adaptive Security Appliance Version 9.16(4)57", "asa"),
        ("9.1.2409", "Cisco Firepower Threat Defense, Version 7.2.5 (Build 208), ASA", "ftd"),
        ("12356.101.1.644", "Cisco Adaptive Security Appliance Version 9.1", "fortios"),
        ("25461.2.3.24", "anything", "panos"),
        ("8072.3.2.10", "pfSense fw 2.7.2-RELEASE pfSense FreeBSD 14.0-CURRENT amd64", "pfsense"),
        (
            "311.1.1.3.1.2",
            "Hardware: x - Software: Windows Version 6.3 (Build 20348",
            "windows-server",
        ),
        ("11.2.3.7.11.160", "", "arubaos-switch"),
        ("64999.1", "a box", None),
    ],
)
def test_the_family_of(object_id: str, description: str, product: str | None) -> None:
    assert family_of(f"1.3.6.1.4.1.{object_id}", description, Answers()).product == product


def test_a_number_that_several_products_share_decides_nothing() -> None:
    """Cisco's products share 9.1: without a word in sysDescr the product stays unknown."""
    family = family_of("1.3.6.1.4.1.9.1.9999", "core switch, ask Wang", Answers())
    assert (family.vendor, family.product) == ("Cisco", None)


def test_vendors_are_enterprise_numbers() -> None:
    assert all(number.isdecimal() and name for number, name in VENDORS.items())


@pytest.mark.parametrize("nothing", [None, "", "N/A", " none ", "Not Specified", '"unknown"', "--"])
def test_what_stands_for_nothing_is_nothing(nothing: str | None) -> None:
    assert said(nothing) is None


@pytest.mark.parametrize("blanked", ["<private>", "redacted", "000000000000", "FGT60FTK00000000"])
def test_a_blanked_value_is_kept_and_identifies_nothing(blanked: str) -> None:
    assert said(blanked) == blanked and is_blanked(blanked)


@pytest.mark.parametrize("serial", ["FCW2204L050", "SN123456789", "CN50A1Z4BN", "6F3A071688EA"])
def test_a_serial_number_identifies(serial: str) -> None:
    assert not is_blanked(serial)


def test_an_oid_is_complete_or_below_enterprises() -> None:
    assert oid("9.9.25") == (1, 3, 6, 1, 4, 1, 9, 9, 25)
    assert oid(".1.3.6.1.2.1.1") == (1, 3, 6, 1, 2, 1, 1)


# What an administrator or a kernel may have put into sysDescr, on whosever agent.
_SAYS_NOTHING = (
    "Linux node7 3.10.0-862.14.4.el7.x86_64 #1 SMP Wed Sep 26 15:12:11 UTC 2018 x86_64",
    "Linux 2.6.32.71 #1 Tue mips",
    "core switch, building 7: contact noc@example.com 10.20.30.40",
)


def test_a_text_that_is_not_the_maker_s_tells_neither_release_nor_model() -> None:
    below = {one for family in FAMILIES for one in family.under if one != ANY}
    below |= set(sorted(VENDORS)[:9])  # of makers without a family one is like the other
    claimed = []
    for where in sorted(below):
        for text in _SAYS_NOTHING:
            object_id = f"1.3.6.1.4.1.{where}.99"
            family = family_of(object_id, text, Answers())
            facts = facts_of(family, View(Answers(), text, object_id), (), AT)
            claimed += [
                (where, text, fact)
                for fact in facts
                if isinstance(fact, HardwareItem)
                or (isinstance(fact, SoftwareRelease) and fact.version and fact.part != "kernel")
            ]
    assert not claimed
