"""Which rules are reached: what is certain, and what hangs on things nobody can resolve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evidence.facts import FirewallRule
from evidence.rules import Reach, State, lists, match_of, reach
from evidence.rules.addresses import addresses
from evidence.rules.services import services
from evidence.services import networks

ALL = FirewallRule(key="all", permits=True)


def rules(*said: dict[str, Any]) -> list[FirewallRule]:
    base = {"policy": "forward", "family": "inet", "permits": True, "action": "accept"}
    return [
        FirewallRule(**{"key": str(n), "position": n, **base, **one})
        for n, one in enumerate(said, 1)
    ]


def last(*said: dict[str, Any]) -> Reach | None:
    """What became of the last of these rules."""
    return reach(rules(*said))[-1]


OFFICE = {"sources": ("10.1.0.0/16",), "destinations": ("192.0.2.1/32",), "services": ("tcp/443",)}


def test_a_rule_under_one_that_decides_otherwise_is_shadowed() -> None:
    found = last({"sources": ("10.0.0.0/8",), "permits": False}, OFFICE)
    assert found == Reach(State.shadowed, (0,))


def test_a_rule_under_one_that_decides_the_same_is_redundant() -> None:
    assert last({"sources": ("10.0.0.0/8",)}, OFFICE) == Reach(State.redundant, (0,))


def test_a_rule_under_two_halves_names_both() -> None:
    found = last({"sources": ("10.1.0.0/17",)}, {}, {"enabled": False}, OFFICE)
    assert found == Reach(State.redundant, (1,))
    halves = {"sources": ("10.1.0.0/17",)}, {"sources": ("10.1.128.0-10.1.255.255",)}
    assert last(*halves, OFFICE) == Reach(State.redundant, (0, 1))


def test_one_address_short_of_it_is_reached() -> None:
    most = {"sources": ("10.1.0.0-10.1.255.254",), "permits": False}
    assert last(most, OFFICE) == Reach(State.reached)


def test_both_families_must_lie_under_others() -> None:
    v4 = {"sources": ("0.0.0.0/0",)}
    assert last(v4, {}) == Reach(State.reached)
    assert last(v4, {"sources": ("::/0",)}, {}) == Reach(State.redundant, (0, 1))


def test_a_negated_address_is_every_other_one() -> None:
    others = {"sources": ("10.1.0.0/16",), "sources_negated": True}
    assert last(others, OFFICE) == Reach(State.reached)
    assert last(others, {"sources": ("10.2.0.0/16",)}) == Reach(State.redundant, (0,))


def test_zones_keep_rules_apart() -> None:
    assert last({"source_zones": ("dmz",)}, {**OFFICE, "source_zones": ("lan",)}) == Reach(
        State.reached
    )
    found = last({"source_zones": ("dmz", "lan")}, {**OFFICE, "source_zones": ("lan",)})
    assert found == Reach(State.redundant, (0,))


@pytest.mark.parametrize(
    "narrower",
    [
        {"applications": ("ssl",)},
        {"users": ("staff",)},
        {"schedule": "night"},
        {"conditions": ("limit rate 5/second",)},
        {"sources": ("fqdn update.example",)},
    ],
)
def test_what_cannot_be_resolved_never_takes_everything(narrower: dict[str, Any]) -> None:
    assert last(narrower, {}) == Reach(State.reached)
    assert last({}, narrower) == Reach(State.redundant, (0,))
    assert last(narrower, narrower) == Reach(State.redundant, (0,))


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"users": ("staff",)}, {"users": ("wang",)}, ("staff", "wang")),
        ({"schedule": "night"}, {"schedule": "weekend"}, ("night", "weekend")),
        (
            {"destinations": ("fqdn a.example",)},
            {"destinations": ("192.0.2.9/32",)},
            ("fqdn a.example",),
        ),
        (
            {"destinations": ("192.0.2.9/32",)},
            {"destinations": ("fqdn a.example",)},
            ("fqdn a.example",),
        ),
        ({"services": ("HTTPS",)}, {"services": ("tcp/443",)}, ("HTTPS",)),
    ],
)
def test_what_hangs_on_a_name_is_told_and_not_passed(
    one: dict[str, Any], other: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert last(one, other) == Reach(State.unless, (0,), words)


def test_a_name_is_no_wider_than_its_protocol() -> None:
    named = {"services": ("tcp/quote-feed",)}
    assert last(named, {"services": ("udp/514",)}) == Reach(State.reached)
    assert last({"services": ("tcp",)}, named) == Reach(State.redundant, (0,))


def test_applications_of_other_names_are_others() -> None:
    assert last({"applications": ("ssl",)}, {"applications": ("ssh",)}) == Reach(State.reached)


def test_states_of_a_connection_are_known_words() -> None:
    known = {"conditions": ("ct state established, related",)}
    assert last(known, {"conditions": ("ct state new limit rate 5/second",)}) == Reach(
        State.reached
    )
    assert last(known, {"conditions": ("-m conntrack --ctstate ESTABLISHED",)}) == Reach(
        State.redundant, (0,)
    )


def test_after_a_rule_nobody_understood_nothing_is_certain() -> None:
    strange = {"sources": ("10.9.0.0/16",), "not_understood": ("frobnicate 3",)}
    assert reach(rules(strange, OFFICE)) == [
        Reach(State.not_understood, (), ("frobnicate 3",)),
        Reach(State.unless, (0,), ("frobnicate 3",)),
    ]


def test_a_rule_nobody_understood_covers_nothing() -> None:
    found = reach(rules({"not_understood": ("x",)}, {}, OFFICE))
    assert found[2] == Reach(State.redundant, (1,))


def test_a_jump_may_decide_and_a_log_never_does() -> None:
    log = {"action": "log", "permits": None}
    jump = {"action": "jump", "permits": None, "text": "jump blocked"}
    assert last(log, OFFICE) == Reach(State.reached)
    assert last(jump, OFFICE) == Reach(State.unless, (0,), ("jump jump blocked",))


def test_what_is_off_or_decides_nothing_or_nobody_wrote_is_not_judged() -> None:
    off, log = {"enabled": False}, {"permits": None, "action": "log"}
    assert reach(rules(off, log, {"implicit": True})) == [None, None, None]


def test_a_list_is_one_chain_and_a_manager_s_rules_around_a_device_s_own() -> None:
    chains = [replace(ALL, key=name, policy=name, position=1) for name in ("input", "forward")]
    assert [len(one) for one in lists(chains)] == [1, 1]
    layers = [
        replace(ALL, key=name, policy=name, position=n)
        for n, name in enumerate(("post", "pre", "own"), 1)
    ]
    assert [[one.key for one in found] for found in lists(layers)] == [["post", "pre", "own"]]


def test_entries_of_one_access_list_for_several_families_are_one_list() -> None:
    entries = [
        replace(ALL, key=family, policy="in", family=family, position=n)
        for n, family in ((3, "ip"), (8, "inet"), (9, "ip6"))
    ]
    assert [len(one) for one in lists(entries)] == [3]
    tables = [replace(one, position=1) for one in entries]
    assert [len(one) for one in lists(tables)] == [1, 1, 1]


def test_a_default_comes_last_wherever_it_is_listed() -> None:
    default = replace(ALL, key="default", implicit=True, permits=False, position=0)
    [one] = lists([default, replace(ALL, position=1)])
    assert [rule.key for rule in one] == ["all", "default"]


def test_a_rule_with_addresses_of_no_family_of_its_own_matches_nothing() -> None:
    wrong = {"family": "ip6", "sources": ("10.0.0.0/8",)}
    assert last({}, wrong) == Reach(State.matches_nothing)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("tcp/443", (((6 << 16) + 443,) * 2,)),
        ("TCP/8000-8100", (((6 << 16) + 8000, (6 << 16) + 8100),)),
        ("8000-8100/udp", (((17 << 16) + 8000, (17 << 16) + 8100),)),
        ("tcp/!22", (((6 << 16), (6 << 16) + 21), ((6 << 16) + 23, (6 << 16) + 65535))),
        ("udp/>1023", (((17 << 16) + 1024, (17 << 16) + 65535),)),
        ("udp/<1024", (((17 << 16), (17 << 16) + 1023),)),
        ("icmp", (((1 << 16), (1 << 16) + 65535),)),
        ("icmp/echo-request", (((1 << 16) + 0x800, (1 << 16) + 0x8FF),)),
        ("icmp/3/4", (((1 << 16) + 0x304,) * 2,)),
        ("icmp/echoreq", (((1 << 16) + 0x800, (1 << 16) + 0x8FF),)),
        ("icmp6/nd-ns", (((58 << 16) + (135 << 8), (58 << 16) + (135 << 8) + 255),)),
        ("ipinip", (((4 << 16), (4 << 16) + 65535),)),
        ("gre", (((47 << 16), (47 << 16) + 65535),)),
        ("any", (((0), (256 << 16) - 1),)),
    ],
)
def test_services_are_numbers(text: str, spans: Any) -> None:
    found = services([text])
    assert found.spans == spans and not found.names


@pytest.mark.parametrize("text", ["application-default", "Oracle", "tcp/no-such-port", "icmp/odd"])
def test_a_service_that_is_a_name_stays_one(text: str) -> None:
    found = services([text])
    assert not found.spans and [name for name, _ in found.names] == [text]


def test_an_address_range_is_exact_and_a_mask_with_holes_is_a_name() -> None:
    assert addresses(["10.0.0.3-10.0.0.9"], False, 4).spans == ((0x0A000003, 0x0A000009),)
    for holes in ("10.0.0.0/255.0.255.0", "10.0.0.0/0.0.0.255", "10.0.0.0 0.0.0.255"):
        found = addresses([holes], False, 4)
        assert found.names and not found.spans, "never taken for a wildcard"
        assert networks(holes) is None
    assert addresses(["10.0.0.0/255.255.0.0"], False, 4).spans == ((0x0A000000, 0x0A00FFFF),)
    assert match_of(replace(ALL, sources=("10.0.0.0/8",)), 6) is None


def test_a_negated_name_lies_among_the_others() -> None:
    found = addresses(["10.0.0.0/8", "banned"], True, 4)
    assert not found.spans
    [(name, most)] = found.names
    assert name == "not banned" and len(most) == 2
