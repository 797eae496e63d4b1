"""What an ASA's place changes: its context, failover or cluster, its levels and time ranges."""

from __future__ import annotations

import pytest

from checks import default_is_deny, rule_is_not_expired
from evidence.facts import FirewallRule, RuleUsage, Unit
from evidence.observation import Result
from evidence.reading import Reading
from tests.by_hand import read
from tests.judging import read as read_facts
from tests.judging import seen

LIST = (
    "show access-list",
    "access-list OUT; 3 elements; name hash: 0x1\n"
    "access-list OUT line 1 extended permit tcp any host 10.1.1.1 eq https time-range SUPPLIER "
    "(hitcnt=5) (inactive) 0x00000011\n"
    "access-list OUT line 2 extended permit tcp any host 10.1.1.2 eq https time-range NIGHTS "
    "(hitcnt=0) 0x00000012\n"
    "access-list OUT line 3 extended permit tcp any host 10.1.1.3 eq https inactive (hitcnt=1) "
    "(inactive) 0x00000013\n",
)
BOUND = ("show running-config access-group", "access-group OUT in interface outside\n")
NAMEIF = (
    "show nameif",
    "Interface                Name                     Security\n"
    "GigabitEthernet0/0       outside                  0\n"
    "GigabitEthernet0/1       inside                   100\n"
    "GigabitEthernet0/2       dmz                      50\n"
    "GigabitEthernet0/3       partner                  50\n"
    "Management0/0            management               100\n",
)


def told(*answers: tuple[str, str], **options: str) -> Reading:
    return read(
        "asa", "firewall", *((ask, text.encode()) for ask, text in (LIST, *answers)), **options
    )


def rules(reading: Reading) -> list[FirewallRule]:
    assert reading.failure is None, reading.failure
    return reading.of(FirewallRule)


CONTEXTS = (
    "Context Name      Class      Interfaces           Mode         URL\n"
    "*{name}           default    GigabitEthernet0/0.1,  Routed       disk0:/{name}.cfg\n"
    "                             GigabitEthernet0/1.1\n"
)


def test_another_context_s_answer_is_no_list_of_this_one() -> None:
    own = told(("show context", CONTEXTS.format(name="edge")), context="edge")
    assert {one.context for one in rules(own)} == {"edge"}
    other = told(("show context", CONTEXTS.format(name="admin")), context="edge")
    assert other.failure is not None
    assert "'admin' answers" in other.failure.message


def test_a_single_unit_has_no_context_to_ask_about() -> None:
    refused = told(
        ("show context", "ERROR: % Invalid input detected at '^' marker.\n"), context="x"
    )
    assert rules(refused)


def test_within_a_context_the_unit_s_part_is_the_context_s() -> None:
    text = (
        "Failover On \nLast Failover at: 12:52:34 UTC Nov 20 2026\n"
        "        This context: Standby Ready\n                Active time: 0 (sec)\n"
        "        Peer context: Active\n                Active time: 4711 (sec)\n"
    )
    (unit,) = told(("show failover", text)).of(Unit)
    assert unit.ha_role == "standby"


CLUSTER = """\
Cluster brokers: On
    Interface mode: spanned
    This is "A" in state CONTROL_NODE
        ID        : 0
        Version   : 9.16(4)
        Serial No.: JAD0000000A
Other members in the cluster:
    Unit "B" in state DATA_NODE
        ID        : 1
        Serial No.: JAD0000000B
    Unit "C" in state DATA_NODE
        ID        : 2
        Serial No.: JAD0000000C
"""


def test_a_member_of_a_cluster_is_one_of_several() -> None:
    (unit,) = told(("show cluster info", CLUSTER)).of(Unit)
    assert (unit.ha_mode, unit.ha_role) == ("cluster", "member")
    assert unit.ha_peer == "JAD0000000B, JAD0000000C"
    assert not told(("show cluster info", "Clustering is not configured\n")).of(Unit)


SAME = "show running-config same-security-traffic"
INTER, INTRA = (f"same-security-traffic permit {word}-interface\n" for word in ("inter", "intra"))


@pytest.mark.parametrize(
    ("same", "dmz"),
    [
        (None, ("outside",)),
        ("", ("outside",)),
        (INTER, ("outside", "partner")),
        (INTRA, ("outside", "dmz")),
        (INTER + INTRA, ("outside", "partner", "dmz")),
    ],
)
def test_levels_permit_where_no_list_decides(same: str | None, dmz: tuple[str, ...]) -> None:
    reading = told(BOUND, NAMEIF, *([(SAME, same)] if same is not None else []))
    by_level = [one for one in rules(reading) if one.policy.startswith("security-level")]
    permitted = {one.source_zones: one.destination_zones for one in by_level if one.permits}
    assert permitted["dmz",] == dmz
    assert permitted["inside",][:3] == ("outside", "dmz", "partner")
    denied = [one for one in by_level if one.permits is False]
    assert [one.source_zones for one in denied] == [("inside",), ("dmz",), ("partner",)]
    assert all(one.destination_zones == () for one in denied), "everything else"
    unknown = [one for one in by_level if one.permits is None]
    assert bool(unknown) == (same is None), "unless told, equal levels are not judged"
    assert all(one.not_understood for one in unknown)
    found = list(default_is_deny.check(seen(read_facts("fw-01", "firewall", *reading.facts))))
    assert sum(one.state == "default_permits" for one in found) == len(permitted)
    assert sum(one.result is Result.satisfied for one in found) == 1 + len(denied)


def test_a_list_applied_outbound_decides_of_what_leaves_there() -> None:
    bound = ("show running-config access-group", "access-group OUT out interface outside\n")
    found = {one.key: one.destination_zones for one in rules(told(bound, NAMEIF))}
    assert found["-/ip/security-level/inside"] == ("dmz", "partner")
    assert "-/ip/security-level/dmz" not in found
    assert found["-/ip/security-level/outside/deny"] == ()


WHOLE = """\
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.1 255.255.255.0
!
interface GigabitEthernet0/1
 nameif inside
 security-level 100
!
interface GigabitEthernet0/2
 shutdown
 nameif old
 security-level 50
!
interface Management0/0
 management-only
 nameif management
 security-level 100
!
same-security-traffic permit intra-interface
name 10.1.1.10 web
object network web-net
 subnet 10.1.2.0 255.255.255.0
object network holes
 subnet 10.0.0.0 0.0.0.255
object-group network SERVERS
 description of several
 network-object host web
 network-object 10.1.3.0 255.255.255.0
 network-object object web-net
 group-object MORE
object-group network MORE
 network-object host 2001:db8::5
object-group network LOOP
 group-object LOOP
object service ALT
 service tcp source gt 1023 destination eq 8443
object-group service WEB
 service-object tcp destination eq https
 service-object object ALT
 service-object udp destination range 8000 8010
 service-object icmp echo
object-group service PORTS tcp
 port-object eq ssh
 port-object range 6000 6010
object-group protocol BOTH
 protocol-object tcp
 protocol-object udp
object-group icmp-type PINGS
 icmp-object echo
 icmp-object echo-reply
access-list IN extended permit tcp any object-group SERVERS object-group PORTS
access-list IN extended permit object-group WEB any host web
access-list IN extended permit object-group BOTH any object web-net eq domain
access-list IN extended permit icmp any any object-group PINGS
access-list IN extended permit tcp web 255.255.255.255 object-group LOOP eq 22
access-list IN extended permit ip object holes object unknown
ipv6 access-list IN6 permit tcp any any eq https
access-group IN in interface outside
access-group IN6 in interface outside
"""


def test_a_whole_configuration_tells_its_names_and_its_levels() -> None:
    reading = read("asa", "firewall", ("show running-config", WHOLE.encode()))
    found = [one for one in rules(reading) if not one.implicit]
    assert [(one.sources, one.destinations, one.services) for one in found] == [
        (
            ("any",),
            ("10.1.1.10", "10.1.3.0/24", "10.1.2.0/24", "2001:db8::5"),
            ("tcp/ssh", "tcp/6000-6010"),
        ),
        (("any",), ("10.1.1.10",), ("tcp/https", "tcp/8443 from >1023", "udp/8000-8010",
                                    "icmp/echo")),
        (("any",), ("10.1.2.0/24",), ("tcp/domain", "udp/domain")),
        (("any",), ("any",), ("icmp/echo", "icmp/echo-reply")),
        (("10.1.1.10/32",), ("LOOP",), ("tcp/22",)),
        (("10.0.0.0 netmask 0.0.0.255",), ("unknown",), ("any",)),
        (("any",), ("any",), ("tcp/https",)),
    ]  # fmt: skip
    assert found[-1].family == "ip6"
    assert not any(one.not_understood for one in found)
    by_level = [one for one in rules(reading) if one.policy.startswith("security-level")]
    assert [(one.source_zones, one.permits, one.destination_zones) for one in by_level] == [
        (("inside",), True, ("outside", "inside")),
        (("inside",), False, ()),
    ]


def test_a_changed_group_is_a_changed_match() -> None:
    changed = WHOLE.replace("10.1.3.0", "10.1.4.0")
    before, after = (
        {one.key: one.match_digest for one in rules(read("asa", "firewall", (ask, text.encode())))}
        for ask, text in (("show running-config", WHOLE), ("show running-config", changed))
    )
    assert before.keys() == after.keys()
    assert sum(before[key] != after[key] for key in before) == 1


def test_groups_that_are_searched_and_not_expanded_are_opened_by_the_configuration() -> None:
    listing = (
        "access-list OUT; 1 elements; name hash: 0x1\n"
        "access-list OUT line 1 extended permit tcp object-group SERVERS any eq https "
        "(hitcnt=2) 0x00000011\n"
        "  access-list OUT line 1 extended permit tcp v4-object-group SERVERS(65537) any eq https "
        "(hitcnt=2) 0x00000012\n"
    )
    groups = "object-group network SERVERS\n network-object host 10.1.1.10\n"
    for objects, sources in (((), ("SERVERS",)), ((groups,), ("10.1.1.10",))):
        answers = [("show running-config object-group", one) for one in objects]
        asked = (("show access-list", listing), BOUND, *answers)
        reading = read("asa", "firewall", *((ask, text.encode()) for ask, text in asked))
        (one,) = [one for one in rules(reading) if not one.implicit]
        assert one.sources == sources
        assert not one.not_understood


@pytest.mark.parametrize(
    "bound", [(), (("show running-config access-group", "access-group OUT global\n"),)]
)
def test_levels_say_nothing_where_bindings_are_not_told_or_a_global_list_stands(
    bound: tuple[tuple[str, str], ...],
) -> None:
    assert not any("security-level" in one.policy for one in rules(told(*bound, NAMEIF)))


TIMES = (
    "show running-config time-range",
    "time-range SUPPLIER\n absolute start 00:00 01 January 2026 end 23:59 30 June 2026\n!\n"
    "time-range NIGHTS\n periodic daily 22:00 to 23:59\n!\n",
)


def test_a_time_range_that_is_over_is_no_rule_that_is_off() -> None:
    """`(inactive)` is what the ASA adds while the range is not on; `inactive` is written."""
    without, with_ = (rules(told(BOUND, *more)) for more in ((), (TIMES,)))
    assert [one.enabled for one in with_ if not one.implicit] == [True, True, False]
    assert [one.schedule for one in with_][:3] == [
        "SUPPLIER until 2026-06-30",
        "NIGHTS recurring",
        None,
    ]
    assert [one.schedule for one in without][:2] == ["SUPPLIER", "NIGHTS"]
    assert [one.key for one in with_] == [one.key for one in without]
    assert [one.match_digest for one in with_] == [one.match_digest for one in without]
    readings = seen(read_facts("fw-01", "firewall", *told(BOUND, TIMES).facts))
    states = {one.state for one in rule_is_not_expired.check(readings)}
    assert "end_unknown" not in states
    assert any("expired" in state or "ended" in state for state in states), states


def test_what_hides_in_a_listing_is_counted_once() -> None:
    """A line with groups, expanded or (`object-group-search`) not: its own count, never both."""
    expanded = (
        "access-list G; 2 elements; name hash: 0x1\n"
        "access-list G line 1 extended permit tcp any object-group WEB eq https (hitcnt=7) 0x01\n"
        "  access-list G line 1 extended permit tcp any host 10.1.1.1 eq https (hitcnt=3) "
        "0x00000011\n"
        "  access-list G line 1 extended permit tcp any host 10.1.1.2 eq https (hitcnt=4) "
        "0x00000012\n"
    )
    whole = "".join(line for line in expanded.splitlines(True) if not line.startswith("  "))
    for text in (expanded, whole.replace("0x01", "0x00000001")):
        reading = read("asa", "firewall", ("show access-list", text.encode()))
        assert reading.failure is None, reading.failure
        assert [one.count for one in reading.of(RuleUsage)] == [7]


def test_a_last_line_of_a_list_for_clientless_vpn_ends_with_its_count() -> None:
    line = "access-list W line 1 webtype permit url http://*.example.com/* (hitcnt=4)"
    text = f"{LIST[1]}access-list W; 1 elements; name hash: 0x2\n{line}"
    reading = read("asa", "firewall", ("show access-list", f"{text}\n".encode()))
    assert [one.policy for one in rules(reading)][-1] == "W"
    cut = read("asa", "firewall", ("show access-list", text.removesuffix("=4)").encode()))
    assert cut.failure is not None
