"""FortiOS: configuration scripts carried out in order, policies of 6.2 for both IP versions, and
the table of sources that central NAT translates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from tests.by_hand import read

POLICY = """\
    edit {number}
        set name "{name}"
        set srcintf "any"
        set dstintf "any"
        set srcaddr "{source}"
        set dstaddr "all"
        set service "ALL"
    next
"""
OBJECTS = """\
config firewall address
    edit "hq"
        set subnet 10.1.0.0 255.255.0.0
    next
    edit "shop"
        set subnet 10.2.0.0 255.255.0.0
    next
end
config firewall addrgrp
    edit "offices"
        set member "hq" "shop"
    next
end
"""


def policy(number: int | str, name: str, source: str = "all") -> str:
    return POLICY.format(number=number, name=name, source=source)


def block(*parts: str) -> str:
    return f"config firewall policy\n{''.join(parts)}end\n"


FOUR = [policy(number, name) for number, name in enumerate("abcd", start=1)]


def script(*parts: str) -> Reading:
    return read("fortios", "firewall", ("show full-configuration", "".join(parts).encode()))


def rules(reading: Reading) -> list[FirewallRule]:
    assert reading.failure is None, reading.failure
    return [one for one in reading.of(FirewallRule) if not one.implicit]


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        ("", "abcd"),
        ("move 4 before 1\n", "dabc"),
        ("move 1 after 3\n", "bcad"),
        ("move 2 before 2\n", "abcd"),
        ("delete 1 3\n", "bd"),
        ("delete 1\n" + policy(1, "new"), "bcdnew"),
        (policy(2, "again"), "aagaincd"),
        ("clone 1 to 9\nedit 9\nset name copy\nnext\n", "abcdcopy"),
        ("clone 1 to 2\n", "abcd"),
        ("purge\n" + policy(7, "alone"), "alone"),
        (policy(0, "next") + policy(0, "after"), "abcdnextafter"),
        ("edit 3\nset name gone\nabort\nconfig firewall policy\n", "abcd"),
    ],
)
def test_commands_of_a_script_are_carried_out_in_order(lines: str, order: str) -> None:
    found = rules(script(block(*FOUR, lines)))
    assert "".join(str(one.name) for one in found) == order
    assert [one.position for one in found] == list(range(1, len(found) + 1))
    assert len({one.key for one in found}) == len(found)


@pytest.mark.parametrize("line", ["delete 9", "move 9 before 1", "move 1 after 9", "clone 9 to 10"])
def test_a_policy_that_is_changed_and_nowhere_made_is_half_a_list(line: str) -> None:
    failure = script(block(*FOUR, line + "\n")).failure
    assert failure is not None
    assert failure.code == "output_incomplete"


@pytest.mark.parametrize(
    ("lines", "sources"),
    [
        ('append srcaddr "shop"', ("10.1.0.0/16", "10.2.0.0/16")),
        ('append srcaddr "hq"', ("10.1.0.0/16",)),
        ('append srcaddr "shop"\nunselect srcaddr "hq"', ("10.2.0.0/16",)),
        ('select srcaddr "shop"', ("10.2.0.0/16",)),
        ("set srcaddr offices", ("10.1.0.0/16", "10.2.0.0/16")),
        ('set srcaddr "off"ices', ("10.1.0.0/16", "10.2.0.0/16")),
        ("set srcaddr-negate enable\nunset srcaddr-negate", ("10.1.0.0/16",)),
    ],
)
def test_a_policy_is_what_its_lines_make_of_it(lines: str, sources: tuple[str, ...]) -> None:
    (one,) = rules(script(OBJECTS, block(policy(1, "a", "hq"), f"edit 1\n{lines}\nnext\n")))
    assert one.sources == sources
    assert not one.sources_negated


def test_what_a_script_adds_to_and_does_not_hold_has_a_name_for_the_rest() -> None:
    added = 'config firewall addrgrp\nedit "old"\nappend member "hq"\nnext\nend\n'
    (one,) = rules(script(OBJECTS, added, block(policy(1, "a", "old"))))
    assert one.sources == ("what old held before", "10.1.0.0/16")


@pytest.mark.parametrize(
    ("table", "line", "sources"),
    [
        ("address", "rename hq to head", ("10.1.0.0/16", "10.2.0.0/16")),
        ("addrgrp", "rename offices to places", ("10.1.0.0/16", "10.2.0.0/16")),
        ("address", "rename hq to offices", ("10.1.0.0/16", "10.2.0.0/16")),
        ("address", "rename nobody to other", ("10.1.0.0/16", "10.2.0.0/16")),
        ("address", "delete hq", ("hq", "10.2.0.0/16")),
        ("addrgrp", "delete offices", ("offices",)),
    ],
)
def test_a_renamed_object_keeps_its_references(
    table: str, line: str, sources: tuple[str, ...]
) -> None:
    after = f"config firewall {table}\n    {line}\nend\n"
    (one,) = rules(script(OBJECTS, block(policy(1, "a", "offices")), after))
    assert one.sources == sources


def test_each_vdom_has_rows_of_its_own() -> None:
    vdoms = "".join(
        f"config vdom\nedit {name}\n{block(policy(1, name), policy(2, 'x'), line)}end\n"
        for name, line in (("root", "move 2 before 1\n"), ("edge", "delete 2\n"))
    )
    found = [(one.context, one.name) for one in rules(script(vdoms))]
    assert found == [("root", "x"), ("root", "root"), ("edge", "edge")]


# --- policies of both IP versions in 6.2 ---

CONSOLIDATED = """\
#config-version=FGT60E-6.2.7-FW-build1190-201216:opmode=0:vdom=0:user=admin
config system settings
    set consolidated-firewall-mode enable
end
config firewall consolidated policy
    edit 3
        set name "out"
        set uuid 5c1f0a52-6d2e-51ee-8a03-0f3a9be0c103
        set srcintf "lan"
        set dstintf "wan1"
        set srcaddr4 "office"
        set dstaddr4 "all"
        set srcaddr6 "office6"
        set dstaddr6 "all"
        set action accept
        set schedule "always"
        set service "HTTPS"
    next
    edit 1
        set srcintf "any"
        set dstintf "any"
        set srcaddr4 "all"
        set dstaddr4 "all"
        set schedule "always"
        set service "ALL"
        set status disable
    next
    move 1 before 3
end
config firewall address
    edit "office"
        set subnet 10.1.0.0 255.255.0.0
    next
end
config firewall address6
    edit "office6"
        set ip6 2001:db8:1::/48
    next
end
"""


def test_a_consolidated_policy_takes_both_ip_versions_and_a_denial_stands_behind() -> None:
    reading = script(CONSOLIDATED)
    off, out, denial = reading.of(FirewallRule)
    assert (off.enabled, out.name, out.permits, out.family) == (False, "out", True, "inet")
    assert out.sources == ("10.1.0.0/16", "2001:db8:1::/48")
    assert out.destinations == ("any",)
    assert (out.not_understood, out.conditions) == ((), ())
    assert (denial.implicit, denial.permits, denial.position) == (True, False, 3)
    assert denial.policy == out.policy == "consolidated policy"


def rest(path: str, results: Any, version: str = "v6.2.7") -> tuple[str, bytes]:
    body = {
        **{"http_method": "GET", "results": results, "vdom": "root", "status": "success"},
        **{"http_status": 200, "serial": "FGT60E0000000001", "version": version, "build": 1190},
    }
    return f"GET /api/v2/{path}?vdom=*", json.dumps([body]).encode()


def named(*names: str) -> list[dict[str, str]]:
    return [{"name": one, "q_origin_key": one} for one in names]


def row(number: int, **more: Any) -> dict[str, Any]:
    return {
        **{"policyid": number, "status": "enable", "action": "accept", "schedule": "always"},
        **{"srcintf": named("lan"), "dstintf": named("wan1"), "service": named("ALL")},
        **more,
    }


def test_the_same_by_rest_with_its_hits() -> None:
    both = {"srcaddr4": named("all"), "dstaddr4": named("all"), "dstaddr6": named("all")}
    reading = read(
        "fortios",
        "firewall",
        rest("cmdb/firewall/policy", []),
        rest("cmdb/firewall.consolidated/policy", [row(4, **both), row(2, **both)]),
        rest(
            "monitor/firewall/consolidated-policy",
            [
                {"policyid": 0, "bytes": 60, "packets": 1},
                {"policyid": 4, "bytes": 900, "packets": 9, "hit_count": 7, "active_sessions": 1},
                {"policyid": 2, "bytes": 0, "packets": 0},
            ],
        ),
    )
    assert [one.text for one in rules(reading)] == ["policyid 4", "policyid 2"]
    counts = {
        one.key.rpartition("/")[2]: (one.count, one.counting) for one in reading.of(RuleUsage)
    }
    assert counts == {"4": (7, "on"), "2": (0, "on")}
    (denial,) = [one for one in reading.of(FirewallRule) if one.implicit]
    assert (denial.permits, denial.position) == (False, 3)


# --- central NAT ---

CENTRAL = """\
config system settings
    set central-nat enable
end
config firewall central-snat-map
    edit 1
        set srcintf "lan"
        set dstintf "wan1"
        set orig-addr "hq"
        set dst-addr "all"
        set nat disable
    next
    edit 2
        set srcintf "lan"
        set dstintf "wan1"
        set orig-addr "offices"
        set dst-addr "all"
        set nat-ippool "pool-1"
        set protocol 6
        set dst-port 443
    next
    edit 3
        set status disable
        set orig-addr "all"
        set dst-addr "all"
    next
    edit 4
        set srcintf "any"
        set dstintf "any"
        set orig-addr "all"
        set dst-addr "all"
    next
    edit 5
        set srcintf "lan"
        set dstintf "wan1"
        set orig-addr "hq"
        set dst-addr "all"
    next
    move 5 after 4
end
"""
KEPT = "source hq kept by central NAT 1"
POOL = "source offices (protocol 6) (dst-port 443) to pool-1 by central NAT 2"
REST = "source all to the leaving interface by central NAT 4"


@pytest.mark.parametrize(
    ("source", "enters", "told"),
    [
        ("hq", "lan", [KEPT, POOL, REST]),
        ("shop", "lan", [POOL, REST]),
        ("shop", "dmz", [REST]),
        ("nobody knows", "lan", [KEPT, POOL, REST]),
    ],
)
def test_central_nat_says_which_sources_are_translated(
    source: str, enters: str, told: list[str]
) -> None:
    accept = policy(1, "a", source).replace('set srcintf "any"', f'set srcintf "{enters}"')
    accept = accept.replace("    next", "        set action accept\n    next")
    (one,) = rules(script(OBJECTS, CENTRAL, block(accept)))
    assert str(one.nat).split("; ") == told


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], None),
        (
            [{"policyid": 1, "orig-addr": named("all"), "dst-addr": named("all")}],
            "source all to the leaving interface by central NAT 1",
        ),
        (None, "source as the central NAT table says"),
    ],
)
def test_the_central_nat_table_by_rest(rows: list[Any] | None, told: str | None) -> None:
    answers = [
        rest("cmdb/firewall/policy", [row(1, srcaddr=named("all"))], "v7.2.8"),
        rest("cmdb/system/settings", {"central-nat": "enable"}, "v7.2.8"),
    ]
    if rows is not None:
        answers.append(rest("cmdb/firewall/central-snat-map", rows, "v7.2.8"))
    (one,) = rules(read("fortios", "firewall", *answers))
    assert one.nat == told
