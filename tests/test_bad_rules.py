"""Rule lists that are whole and yet bad: groups that hold nothing, themselves or everything, ids
that stand twice, zones that nobody has, another domain's answer.

Nothing of it widens a rule, hides one, or takes long; and no list is half told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from time import process_time
from typing import Any

import pytest

from checks import dmz_is_separated
from collectors._managed.names import Objects
from evidence.facts import FirewallRule, Interface
from evidence.observation import Result
from evidence.reading import Reading
from evidence.readings import Zones
from evidence.rulebase import unmapped
from evidence.tape import Tape, read_tape
from tests.by_hand import read
from tests.conftest import DRILL
from tests.judging import read as read_facts
from tests.judging import seen
from tests.test_cases import CASES, read_case

LISTS = ("sources", "destinations", "services")
# A square that is harmless in the suite is none in the drill.
MANY = 100_000 if DRILL else 20_000


def tape_of(name: str) -> Tape:
    return read_tape(CASES / f"{name}.tape")


def changed(name: str, ask: str, change: Callable[[str], str]) -> Tape:
    """The tape with every answer to such an ask changed; one of them must be."""
    tape = tape_of(name)
    answers = [
        replace(one, body=change(one.body.decode()).encode()) if re.search(ask, one.ask) else one
        for one in tape.answers
    ]
    assert answers != list(tape.answers), f"{name}: nothing was changed"
    return replace(tape, answers=tuple(answers))


# --- groups ---


def members_of(kind: str, own: Any) -> list[Any]:
    """What a group is made to hold: nothing, itself, or very much."""
    if kind == "empty":
        return []
    if kind == "itself":
        return [own]
    if isinstance(own, Mapping):
        return [{**own, **{key: f"n{n}" for key in own if key != "type"}} for n in range(MANY)]
    return [f"n{n}" for n in range(MANY)]


def in_json(kind: str) -> Callable[[str], str]:
    def change(body: str) -> str:
        document = json.loads(body)
        for row in dictionaries(document):
            for key in ("member", "members", "objects"):
                held = row.get(key)
                if not isinstance(held, list) or not held or (key == "objects" and "id" not in row):
                    continue
                bare = isinstance(held[0], str)
                own = row.get("uid", row.get("name")) if bare else {k: row.get(k) for k in held[0]}
                row[key] = members_of(kind, own)
                row.pop("literals", None)
        return json.dumps(document)

    return change


def dictionaries(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
    for one in (
        document.values()
        if isinstance(document, dict)
        else document
        if isinstance(document, list)
        else ()
    ):
        yield from dictionaries(one)


def in_xml(kind: str) -> Callable[[str], str]:
    def change(body: str) -> str:
        return re.sub(
            r"<entry name=(['\"])([^'\"]+)\1><(static|members)>.*?</\3>",
            lambda found: (
                f"<entry name='{found[2]}'><{found[3]}>"
                + "".join(f"<member>{one}</member>" for one in members_of(kind, found[2]))
                + f"</{found[3]}>"
            ),
            body,
        )

    return change


def in_aliases(kind: str) -> Callable[[str], str]:
    def change(body: str) -> str:
        document = json.loads(body)
        for row in document["rows"]:
            if row.get("type") == "networkgroup":
                row["content"] = "\n".join(members_of(kind, row["name"]))
        return json.dumps(document)

    return change


GROUPS = {
    "fortios/firewall.two_vdoms": ("grp|service/group", in_json),
    "fortimanager/firewall.packages": ("addrgrp|service/group", in_json),
    "panos/firewall.panorama_pair": ("group", in_xml),
    "panorama/firewall.groups": ("group", in_xml),
    "checkpoint/firewall.two_targets": ("groups", in_json),
    "fmc/firewall.pair": ("groups", in_json),
    "fdm/firewall.active_of_a_pair": ("groups", in_json),
    "opnsense/firewall.master": ("alias", in_aliases),
}


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("kind", ["empty", "itself", "many"])
def test_no_group_makes_a_rule_wider(name: str, kind: str) -> None:
    ask, change = GROUPS[name]
    before = rules_by_key(read_case(tape_of(name), "firewall"))
    tape = changed(name, ask, change(kind))
    began = process_time()
    after = rules_by_key(read_case(tape, "firewall"))
    assert process_time() - began < 20
    assert after.keys() == before.keys()
    for key, rule in after.items():
        for column in LISTS:
            said = getattr(rule, column)
            assert said, f"{key}: {column} says nothing"
            assert said != ("any",) or getattr(before[key], column) == ("any",), (
                f"{key}: {column} became any"
            )
    if kind == "many":
        largest = max(len(getattr(rule, column)) for rule in after.values() for column in LISTS)
        assert largest >= MANY


def rules_by_key(reading: Reading) -> dict[tuple[str | None, str], FirewallRule]:
    assert reading.failure is None, reading.failure
    return {(one.subject_unit, one.key): one for one in reading.of(FirewallRule)}


def test_groups_nested_in_every_way_are_opened_once_each() -> None:
    """Two of each below, two hundred deep; a chain of five thousand; a ring of five thousand."""
    doubled = {"G0": ("host",), **{f"G{n}": (f"G{n - 1}", f"G{n - 1}") for n in range(1, 200)}}
    chain = {"C5000": ("host",), **{f"C{n}": (f"C{n + 1}",) for n in range(5_000)}}
    ring = {f"R{n}": (f"R{(n + 1) % 5_000}", "host") for n in range(5_000)}
    found = Objects({"host": ("10.0.0.1",)}, {**doubled, **chain, **ring})
    assert found.resolve(["G199"]) == found.resolve(["C0"]) == ("10.0.0.1",)
    # Once around is a name that nobody can resolve, and what the others hold.
    assert set(found.resolve(["R0"])) == {"10.0.0.1", "R0"}


def test_a_hundred_thousand_entries_of_one_line_are_one_rule() -> None:
    listing = (
        "access-list OUT line 1 extended permit tcp any object-group G eq 443 (hitcnt=9) 0x1\n"
    )
    listing += "".join(
        f"  access-list OUT line 1 extended permit tcp any host 10.{n >> 16}.{n >> 8 & 255}."
        f"{n & 255} eq 443 (hitcnt=0) 0x{n + 2:08x} \n"
        for n in range(MANY)
    )
    began = process_time()
    reading = read("asa", "firewall", ("show access-list", listing.encode()))
    (rule,) = [one for one in rules_by_key(reading).values() if not one.implicit]
    assert len(rule.destinations) == MANY
    assert process_time() - began < 30


# --- an id twice ---


def twice(pattern: str, join: str) -> Callable[[str], str]:
    """The first part that matches, written again behind itself."""

    def change(body: str) -> str:
        found = re.search(pattern, body, re.DOTALL)
        if found is None:
            return body
        return body[: found.end()] + join + body[found.start() :]

    return change


def first_row_twice(body: str) -> str:
    """The first list of rules with its first row again at its end, and counts that allow for it."""
    document = json.loads(body)
    listed = [document] if isinstance(document, list) else []
    listed += [
        one[key]
        for one in dictionaries(document)
        for key in ("results", "data", "rulebase", "items", "rows")
        if isinstance(one.get(key), list)
    ]
    found = next((one for one in listed if one and is_rule(one[0])), None)
    if found is None:
        return body
    found.append(found[0])
    for one in dictionaries(document):
        for key in ("count", "total", "to", "rowCount", "matched_count"):
            if isinstance(one.get(key), int) and not isinstance(one[key], bool):
                one[key] += 1
    return json.dumps(document)


def is_rule(row: Any) -> bool:
    return isinstance(row, dict) and bool(
        {"policyid", "rule-number", "ruleAction", "action", "metadata"} & row.keys()
    )


TWICE: dict[str, tuple[str, Callable[[str], str]]] = {
    "fortios/firewall.two_vdoms": ("cmdb/firewall/policy", first_row_twice),
    "fortimanager/firewall.packages": (
        "range.*firewall/policy",
        first_row_twice,
    ),
    "panos/firewall.panorama_pair": ("^rules$", twice(r"<entry name=[^>]*uuid.*?</entry>", "")),
    "panorama/firewall.groups": ("HQ.*%5D$", twice(r"<entry name=[^>]*uuid.*?</entry>", "")),
    "fmc/firewall.pair": ("/accessrules", first_row_twice),
    "fdm/firewall.active_of_a_pair": ("accessrules", first_row_twice),
    "opnsense/firewall.master": ("search_rule", first_row_twice),
    "mikrotik/firewall.rest": ("GET /rest/ip/firewall/filter", first_row_twice),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_rule_that_comes_twice_hides_no_other(name: str) -> None:
    ask, change = TWICE[name]
    before = read_case(tape_of(name), "firewall")
    after = read_case(changed(name, ask, change), "firewall")
    if after.failure is not None:
        assert after.failure.code in ("output_incomplete", "output_unexpected"), after.failure
        return
    keys = [(one.subject_unit, one.key) for one in after.of(FirewallRule)]
    assert len(keys) == len(set(keys)), "two rules under one key: one of them would be lost"
    assert len(keys) >= len(before.of(FirewallRule))


# --- zones that are nowhere ---


def test_a_rule_of_a_zone_that_does_not_exist_is_told_and_not_judged() -> None:
    def nowhere(body: str) -> str:
        return body.replace('"wan1"', '"nowhere"')

    tape = changed("fortios/firewall.two_vdoms", "cmdb/firewall/policy", nowhere)
    reading = replace(read_case(tape, "firewall"), device="fw-01")
    lost = [one for one in reading.of(FirewallRule) if "nowhere" in one.source_zones]
    assert lost
    zones = Zones({"fw-01": {"wan1": "external", "dmz": "dmz", "lan": "internal"}})
    assert "nowhere" in unmapped(zones, "fw-01", reading)
    observations = list(dmz_is_separated.check(seen(reading, zones=zones)))
    assert any(
        (one.result, one.state) == (Result.not_assessed, "zone_unknown") for one in observations
    )


def test_a_list_on_an_interface_that_has_no_name_keeps_its_place() -> None:
    asked = (
        ("show access-list", b"access-list A line 1 extended permit ip any any (hitcnt=1) 0x1\n"),
        ("show running-config access-group", b"access-group A in interface ghost\n"),
        ("show nameif", b"Interface  Name  Security\nGigabitEthernet0/0  inside  100\n"),
    )
    reading = read("asa", "firewall", *asked)
    entered = [one.source_zones for one in rules_by_key(reading).values()]
    assert entered == [("ghost",), ("ghost",), ("inside",)], "its line, the two denials"
    named = read_facts("fw-01", "firewall", *reading.facts)
    assert unmapped(Zones({"fw-01": {"inside": "internal"}}), "fw-01", named) == ["ghost"]
    assert [one.zone for one in reading.of(Interface)] == ["inside"]


def test_a_uuid_that_two_policies_share_is_the_key_of_the_first() -> None:
    """A configuration that was copied by hand holds the UUID of what it was copied from."""
    first, second = (
        one.vendor_id
        for one in read_case(tape_of("fortios/firewall.two_vdoms"), "firewall").of(FirewallRule)[:2]
    )

    def shared(body: str) -> str:
        return body.replace(str(second), str(first))

    reading = read_case(changed("fortios/firewall.two_vdoms", "policy", shared), "firewall")
    assert reading.failure is None, reading.failure
    keys = [one.key for one in reading.of(FirewallRule)]
    assert len(keys) == len(set(keys))
    assert keys[0].endswith(str(first)) and keys[1] == "root/inet/1"


# --- a pager left on ---

PAGERS = {
    "asa/firewall.pair": (r"show access-list$|show running-config access-list", "<--- More --->"),
    "ios/firewall.router": ("access-list", " --More-- "),
    "nxos/firewall.applied": ("access-lists$", "--More--"),
    "junos/firewall.policies_and_filters": (
        "security policies|configuration firewall",
        "---(more)---",
    ),
    "junos/firewall.filters_alone": ("configuration firewall", "---(more 42%)---"),
    "mikrotik/firewall.command_line": ("print", "-- [Q quit|D dump|down]"),
    "panos/firewall.typed": ("security-policy", "lines 1-23 "),
    "vyos/firewall.base_chains": ("configuration commands", "--More--"),
}


@pytest.mark.parametrize("name", PAGERS)
def test_a_pager_left_on_is_never_a_list(name: str) -> None:
    """Whether it stands at the pager, or went through it and left its marks."""
    ask, mark = PAGERS[name]

    def through(body: str) -> str:
        lines = body.splitlines(keepends=True)
        half = len(lines) // 2
        return "".join([*lines[:half], f"{mark}\r{' ' * len(mark)}\r", *lines[half:]])

    def standing(body: str) -> str:
        lines = body.splitlines(keepends=True)
        return "".join([*lines[: len(lines) // 2], mark])

    whole = rules_by_key(read_case(tape_of(name), "firewall"))
    assert read_case(changed(name, ask, standing), "firewall").failure is not None
    found = read_case(changed(name, ask, through), "firewall")
    assert found.failure is not None or rules_by_key(found) == whole
