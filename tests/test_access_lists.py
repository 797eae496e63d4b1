"""Access lists of IOS and NX-OS: groups that hold themselves or too much, and long listings."""

from time import process_time

import pytest

from collectors._cisco.access_list import lists
from collectors._cisco.ace import wildcard
from collectors.ios._groups import groups
from evidence.facts import FirewallRule, RuleUsage
from tests.by_hand import read

ROUTER = (
    "branch-rt uptime is 10 weeks, 6 days, 30 minutes\n"
    "Cisco {model} (revision 1.0) with 483328K/40960K bytes of memory.\n"
    "Processor board ID FTX0000TST1\n"
)
LISTED = "Extended IP access list EDGE_IN\n    10 permit tcp any any eq 443\n"


def test_groups_within_groups_are_read_once_each() -> None:
    doubled = "".join(
        f"Network object group G{n}\n group-object G{n - 1}\n group-object G{n - 1}\n"
        for n in range(1, 200)
    )
    addresses, _ = groups("Network object group G0\n host 10.0.0.1\n" + doubled)
    assert addresses["G199"] == ("10.0.0.1/32",)


def test_groups_nested_without_end_stay_names() -> None:
    nested = "".join(f"Network object group G{n}\n group-object G{n + 1}\n" for n in range(5_000))
    addresses, _ = groups(nested + "Network object group G5000\n host 10.0.0.1\n")
    assert "G0" not in addresses


def test_a_group_that_holds_itself_stays_a_name() -> None:
    addresses, _ = groups(
        "Network object group A\n host 10.0.0.1\n group-object B\n"
        "Network object group B\n group-object A\n"
        "Network object group C\n host 10.0.0.2\n"
        "Network object group EMPTY\n"
    )
    assert addresses == {"C": ("10.0.0.2/32",)}


@pytest.mark.parametrize(
    ("bits", "said"),
    [
        ("0.0.0.0", "10.1.1.1/32"),
        ("0.0.0.255", "10.1.1.0/24"),
        ("255.255.255.255", "any"),
        ("255.0.0.0", "10.1.1.1 wildcard 255.0.0.0"),
        ("0.0.255.0", "10.1.1.1 wildcard 0.0.255.0"),
    ],
)
def test_wildcard_bits_are_no_mask(bits: str, said: str) -> None:
    assert wildcard("10.1.1.1", bits) == said


@pytest.mark.parametrize(
    ("model", "count", "counting"),
    [
        ("CISCO2911/K9", 0, "on"),
        ("1841", 0, "on"),
        ("ISR4331/K9", 0, "on"),
        ("WS-C2960X-48TS-L", None, "unknown"),
        ("C9300-24T", None, "unknown"),
        ("C1000-24T-4G-L", None, "unknown"),
        ("ASR1001-X", None, "unknown"),
    ],
)
def test_no_counter_is_zero_only_where_software_filters(
    model: str, count: int | None, counting: str
) -> None:
    reading = read(
        "ios",
        "firewall",
        ("show version", ROUTER.format(model=model).encode()),
        ("show ip access-lists", LISTED.encode()),
    )
    (usage,) = reading.of(RuleUsage)
    assert (usage.count, usage.counting) == (count, counting)


@pytest.mark.parametrize(
    "beside",
    [" (7 matches)", " (1 match)", " log (tag = edge)", " log (hash = 0x4B31A2) (7 matches)"],
)
def test_what_a_device_adds_to_an_entry_is_no_word_of_it(beside: str) -> None:
    listed = LISTED.replace("eq 443", f"eq 443{beside}")
    (rule, *_) = read("ios", "firewall", ("show ip access-lists", listed.encode())).of(FirewallRule)
    assert (rule.services, rule.conditions, rule.not_understood) == (("tcp/443",), (), ())


def test_a_rule_keeps_its_key_when_it_is_renumbered_and_logged() -> None:
    changed = LISTED.replace("10 permit", "990 permit").replace("eq 443", "eq 443 log")
    before, after = (
        read("ios", "firewall", ("show ip access-lists", text.encode())).of(FirewallRule)
        for text in (LISTED, changed)
    )
    assert [one.key for one in before] == [one.key for one in after]
    assert before[0].match_digest == after[0].match_digest


def test_a_long_listing_is_read_at_once() -> None:
    entries = "".join(
        f"    {n}0 permit tcp 10.{n % 200}.0.0 0.0.255.255 host 192.0.2.7 eq {n} ({n} matches)\n"
        for n in range(1, 10_001)
    )
    began = process_time()
    (one,) = lists("Extended IP access list LONG\n" + entries, "here", {}, {})
    assert [entry.count for entry in one.entries] == list(range(1, 10_001))
    assert process_time() - began < 5


def test_the_lists_of_ipv6_may_be_all_that_was_delivered() -> None:
    text = b"IPv6 access list V6\n    permit tcp any any eq 22 (8 matches) sequence 10\n"
    reading = read("ios", "firewall", ("show ipv6 access-list", text))
    assert reading.failure is None, reading.failure
    assert [one.family for one in reading.of(FirewallRule) if not one.implicit] == ["ip6"]
    assert [one.count for one in reading.of(RuleUsage)] == [8]
    refused = (b"% Invalid input detected at '^' marker.\n", b"Command authorization failed.\n")
    for answer in refused:
        both = (("show ip access-lists", answer), ("show ipv6 access-list", text))
        assert read("ios", "firewall", *both).failure is not None


PARTITION = """\
Building configuration...
Configuration of Partition - access-list
!
ip access-list extended OUT
 remark to the web
 permit tcp any host 10.1.1.1 eq www
 deny ip any any
access-list 23 permit 10.0.0.0 0.0.0.255
ipv6 access-list SIX
 permit ipv6 any any
!
"""


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        (PARTITION, 4),
        (PARTITION + "end\n", 4),
        (PARTITION.rstrip("!\n"), None),  # it may break off within its last line
        (PARTITION + "interface Vlan1\n", None),  # a part of something else
        ("object-group network G\n host 10.1.1.1\n", None),
    ],
)
def test_a_partition_of_a_configuration_is_its_lists_applied_nobody_knows_where(
    text: str, entries: int | None
) -> None:
    command = "show running-config partition access-list"
    reading = read("ios", "firewall", (command, text.encode()))
    if entries is None:
        assert reading.failure is not None
        return
    assert reading.failure is None, reading.failure
    found = reading.of(FirewallRule)
    assert len(found) == entries
    assert {one.installed_on for one in found} == {("not read",)}
