"""What devices mislead with: what is told of each, and which test shows it.

`docs/traps.md` is the table; what no other test shows is shown here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from collectors._managed.openers import openers
from evidence.facts import Fact, FirewallRule, RuleUsage
from evidence.reading import Reading
from evidence.tape import Tape, read_tape
from evidence.usage import ALL_ASSUMPTIONS, Assumption, State
from tests.by_hand import read
from tests.test_cases import CASES, read_case
from tests.test_daemon import ROOT
from tests.usage_vectors import daily, proof_of

PAGE = (ROOT / "docs" / "traps.md").read_text("utf-8")


def test_every_proof_that_the_page_names_exists() -> None:
    tests = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)
    cases = re.findall(r"`cases/([\w/.-]+)`", PAGE)
    missing = [
        f"{file}::{test}"
        for file, test in tests
        if not re.search(rf"^def {test}\(", (ROOT / "tests" / file).read_text("utf-8"), re.M)
    ]
    missing += [case for case in cases if not (CASES / f"{case}.tape").exists()]
    rows = [line for line in PAGE.splitlines() if re.match(r"\|(?! Platform |---)", line)]
    assert not missing
    assert all("test_" in row or "cases/" in row for row in rows)
    assert len(rows) > 80


# --- packets that pass by the counters ---

MIKROTIK = CASES / "mikrotik" / "firewall.rest.tape"
COUNTED = RuleUsage(key="r", count=0, count_unit="packets")


def marked(facts: Iterable[Fact]) -> set[bool]:
    return {one.openers for one in facts if isinstance(one, RuleUsage)}


def filtered(change: Any) -> Tape:
    tape = read_tape(MIKROTIK)
    answers = []
    for one in tape.answers:
        body = one.body
        if "/firewall/filter" in one.ask:
            body = json.dumps([change(row) for row in json.loads(body)]).encode()
        answers.append(replace(one, body=body))
    return replace(tape, answers=tuple(answers))


def test_behind_fasttrack_and_known_connections_a_counter_sees_openers_alone() -> None:
    def no_connection(row: dict[str, Any]) -> dict[str, Any]:
        plain = {key: value for key, value in row.items() if key != "connection-state"}
        fast = row.get("action") == "fasttrack-connection"
        return plain | ({"disabled": "true"} if fast else {})

    as_it_is = read_case(filtered(lambda row: row), "firewall")
    assert marked(as_it_is.facts) == {True}
    assert marked(read_case(filtered(no_connection), "firewall").facts) == {False}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            FirewallRule(key="1", action="accept", conditions=("ct state established,related",)),
            True,
        ),
        (FirewallRule(key="1", action="vmap", text="ct state vmap { established : accept }"), True),
        (FirewallRule(key="1", action="continue", text="ip protocol tcp flow add @ft"), True),
        (FirewallRule(key="1", action="offload"), True),
        (FirewallRule(key="1", action="fasttrack-connection"), True),
        (FirewallRule(key="1", action="fasttrack-connection", enabled=False), False),
        (FirewallRule(key="1", action="drop", conditions=("ct state established",)), False),
        (FirewallRule(key="1", action="accept", conditions=("ct state new",)), False),
    ],
)
def test_what_takes_known_connections_past_the_rules(rule: FirewallRule, expected: bool) -> None:
    assert marked(openers([rule, COUNTED])) == {expected}
    assert marked(openers([COUNTED], carried=True)) == {True}
    sessions = replace(COUNTED, count_unit="sessions")
    assert marked(openers([rule, sessions], carried=True)) == {False}


def test_a_vyos_that_takes_known_connections_by_its_policy_says_so() -> None:
    tape = read_tape(CASES / "vyos" / "firewall.names.tape")
    plain = [
        replace(one, body=re.sub(rb"(?m)^set .* state (?:established|related).*\n", b"", one.body))
        for one in tape.answers
    ]
    policy = b"set firewall state-policy established action 'accept'\n"
    with_policy = [
        replace(one, body=one.body + policy) if "configuration" in one.ask else one for one in plain
    ]
    found = [
        marked(read_case(replace(tape, answers=tuple(answers)), "firewall").facts)
        for answers in (plain, with_policy)
    ]
    assert found == [{False}, {True}]


def packets(readings: list[Reading], **told: Any) -> list[Reading]:
    return [
        replace(
            one,
            facts=tuple(
                replace(fact, count_unit="packets", **told) if isinstance(fact, RuleUsage) else fact
                for fact in one.facts
            ),
        )
        for one in readings
    ]


def test_the_proof_of_a_counter_of_openers_names_what_it_assumes() -> None:
    every, openers_alone = packets(daily()), packets(daily(), openers=True)
    assert Assumption.no_older_sessions not in proof_of(every).assumptions
    assert Assumption.no_older_sessions in proof_of(openers_alone).assumptions
    refused = ALL_ASSUMPTIONS & ~Assumption.no_older_sessions
    assert proof_of(every, accept=refused).state is State.proven
    assert proof_of(openers_alone, accept=refused).state is State.insufficient


# --- other platforms ---


def fortios(results: list[dict[str, Any]]) -> list[RuleUsage]:
    """Statistics of the first VDOM's policies, as given."""
    tape = read_tape(CASES / "fortios" / "firewall.two_vdoms.tape")
    answers = []
    for one in tape.answers:
        body = one.body
        if "monitor/firewall/policy" in one.ask:
            document = json.loads(body)
            document[0]["results"] = results
            body = json.dumps(document).encode()
        answers.append(replace(one, body=body))
    reading = read_case(replace(tape, answers=tuple(answers)), "firewall")
    assert reading.failure is None, reading.failure
    return [one for one in reading.of(RuleUsage) if one.key.startswith("root/")]


@pytest.mark.parametrize(
    ("row", "count", "counting"),
    [
        ({"bytes": 0, "packets": 0}, 0, "on"),  # in the answer, and never hit
        ({}, None, "unknown"),
        ({"bytes": 9, "packets": 1}, None, "unknown"),  # traffic that nobody counted: offloaded
        ({"bytes": 9, "packets": 1, "hit_count": 2**40}, 2**40, "on"),
        ({"bytes": 0, "packets": 0, "hit_count": None}, None, "unknown"),
    ],
)
def test_a_fortigate_leaves_out_what_was_never_hit(
    row: dict[str, Any], count: int | None, counting: str
) -> None:
    (found,) = fortios([{"policyid": 3, **row}])
    assert (found.count, found.counting) == (count, counting)


def test_a_policy_that_is_not_in_the_statistics_has_no_count() -> None:
    assert fortios([]) == []


def test_a_rule_of_pan_os_that_was_never_hit_has_zeros_for_times() -> None:
    tape = read_tape(CASES / "panos" / "firewall.panorama_pair.tape")

    def unhit(body: bytes) -> bytes:
        for name in ("hit-count", "last-hit-timestamp", "first-hit-timestamp"):
            body = re.sub(rf"<{name}>\d+</".encode(), f"<{name}>0</".encode(), body)
        return re.sub(rb"<last-reset-timestamp>\d+</", b"<last-reset-timestamp>0</", body)

    answers = tuple(replace(one, body=unhit(one.body)) for one in tape.answers)
    found = read_case(replace(tape, answers=answers), "firewall").of(RuleUsage)
    assert found
    assert {(one.count, one.first_hit_at, one.last_hit_at) for one in found} == {(0, None, None)}
    assert not any(one.counter_reset_at and one.counter_reset_at.year < 2000 for one in found)


SRX = """\
Logical system: root-logical-system
Index   From zone        To zone           Name           Policy count  Action
{rows}
Number of policy: {number}
"""


def test_rows_of_an_srx_come_in_any_order_and_outgrow_their_columns() -> None:
    rows = [
        "1  junos-global  junos-global  a-name-that-is-much-longer-than-its-column-is 7 Deny",
        "2       trust            untrust           web            18446744073709 Permit",
    ]
    found = []
    for order in (rows, rows[::-1]):
        body = SRX.format(rows="\n".join(order), number=2).encode()
        reading = read("junos", "firewall", ("show security policies hit-count", body))
        assert reading.failure is None, reading.failure
        found.append({one.key: one.count for one in reading.of(RuleUsage)})
    assert found[0] == found[1]
    assert sorted(filter(None, found[0].values())) == [7, 18446744073709]


def test_a_rounded_count_of_iptables_can_show_traffic_and_no_silence() -> None:
    listing = (
        "Chain FORWARD (policy DROP 0 packets, 0 bytes)\n"
        " pkts bytes target     prot opt in     out     source               destination\n"
        " 318K   27M ACCEPT     tcp  --  eth0   eth1    0.0.0.0/0            10.0.0.5    "
        "tcp dpt:443\n"
        "    0     0 ACCEPT     tcp  --  eth0   eth1    0.0.0.0/0            10.0.0.6    "
        "tcp dpt:443\n"
    )
    reading = read("linux", "firewall", ("iptables -L -v -n", listing.encode()))
    assert reading.failure is None, reading.failure
    told = {one.count: one.counting for one in reading.of(RuleUsage) if "policy" not in one.key}
    assert told == {318_000: "unknown", 0: "on"}


SHOWN = """\
config firewall address
    edit "all"
    next
    edit "untouched"
        set comment "nothing said"
    next
    edit "named"
        set type fqdn
        set fqdn "www.example.com"
    next
end
config firewall address6
    edit "all6"
    next
end
config firewall service custom
    edit "ALL"
        set protocol IP
    next
    edit "partner"
        set iprange 198.51.100.1-198.51.100.9
        set tcp-portrange 443
    next
end
config firewall policy
    edit 1
        set srcintf "a"
        set dstintf "b"
        set action accept
        set srcaddr "{source}"
        set {field} "{destination}"
        set service "{service}"{more}
    next
end
"""


@pytest.mark.parametrize(
    ("source", "field", "destination", "service", "more", "said"),
    [
        ("untouched", "dstaddr", "all", "ALL", "", (("any",), ("any",), ("any",), ())),
        ("named", "dstaddr6", "all6", "ALL", "", (("named",), ("any",), ("any",), ())),
        ("all", "dstaddr", "named", "partner", "", (("any",), ("named",), ("partner",), ())),
        (
            "all",
            "dstaddr6",
            "all6",
            "ALL",
            '\n        set internet-service enable\n        set internet-service-name "X-Web"',
            (("any",), ("any",), ("any",), ("internet-service-name X-Web",)),
        ),
    ],
)
def test_what_a_fortigate_leaves_out_is_its_default(
    source: str, field: str, destination: str, service: str, more: str, said: tuple[Any, ...]
) -> None:
    body = SHOWN.format(
        source=source, field=field, destination=destination, service=service, more=more
    )
    reading = read("fortios", "firewall", ("show", body.encode()))
    assert reading.failure is None, reading.failure
    rule = reading.of(FirewallRule)[0]
    assert (rule.sources, rule.destinations, rule.services, rule.conditions) == said


def test_a_flow_table_of_nft_is_seen_in_both_its_forms() -> None:
    chain = {"family": "inet", "table": "t", "name": "f", "handle": 2}
    rule = {"family": "inet", "table": "t", "chain": "f"}
    listed: list[dict[str, Any]] = [
        {"metainfo": {"version": "1.0.9", "json_schema_version": 1}},
        {"table": {"family": "inet", "name": "t", "handle": 1}},
        {"chain": {**chain, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
        {
            "rule": {
                **rule,
                "handle": 3,
                "expr": [
                    {"counter": {"packets": 1, "bytes": 60}},
                    {"flow": {"op": "add", "flowtable": "@ft"}},
                ],
            }
        },
    ]
    text = (
        "table inet t {\n\tflowtable ft {\n\t\thook ingress priority 0; devices = { eth0 };\n\t}\n"
        "\n\tchain f {\n\t\ttype filter hook forward priority 0; policy drop;\n"
        "\t\tcounter packets 1 bytes 60 flow add @ft\n\t}\n}\n"
    )
    in_json = read(
        "linux", "firewall", ("nft -j list ruleset", json.dumps({"nftables": listed}).encode())
    )
    in_text = read("linux", "firewall", ("nft list ruleset", text.encode()))
    for reading in (in_json, in_text):
        assert reading.failure is None, reading.failure
        assert marked(reading.facts) == {True}
    keys = [[one.key for one in reading.of(FirewallRule)] for reading in (in_json, in_text)]
    assert keys[0] == keys[1]


def test_a_rule_that_only_monitors_has_no_count_of_an_ftd() -> None:
    reading = read_case(read_tape(CASES / "fmc" / "firewall.pair.tape"), "firewall")
    rules = {one.key: one for one in reading.of(FirewallRule)}
    counts = {rules[one.key].action: one.count for one in reading.of(RuleUsage) if one.key in rules}
    assert counts["monitor"] is None
    assert any(count is not None for action, count in counts.items() if action != "monitor")
    assert {one.permits for one in rules.values() if one.action == "monitor"} == {None}


@pytest.mark.parametrize("case", ["export", "rules_alone"])
def test_a_sophos_firewall_tells_no_hits_and_no_rule_of_it_is_called_silent(case: str) -> None:
    reading = read_case(read_tape(CASES / "sophos" / f"firewall.{case}.tape"), "firewall")
    assert reading.of(FirewallRule)
    assert not [one for one in reading.of(RuleUsage) if one.count is not None]
