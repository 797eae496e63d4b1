"""A word that nobody knows in a rule: that rule alone is not understood, and its verdicts say so.

One good tape a platform; a word of a release to come is written into one rule of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from checks import (
    dmz_is_separated,
    no_cleartext_or_management_from_outside,
    rule_carries_traffic,
    rule_is_logged,
    rule_is_specific,
)
from evidence.facts import Fact, FirewallRule, RuleUsage, Unit
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rules import State, lists, reach
from evidence.tape import Tape, read_tape
from tests.by_hand import read
from tests.judging import AT, company, seen
from tests.judging import read as read_facts
from tests.test_cases import CASES, read_case
from tests.test_checks_firewall import ZONES, rule

WORD = "frobnicate"
Check = Callable[..., Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Written:
    """Where the word goes: in the answer to an ask that has `ask` in it, `old` becomes `new`."""

    tape: str
    ask: str
    old: str
    new: str

    @property
    def whole(self) -> Tape:
        return read_tape(CASES / f"{self.tape}.tape")

    @property
    def changed(self) -> Tape:
        tape = self.whole
        answers = list(tape.answers)
        for number, answer in enumerate(answers):
            if self.ask in answer.ask and self.old.encode() in answer.body:
                body = answer.body.replace(self.old.encode(), self.new.encode(), 1)
                answers[number] = replace(answer, body=body)
                return replace(tape, answers=tuple(answers))
        raise AssertionError(f"{self.tape}: {self.old!r} stands in no answer")


JSON_ROW = '"name":"web in","frobnicate":"3"'
PLATFORMS = [
    Written(
        "asa/firewall.pair",
        "show access-list",
        "object-group WEB eq https log",
        f"object-group WEB eq https {WORD} 3 log",
    ),
    Written(
        "asa/firewall.configuration",
        "show running-config",
        "eq https",
        f"eq https {WORD} 3",
    ),
    Written("ios/firewall.router", "show ip access-lists", "www 443", f"www 443 {WORD} 3"),
    Written(
        "eos/firewall.border", "show ip access-lists", "any eq https", f"any eq https {WORD} 3"
    ),
    Written("nxos/firewall.applied", "show access-lists", "neq finger", f"neq finger {WORD} 3"),
    Written(
        "fortios/firewall.two_vdoms",
        "cmdb/firewall/policy",
        '"status": "enable"',
        f'"{WORD}": "enable", "status": "enable"',
    ),
    Written("fortimanager/firewall.packages", "firewall/policy", '"name":"web in"', JSON_ROW),
    Written("panos/firewall.two_vsys", "rules", "<action>", f"<{WORD}>3</{WORD}><action>"),
    Written(
        "panos/firewall.typed",
        "security-policy",
        "category any;",
        f"category any;\n        {WORD} 3;",
    ),
    Written("panorama/firewall.groups", "HQ", "<action>", f"<{WORD}>3</{WORD}><action>"),
    Written(
        "checkpoint/firewall.two_targets", "rulebase", '"rule-number"', f'"{WORD}":3,"rule-number"'
    ),
    Written(
        "fdm/firewall.active_of_a_pair", "accessrules", '"ruleAction"', f'"{WORD}":3,"ruleAction"'
    ),
    Written("fmc/firewall.pair", "/accessrules", '"logBegin"', f'"{WORD}":3,"logBegin"'),
    Written(
        "junos/firewall.policies_and_filters",
        "security policies",
        "policy web match source-address office",
        f"policy web match {WORD} 3\n"
        "set security policies from-zone trust to-zone untrust policy web match "
        "source-address office",
    ),
    Written(
        "junos/firewall.filters_alone",
        "configuration firewall",
        " then accept",
        f" from {WORD} 3 then accept",
    ),
    Written("opnsense/firewall.master", "search_rule", '"action":', f'"{WORD}":"3","action":'),
    Written("pfsense/firewall.backup", "pfctl", " label ", f" {WORD} 3 label "),
    Written("mikrotik/firewall.rest", "filter", '"protocol"', f'"{WORD}":"3","protocol"'),
    Written(
        "mikrotik/firewall.command_line",
        "filter print detail",
        "protocol=tcp",
        f"{WORD}=3 protocol=tcp",
    ),
    Written(
        "vyos/firewall.base_chains",
        "configuration commands",
        "set firewall ipv4 forward filter rule 10 action",
        f"set firewall ipv4 forward filter rule 10 {WORD} '3'\n"
        "set firewall ipv4 forward filter rule 10 action",
    ),
    Written(
        "linux/firewall.nftables",
        "nft",
        '"expr": [',
        f'"expr": [{{"{WORD}": 3}}, ',
    ),
    Written("linux/firewall.nft-text", "nft", "ip saddr @banned", f"ip saddr @banned {WORD} 3"),
    Written("linux/firewall.iptables-legacy", "save", "-p tcp", f"-m {WORD} --level 3 -p tcp"),
]


def rules(reading: Reading) -> list[FirewallRule]:
    assert reading.failure is None, reading.failure
    return list(reading.of(FirewallRule))


@pytest.mark.parametrize("written", PLATFORMS, ids=lambda one: one.tape)
def test_one_rule_is_not_understood_and_the_others_stay(written: Written) -> None:
    whole, changed = (
        read_case(written.whole, "firewall"),
        read_case(written.changed, "firewall"),
    )
    before, after = rules(whole), rules(changed)
    assert len(after) == len(before)
    strange = [
        (old, new)
        for old, new in zip(before, after, strict=True)
        if WORD in " ".join(new.not_understood)
    ]
    # A manager tells one rule once for each unit that has it.
    assert len({new.key for _, new in strange}) == 1
    for old, new in zip(before, after, strict=True):
        if (old, new) not in strange:
            assert new == old
    for old, new in strange:
        assert new.permits == old.permits
        assert new.match_digest != old.match_digest, "its history of use begins anew"
    counted = [len(one.of(RuleUsage)) for one in (whole, changed)]
    assert counted[0] == counted[1]


@pytest.mark.parametrize("written", PLATFORMS, ids=lambda one: one.tape)
def test_what_is_reached_hangs_on_a_rule_that_is_not_understood(written: Written) -> None:
    """The rule itself is not judged, and it covers nothing for certain."""
    for one in lists(rules(read_case(written.changed, "firewall"))):
        found = reach(one)
        strange = {place for place, rule in enumerate(one) if rule.not_understood}
        for place, told in enumerate(found):
            if told is None:
                continue
            if place in strange:
                assert told.state is State.not_understood
            if told.state in (State.shadowed, State.redundant):
                assert not strange & set(told.by)


def unread_lines() -> Iterator[tuple[str, str, tuple[str, bytes]]]:
    asa = "access-list OUT line {} extended {} (hitcnt=7) 0x0000000{} \n"
    listed = "".join(
        asa.format(number, said, number)
        for number, said in enumerate(
            (
                "permit tcp any host 10.1.1.1 eq 443",
                "shunt tcp any any",
                "permit warp any any",
                "permit tcp warp drive any",
                "deny ip any any",
            ),
            1,
        )
    )
    yield "asa", "action shunt", ("show access-list", listed.encode())
    ios = (
        "Extended IP access list OUT\n"
        "    10 permit tcp any host 10.1.1.1 eq 443 (7 matches)\n"
        "    20 shunt tcp any any (7 matches)\n"
        "    30 permit warp any any (7 matches)\n"
        "    40 permit tcp warp drive any (7 matches)\n"
        "    50 deny ip any any (7 matches)\n"
    )
    yield "ios", "action shunt", ("show ip access-lists", ios.encode())
    nxos = ios.replace("Extended IP", "IP").replace("(7 matches)", "[match=7]")
    yield "nxos", "action shunt", ("show access-lists", nxos.encode())


@pytest.mark.parametrize(("name", "word", "answer"), list(unread_lines()), ids=lambda one: str(one))
def test_a_line_of_which_nothing_is_known_keeps_its_place_and_its_count(
    name: str, word: str, answer: tuple[str, bytes]
) -> None:
    reading = read(name, "firewall", answer)
    first, shunt, warp, drive, last = (one for one in rules(reading) if not one.implicit)
    assert (shunt.action, shunt.permits, shunt.not_understood) == ("shunt", None, (word,))
    assert warp.not_understood == ("protocol warp",)
    assert drive.not_understood == ("permit tcp warp drive any",)
    for one in (shunt, drive):  # never as wide as `any`
        assert one.sources == one.destinations == one.services == ("not understood",)
    assert first.not_understood == last.not_understood == ()
    assert [one.count for one in reading.of(RuleUsage)] == [7] * 5


# --- what its verdicts say ---

WORDS = (f"{WORD} 3",)
LONG_AGO = AT - timedelta(days=600)


def of_one(one: FirewallRule, *facts: Fact) -> Readings:
    return seen(read_facts("fw-01", "firewall", one, *facts), zones=ZONES)


def about_it(observations: Iterator[Observation]) -> Observation:
    [found] = [one for one in observations if one.subject == "fw-01/root/7"]
    return found


@pytest.mark.parametrize(
    ("count", "result", "state"),
    [(0, Result.not_assessed, "not_understood"), (5, Result.satisfied, "has_traffic")],
)
def test_silence_of_a_rule_that_is_not_understood_proves_nothing(
    count: int, result: Result, state: str
) -> None:
    """A word nobody knows may say when the rule is in force; what was counted was counted."""
    good = rule(created_at=LONG_AGO, modified_at=LONG_AGO)
    usage = RuleUsage(
        key="root/7",
        reset_domain="root",
        count=count,
        persistent=True,
        counter_reset_at=LONG_AGO,
        open_sessions=0,
        last_hit_at=AT - timedelta(days=3) if count else None,
    )
    unit = Unit(boot_at=LONG_AGO, serial="A1")
    policy = company().settings("rule_carries_traffic")
    whole = about_it(rule_carries_traffic.check(of_one(good, unit, usage), **policy))
    assert whole.state == ("has_traffic" if count else "no_traffic_6m_proven")
    strange = of_one(replace(good, not_understood=WORDS), unit, usage)
    found = about_it(rule_carries_traffic.check(strange, **policy))
    assert (found.result, found.state) == (result, state)
    assert count or f"{WORD} 3" in found.description.zh


PERMITS_ALL = [
    rule_carries_traffic.check,
    rule_is_specific.check,
    dmz_is_separated.check,
    no_cleartext_or_management_from_outside.check,
    rule_is_logged.check,
]


@pytest.mark.parametrize("check", PERMITS_ALL)
def test_a_rule_whose_action_nobody_knows_may_let_pass(check: Check) -> None:
    shunt = rule(action="shunt", permits=None, not_understood=("action shunt",))
    found = about_it(check(of_one(shunt, RuleUsage(key="root/7", count=0))))
    assert found.result is Result.not_assessed
    assert "action shunt" in found.description.zh


def test_what_is_wrong_whatever_the_words_mean_stays_wrong_and_says_them() -> None:
    bad = rule(sources=("any",), services=("any",), not_understood=WORDS)
    found = about_it(rule_is_specific.check(of_one(bad)))
    assert found.result is Result.not_satisfied
    assert f"{WORD} 3" in found.description.en and f"{WORD} 3" in found.description.zh
    assert found.measures["not_understood"] == [f"{WORD} 3"]


@pytest.mark.parametrize(
    ("said", "sources", "services", "conditions", "strange"),
    [
        ("update @seen { ip saddr timeout 30s } accept", "any", "any", True, ()),
        (
            "add @seen { ip saddr . tcp dport } counter packets 0 bytes 0 drop",
            "any",
            "any",
            True,
            (),
        ),
        (
            "ip saddr 10.0.0.0/8 ct state new frobnicate 3 accept",
            "10.0.0.0/8",
            "any",
            True,
            ("frobnicate 3",),
        ),
        ("tcp dport 443 limit rate 5/second burst 10 packets accept", "any", "tcp/443", True, ()),
        ("meta mark set 0x1 counter packets 1 bytes 60", "any", "any", True, ()),
        (
            "tcp dport 443 frobnicate 3 counter packets 1 bytes 60",
            "any",
            "tcp/443",
            False,
            ("no action", "frobnicate 3"),
        ),
    ],
)
def test_what_a_rule_of_nft_does_besides_narrows_nothing_of_its_match(
    said: str, sources: str, services: str, conditions: bool, strange: tuple[str, ...]
) -> None:
    """A set that a rule fills is no address of it; a word nft does not have is told."""
    ruleset = (
        "table inet fw {\n\tset seen {\n\t\ttype ipv4_addr\n\t\tflags dynamic\n\t}\n\n"
        "\tchain in {\n"
        f"\t\ttype filter hook input priority 0; policy drop;\n\t\t{said}\n\t}}\n}}\n"
    )
    reading = read("linux", "firewall", ("nft list ruleset", ruleset.encode()))
    (rule,) = [one for one in rules(reading) if not one.implicit]
    assert (rule.sources, rule.services) == ((sources,), (services,))
    assert (bool(rule.conditions), rule.not_understood) == (conditions, strange)


@pytest.mark.parametrize(
    ("said", "sources", "destinations", "services", "condition"),
    [
        ("ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16", "10.0.0.0/8", "any", "any",
         "ip saddr != 10.1.0.0/16"),
        ("ip saddr 10.0.0.1 ip saddr 10.0.0.0/8", "10.0.0.1", "any", "any", "ip saddr 10.0.0.0/8"),
        ("ip saddr != 10.1.0.0/16 ip saddr != 10.2.0.0/16", "10.1.0.0/16 10.2.0.0/16", "any",
         "any", ""),
        ("tcp dport 80-90 tcp dport != 85", "any", "any", "tcp/80-90", "tcp dport != 85"),
        ("tcp dport >= 1024", "any", "any", "tcp/>1023", ""),
        ("ip saddr & 255.0.0.255 == 10.0.0.5", "any", "any", "any",
         "ip saddr & 255.0.0.255 == 10.0.0.5"),
        ("ct original ip daddr 10.0.0.1", "any", "any", "any", "ct original ip daddr 10.0.0.1"),
        ("vxlan ip saddr { 10.0.0.1 }", "any", "any", "any", "vxlan ip saddr { 10.0.0.1 }"),
        ("tcp dport 22 meter x size 65535 { ip saddr limit rate 5/second }", "any", "any", "tcp/22",
         "meter x size 65535 { ip saddr limit rate 5/second }"),
    ],
)  # fmt: skip
def test_fields_that_are_not_the_packet_s_own_are_no_addresses_of_a_rule(
    said: str, sources: str, destinations: str, services: str, condition: str
) -> None:
    ruleset = (
        "table inet fw {\n\tchain in {\n\t\ttype filter hook input priority 0; policy drop;\n"
        f"\t\t{said} accept\n\t}}\n}}\n"
    )
    (rule,) = [
        one
        for one in rules(read("linux", "firewall", ("nft list ruleset", ruleset.encode())))
        if not one.implicit
    ]
    told = (" ".join(one) for one in (rule.sources, rule.destinations, rule.services))
    assert (*told, " ".join(rule.conditions)) == (sources, destinations, services, condition)
    assert not rule.not_understood


@pytest.mark.parametrize(
    ("verdicts", "permits", "conditions"),
    [
        ("22 : accept, 80 : accept", True, ()),
        ("22 : accept, 23 : drop", True, ("by value: accept, drop",)),
        ("22 : drop", False, ()),
    ],
)
def test_a_map_that_decides_both_ways_takes_no_value_for_certain(
    verdicts: str, permits: bool, conditions: tuple[str, ...]
) -> None:
    ruleset = (
        "table inet fw {\n\tchain in {\n\t\ttype filter hook input priority 0; policy drop;\n"
        f"\t\ttcp dport vmap {{ {verdicts} }}\n\t}}\n}}\n"
    )
    rule, _ = rules(read("linux", "firewall", ("nft list ruleset", ruleset.encode())))
    assert (rule.permits, rule.conditions) == (permits, conditions)


@pytest.mark.parametrize(
    ("port", "services", "condition"),
    [
        ("80,443", ("tcp/80", "tcp/443"), ()),
        ("!22", ("tcp",), ("destination port !22",)),
        ("80,!22", ("tcp",), ("destination port 80,!22",)),
    ],
)
def test_ports_of_a_vyos_of_which_some_are_left_out_are_a_condition(
    port: str, services: tuple[str, ...], condition: tuple[str, ...]
) -> None:
    base = "set firewall ipv4 forward filter rule 10"
    text = f"{base} action 'accept'\n{base} protocol 'tcp'\n{base} destination port '{port}'\n"
    rule, _ = rules(read("vyos", "firewall", ("show configuration commands", text.encode())))
    assert (rule.services, rule.conditions) == (services, condition)
