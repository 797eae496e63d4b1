"""What changed between two readings: what people did, and never what only time did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.commands.history import changes as changes_command
from agent.ledger import Ledger
from evidence.changes import Change, changes
from evidence.errors import ConfigurationError
from evidence.facts import (
    AdministrativeEvent,
    Fact,
    FirewallRule,
    HardwareItem,
    RuleUsage,
    SoftwareRelease,
    Unit,
    WirelessNetwork,
)
from evidence.reading import Reading

AT = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
LATER = AT + timedelta(days=1)
RULE = FirewallRule(
    key="root/inet/a", policy="in", position=1, name="DNS", action="accept", match_digest="m1"
)


def reading(*facts: Fact, at: datetime = AT, subject: str = "firewall") -> Reading:
    return Reading(device="fw-01", subject=subject, at=at, facts=facts)


def between(before: list[Fact], after: list[Fact]) -> list[Change]:
    return changes(reading(*before), reading(*after, at=LATER))


def rules(*keys: str) -> list[Fact]:
    return [
        replace(RULE, key=key, name=None, position=number, match_digest=key)
        for number, key in enumerate(keys, 1)
    ]


def test_counters_clocks_and_uptimes_are_no_change() -> None:
    unit = Unit(hostname="fw", uptime_s=1.0, boot_at=AT - timedelta(days=9), clock_at=AT)
    later = replace(
        unit, uptime_s=86401.0, boot_at=AT - timedelta(days=9, seconds=40), clock_at=LATER
    )
    usage = RuleUsage(key=RULE.key, count=1)
    assert not between([unit, RULE, usage], [later, RULE, replace(usage, count=9)])


def test_a_unit_that_booted_in_between_is_named() -> None:
    unit = Unit(hostname="fw", boot_at=AT - timedelta(days=9))
    (change,) = between([unit], [replace(unit, boot_at=AT + timedelta(hours=2))])
    assert "booted at 2026-11-20T20:30:00Z" in change.note


def test_a_rule_that_came_and_one_that_went() -> None:
    came, went = between(rules("a", "b"), rules("a", "c"))
    assert (came.kind, came.title) == ("added", "c")
    assert (went.kind, went.title) == ("removed", "b")
    assert ("action", None, "accept") in came.fields
    assert ("action", "accept", None) in went.fields


def test_a_changed_match_begins_the_history_anew() -> None:
    (change,) = between([RULE], [replace(RULE, sources=("10.0.0.0/8",), match_digest="m2")])
    assert change.fields == (("sources", ["any"], ["10.0.0.0/8"]),)
    assert "begins anew" in change.note
    (named,) = between([RULE], [replace(RULE, name="DNS out")])
    assert named.fields == (("name", "DNS", "DNS out"),) and not named.note


def test_a_rule_under_another_key_that_matches_the_same_is_one_rule() -> None:
    (change,) = between([RULE], [replace(RULE, key="root/inet/b")])
    assert (change.kind, change.fields) == ("changed", (("key", "root/inet/a", "root/inet/b"),))
    assert "begins anew" in change.note
    elsewhere = replace(RULE, key="root/inet/b", policy="out")
    assert [one.kind for one in between([RULE], [elsewhere])] == ["added", "removed"]


def test_one_that_went_is_the_past_of_one_that_came_only() -> None:
    copies: list[Fact] = [replace(RULE, key="b"), replace(RULE, key="c")]
    assert [one.kind for one in between([RULE], copies)] == ["changed", "added"]


def test_only_what_was_moved_is_moved() -> None:
    assert not between(rules("a", "b", "c"), [*rules("a", "b", "c")])
    pushed = between(rules("a", "b", "c"), rules("new", "a", "b", "c"))
    assert [one.kind for one in pushed] == ["added"], "put before others, it moves none of them"
    (moved,) = between(rules("a", "b", "c", "d"), rules("b", "c", "d", "a"))
    assert (moved.kind, moved.title, moved.fields) == ("moved", "a", (("position", 1, 4),))


@given(st.permutations("abcdefg"))
def test_the_moves_are_the_fewest_that_make_the_new_order(order: list[str]) -> None:
    moved = {one.title for one in between(rules(*"abcdefg"), rules(*order))}
    stayed = [key for key in order if key not in moved]
    assert stayed == sorted(stayed)
    assert all(  # no single one of them could have stayed as well
        (kept := [key for key in order if key not in moved - {one}]) != sorted(kept)
        for one in moved
    )


def test_releases_parts_and_networks_are_compared_by_what_they_are() -> None:
    release = SoftwareRelease(product="fortios", version="7.4.3")
    part = HardwareItem(part="module", position="1", model="X", serial="A")
    ssid = WirelessNetwork(ssid="guest", akm=("psk",))
    found = between(
        [release, part, ssid],
        [replace(release, version="7.4.5"), replace(part, serial="B"), replace(ssid, akm=("sae",))],
    )
    assert [(one.kind, one.fields[0]) for one in found] == [
        ("changed", ("version", "7.4.3", "7.4.5")),
        ("changed", ("serial", "A", "B")),
        ("changed", ("akm", ["psk"], ["sae"])),
    ]


def test_what_was_done_on_the_device_is_new_once_and_never_undone() -> None:
    begins = AdministrativeEvent(kind="log_begins", at=AT)
    done = AdministrativeEvent(kind="commit", at=AT, account="chen")
    (change,) = between([begins], [replace(begins, at=LATER), done])
    assert (change.kind, change.title) == ("added", "commit chen")
    assert not between([begins, done], [begins])


@given(st.lists(st.sampled_from("abcd"), max_size=8))
def test_nothing_differs_from_itself(keys: list[str]) -> None:
    facts: list[Fact] = [replace(RULE, key=key, position=n) for n, key in enumerate(keys)]
    assert not between(facts, facts)


# --- the command ---


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "agent.yaml").write_text("id: agent-1\nstate: state\n")
    (tmp_path / "devices.yaml").write_text(
        "devices:\n  - {id: fw-01, platform: asa, host: fw, subjects: [firewall]}\n"
    )
    return tmp_path


def keep(site: Path, *readings: Reading) -> None:
    ledger = Ledger(site / "state")
    for one in readings:
        ledger.keep_bundle(one.digest, b"x", [one], "run", False)
    ledger.close()


def test_the_command_is_quiet_when_nothing_changed(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(site, reading(RULE), reading(RULE, at=LATER))
    changes_command("fw-01", config=site / "agent.yaml")
    assert capsys.readouterr() == ("", "")
    changes_command("fw-01", config=site / "agent.yaml", verbose=True)
    assert "no change" in capsys.readouterr().err


def test_the_command_compares_with_the_reading_before_or_with_a_day(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    third = reading(*rules("a", "b"), at=LATER + timedelta(days=1))
    keep(site, reading(RULE), reading(*rules("a"), at=LATER), third)
    changes_command("fw-01", config=site / "agent.yaml", json=True)
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["kind"], row["title"], row["from_at"]) == ("added", "b", "2026-11-21T18:30:00Z")
    changes_command("fw-01", since="2026-11-21", config=site / "agent.yaml")
    told = capsys.readouterr().out
    assert "fw-01 firewall  2026-11-21 02:30 → 2026-11-23 02:30" in told
    assert "- firewall rule  root/inet/a (DNS)" in told
    with pytest.raises(ConfigurationError, match="2026-11-01"):
        changes_command("fw-01", since="last week", config=site / "agent.yaml")


def test_a_device_read_once_says_so_instead_of_no_change(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes_command("fw-01", config=site / "agent.yaml")
    assert "never read" in capsys.readouterr().err
    keep(site, reading(RULE))
    changes_command("fw-01", config=site / "agent.yaml")
    assert "never read before" in capsys.readouterr().err
