"""The short way to take an iptables rule's words apart gives what the shell's way gives."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.linux._iptables_rule import options
from evidence.errors import Incomplete
from evidence.facts import FirewallRule, RuleUsage
from evidence.rules import match_of
from tests.by_hand import read


@given(st.text(alphabet=" \t\"'\\ab-!,\u3000\x0b中", max_size=14))
def test_words_are_those_of_a_shell(text: str) -> None:
    line = f"{text} x -j LOG"
    try:
        expected: list[str] | None = shlex.split(line)
    except ValueError:
        expected = None
    try:
        found = options(line, "test")
    except Incomplete:
        assert expected is None
        return
    assert expected is not None
    assert [*found.match_words, "-j", found.target, *found.target_words] == expected


LISTING = """\
Chain INPUT (policy DROP)
target     prot opt source               destination
{target:10} {protocol} {opt}  0.0.0.0/0            0.0.0.0/0            {rest}
"""


@pytest.mark.parametrize(
    ("rest", "services", "conditions"),
    [
        ("", "tcp", ()),
        ("tcp dpt:22", "tcp/22", ()),
        ("/* a match-set of words */ tcp dpt:22", "tcp/22", ()),
        ("tcp dpt:22 ctstate NEW,ESTABLISHED", "tcp/22", ("ctstate NEW,ESTABLISHED",)),
        ("multiport dports 80,443", "tcp/80 tcp/443", ()),
        ("multiport sports 80", "tcp/any from 80", ()),
        ("multiport ports 80", "tcp", ("multiport ports 80",)),
        ("match-set blocked src", "tcp", ("match-set blocked src",)),
        ("tcp flags:0x17/0x02 limit: avg 5/min burst 7", "tcp",
         ("tcp flags:0x17/0x02 limit: avg 5/min burst 7",)),
        ("source IP range 10.0.0.1-10.0.0.9", "tcp", ("source IP range 10.0.0.1-10.0.0.9",)),
        ("owner UID match 1000", "tcp", ("owner UID match 1000",)),
        ("! ctstate NEW", "tcp", ("! ctstate NEW",)),
    ],
)  # fmt: skip
def test_what_a_row_says_behind_its_columns_is_never_lost(
    rest: str, services: str, conditions: tuple[str, ...]
) -> None:
    for target, said in (
        ("ACCEPT", ""),
        ("REJECT", " reject-with tcp-reset"),
        ("LOG", ' LOG flags 0 level 4 prefix "x y: "'),
    ):
        text = LISTING.format(target=target, protocol="tcp", opt="--", rest=rest + said)
        rule, _ = read("linux", "firewall", ("iptables -L", text.encode())).of(FirewallRule)
        assert " ".join(rule.services) == services
        assert rule.conditions == conditions


def test_fragments_alone_are_a_condition() -> None:
    text = LISTING.format(target="DROP", protocol="all", opt="-f", rest="")
    rule, _ = read("linux", "firewall", ("iptables -L", text.encode())).of(FirewallRule)
    assert rule.conditions == ("-f",)


@pytest.mark.parametrize(
    ("said", "states", "others"),
    [
        ("ctstate NEW,RELATED", {"new", "related"}, None),
        ("match-set x src state ESTABLISHED", {"established"}, {"match-set x src"}),
        ("! ctstate NEW", None, {"! ctstate NEW"}),
        ("! --ctstate NEW", None, {"! --ctstate NEW"}),
        ("--ctstate NEW", {"new"}, None),
    ],
)
def test_states_of_a_listing_are_states(
    said: str, states: set[str] | None, others: set[str] | None
) -> None:
    match = match_of(FirewallRule(key="x", conditions=(said,)), 4)
    assert match is not None
    assert (match.words[2], match.words[-1]) == (states, others)


COMMANDS = """\
-P INPUT DROP -c 5 300
-P FORWARD ACCEPT -c 0 0
-P OUTPUT ACCEPT -c 1 60
-N MINE
-A INPUT -i lo -c 7 420 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -m comment --comment "the -c 1 2 of it" -c 3 180 -j MINE
-A MINE -c 0 0 -j DROP
"""


def test_what_iptables_prints_as_commands_is_what_it_saves() -> None:
    for text in (COMMANDS, re.sub(r" -c \d+ \d+(?! of)", "", COMMANDS)):
        reading = read("linux", "firewall", ("iptables -S", text.encode()))
        assert reading.failure is None, reading.failure
        rules = [one for one in reading.of(FirewallRule) if not one.implicit]
        assert [(one.policy, one.action, one.services) for one in rules] == [
            ("INPUT", "accept", ("any",)),
            ("INPUT", "jump", ("tcp/22",)),
            ("MINE", "drop", ("any",)),
        ]
        assert {one.context for one in rules} == {"filter"}
        counts = [one.count for one in reading.of(RuleUsage) if one.count is not None]
        assert sorted(counts) == ([0, 0, 1, 3, 5, 7] if text is COMMANDS else [])
