"""Delivered traffic logs: they break a claim of no traffic, make none, and are told of."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.config import Config, load_config
from agent.counted import counted
from agent.delivered_logs import import_logs
from agent.ledger import Ledger
from agent.wired import agent_of, make_keys
from checks.rule_carries_traffic import check
from evidence.device import Device
from evidence.errors import ConfigurationError
from evidence.facts import FirewallRule, LoggedTraffic, TrafficLog
from evidence.logged import logs_of
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.usage import ALL_ASSUMPTIONS, Assumption, Criteria, Proofs, State, histories, prove
from evidence.usage.logged import Logged
from evidence.usage.retold import retold
from tests.fixtures_program import Run
from tests.judging import seen
from tests.usage_vectors import AT, BUSY, DAY, RULE, daily, reading, rebooted, usage

ACCEPT = [one.name or "" for one in Assumption]
INSIDE = AT - 40 * DAY


def log(
    at: datetime, *names: str, device: str = "fw-1", context: str = "", policy: str = ""
) -> Reading:
    """A delivered log in which one rule has two entries, an hour apart."""
    first = at - timedelta(hours=1)
    return Reading(
        device=device,
        subject="traffic_log",
        at=AT,
        provenance="hand-delivered",
        facts=(
            TrafficLog(file="t.log", form="fortigate", first_at=first, last_at=at, entries=2),
            LoggedTraffic(
                rule=names, first_at=first, last_at=at, entries=2, context=context, policy=policy
            ),
        ),
    )


def proofs(readings: list[Reading], at: datetime | None) -> Proofs:
    """The proofs beside a log whose last entry of the rule was then; None: it names none."""
    logged = () if at is None else (Logged(at - timedelta(hours=1), at, 2, "csv", "ab" * 32),)
    return prove(histories(readings), AT, accept=ALL_ASSUMPTIONS, logged={RULE: logged})


def test_an_entry_in_the_window_breaks_the_claim() -> None:
    found = proofs(daily(), INSIDE)
    proof = found[RULE]
    assert proof.state is State.has_traffic is found.states()[RULE]
    assert proof.last_traffic_at == INSIDE
    assert "traffic log" in proof.reason.en and "流量紀錄" in proof.reason.zh
    assert "ab" * 32 in proof.evidence
    assert found.states()[BUSY] is State.has_traffic


def test_an_entry_before_the_window_breaks_nothing() -> None:
    assert proofs(daily(), AT - 200 * DAY)[RULE].state is State.proven


def test_a_log_that_names_no_entry_makes_no_claim() -> None:
    short = daily(since=AT - 30 * DAY)
    assert proofs(short, None)[RULE].state is State.insufficient
    assert (
        proofs(daily(), None)[RULE].record()
        == prove(histories(daily()), AT, accept=ALL_ASSUMPTIONS)[RULE].record()
    )


def test_an_entry_shows_traffic_where_the_counters_are_too_young() -> None:
    assert proofs(daily(since=AT - 30 * DAY), AT - 60 * DAY)[RULE].state is State.has_traffic


def test_an_entry_from_before_the_rule_matched_this_is_not_its_traffic() -> None:
    def edited(one: Reading) -> Reading:
        rules = tuple(
            FirewallRule(key=fact.key, match_digest="m0")
            if isinstance(fact, FirewallRule)
            else fact
            for fact in one.facts
        )
        return Reading(device=one.device, subject=one.subject, at=one.at, facts=rules)

    readings = [edited(one) if one.at < AT - 20 * DAY else one for one in daily()]
    proof = proofs(readings, INSIDE)[RULE]
    assert proof.state is State.insufficient
    assert proof.lineage == ("m0",)


def test_the_story_tells_of_the_log_and_says_nothing_where_there_is_none() -> None:
    told = {label.en: said for label, said in retold(proofs(daily(), INSIDE)[RULE].record())}
    assert "2 entries" in told["traffic log"].en and "2 筆" in told["traffic log"].zh
    assert "traffic log" not in {
        label.en for label, _ in retold(proofs(daily(), None)[RULE].record())
    }


def test_the_reason_says_whether_the_counters_agree_with_the_log() -> None:
    against = proofs(daily(), INSIDE)[RULE].reason
    assert "The counters show none" in against.en and "請查明何者有誤" in against.zh
    rising = [
        reading(one.at, [usage(day), usage(9000 + day, BUSY)]) for day, one in enumerate(daily())
    ]
    agrees = proofs(rising, INSIDE)[RULE]
    assert agrees.state is State.has_traffic and "The counters show none" not in agrees.reason.en


def observed(readings: list[Reading], *logs: Reading) -> dict[str, Observation]:
    known = seen(readings[-1], *logs, subjects={"fw-1": ("firewall",)}, at=AT)
    told = type(known)(
        at=AT,
        period=known.period,
        all=known.all,
        devices=known.devices,
        usage_of=lambda group: histories(readings),
    )
    return {one.subject: one for one in check(told, accept=ACCEPT)}


def test_a_log_against_a_counter_is_a_finding_of_its_own() -> None:
    readings = [with_rules(one) for one in daily()]
    found = observed(readings, log(INSIDE, "7"))
    assert found[f"fw-1/{RULE}"].state == State.has_traffic
    about = found["fw-1/traffic logs"]
    assert (about.result, about.state) == (Result.not_satisfied, "log_contradicts_counter")
    assert about.measures["contradicted"] == [RULE]
    assert RULE in about.description.zh


def test_a_log_of_what_the_counters_could_not_see_contradicts_nothing() -> None:
    readings = [with_rules(one) for one in rebooted(daily(), INSIDE - timedelta(hours=1))]
    assert observed(readings)[f"fw-1/{RULE}"].state == State.proven
    # What was counted before the restart is lost, and the gap says so.
    found = observed(readings, log(INSIDE - timedelta(hours=2), "7"))
    assert found["fw-1/traffic logs"].state == "log_agrees"
    assert found[f"fw-1/{RULE}"].state == State.has_traffic


def test_a_log_of_a_rule_in_use_agrees() -> None:
    found = observed([with_rules(one) for one in daily()], log(INSIDE, BUSY))
    assert found["fw-1/traffic logs"].state == "log_agrees"


def test_without_a_log_nothing_is_said_of_logs() -> None:
    assert "fw-1/traffic logs" not in observed([with_rules(one) for one in daily()])


def with_rules(one: Reading, match: str = "m1") -> Reading:
    facts = tuple(
        FirewallRule(key=fact.key, match_digest=match, permits=True)
        if isinstance(fact, FirewallRule)
        else fact
        for fact in one.facts
    )
    return Reading(device=one.device, subject=one.subject, at=one.at, facts=facts)


# --- which rule is meant ---

RULES = (
    FirewallRule(key="root/ip/u-1", context="root", vendor_id="U-1", name="web"),
    FirewallRule(key="dmz/ip/7", context="dmz", name="web"),
    FirewallRule(key="root/ip/8", context="root", name="mail"),
    FirewallRule(key="-/ip/OUT/9c", policy="OUT", vendor_id="0x1a2b3c4d"),
    FirewallRule(key="inet/fw/1", text='tcp dport 23 counter log prefix "telnet " drop'),
)


@pytest.mark.parametrize(
    ("names", "context", "policy", "key"),
    [
        (("u-1", "7"), "root", "", "root/ip/u-1"),
        (("7",), "dmz", "", "dmz/ip/7"),
        (("web",), "dmz", "", "dmz/ip/7"),
        (("web",), "", "", None),
        (("mail",), "", "", "root/ip/8"),
        (("1a2b3c4d",), "", "OUT", "-/ip/OUT/9c"),
        (("1a2b3c4d",), "", "IN", None),
        (("telnet",), "", "", "inet/fw/1"),
        (("nobody",), "", "", None),
    ],
)
def test_a_rule_is_known_by_the_surest_name_or_not_at_all(
    names: tuple[str, ...], context: str, policy: str, key: str | None
) -> None:
    readings = seen(log(INSIDE, *names, context=context, policy=policy), at=AT)
    found = logs_of(readings, "fw-1", RULES)
    assert list(found.by_rule) == ([] if key is None else [key])
    assert found.unknown == ((names[0],) if key is None else ())


def test_logs_delivered_one_after_the_other_all_count() -> None:
    january, march = log(INSIDE, "mail"), log(INSIDE - 30 * DAY, "mail")
    known = seen(january, at=AT)
    both = type(known)(
        at=AT,
        period=known.period,
        all=known.all,
        devices=known.devices,
        earlier=lambda device, subject: (march,) if subject == "traffic_log" else (),
    )
    assert len(logs_of(both, "fw-1", RULES).by_rule["root/ip/8"]) == 2


def test_what_counters_show_on_a_day_is_joined_with_the_logs_delivered_by_then(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    # A reading in ten days will do beside a rising counter.
    seldom = [with_rules(one) for one in [*daily()[::10], daily()[-1]]]
    ledger.keep_bundle("ab" * 32, b"archive", seldom, "run-1", False)
    devices = {"fw-1": Device(id="fw-1", platform="asa", subjects=("firewall",))}

    def state(at: datetime) -> State:
        [found] = counted(ledger, devices, at, Criteria())
        return found.states[RULE]

    assert state(AT) is State.proven
    named = replace(log(INSIDE, RULE), at=AT + DAY)
    ledger.keep_bundle("cd" * 32, b"archive", [named], "run-2", False)
    assert (state(AT), state(AT + DAY)) == (State.proven, State.has_traffic)
    # A folder of logs is a device of its own, in the firewall's group.
    folder = replace(log(INSIDE, RULE), device="fw-1-logs", at=AT)
    devices["fw-1-logs"] = Device(
        id="fw-1-logs", platform="traffic_log", subjects=("traffic_log",), ha_group="fw-1"
    )
    ledger.keep_bundle("ef" * 32, b"archive", [folder], "run-3", False)
    assert state(AT) is State.has_traffic
    ledger.close()


# --- delivering them ---

LINES = "time,rule\n2026-11-01T10:00:00+08:00,7\n2026-11-02T10:00:00+08:00,7\n"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "agent.yaml").write_text("id: agent-1\nstate: state\n")
    (tmp_path / "devices.yaml").write_text(
        "devices:\n  - {id: fw-01, platform: asa, host: 192.0.2.1, subjects: [firewall]}\n"
    )
    make_keys(tmp_path / "state")
    return load_config(tmp_path / "agent.yaml")


def test_a_delivered_log_is_kept_with_who_when_and_what(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "edge october.csv"
    file.write_text(LINES)
    changed_at = datetime(2026, 11, 3, tzinfo=UTC)
    os.utime(file, (changed_at.timestamp(), changed_at.timestamp()))
    with agent_of(config) as agent:
        device = config.devices["fw-01"]
        one = import_logs(agent, device, file, "alice", "FortiAnalyzer, October")[0]
        assert (one.form, one.entries, one.rules, one.why) == ("csv", 2, 1, "")
        import_logs(agent, device, file, "alice", "FortiAnalyzer, October")
        [kept] = list(agent.ledger.readings("fw-01", "traffic_log"))
        spooled = agent.ledger.bundle_of(kept.digest)
    assert (kept.at, kept.provenance) == (changed_at, "hand-delivered")
    assert spooled is not None and spooled.path is not None
    assert len(kept.captures) == 1


def test_what_is_no_log_is_said_and_not_kept(config: Config, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "notes.txt").write_text("bring milk\n")
    (tmp_path / "logs" / "t.log").write_text(LINES)
    with agent_of(config) as agent:
        found = import_logs(agent, config.devices["fw-01"], tmp_path / "logs", "alice", "why")
        assert [one.file for one in found] == ["notes.txt", "t.log"]
        assert "output_unexpected" in found[0].why and not found[0].bundle
        assert len(list(agent.ledger.readings("fw-01", "traffic_log"))) == 1
    with agent_of(config) as agent, pytest.raises(ConfigurationError) as none:
        import_logs(agent, config.devices["fw-01"], tmp_path / "state", "alice", "why")
    assert none.value.code == "logs_missing"


def test_the_command_wants_to_know_whose_logs_and_why(
    config: Config, tmp_path: Path, run: Run
) -> None:
    file = tmp_path / "t.csv"
    file.write_text(LINES)
    refused = run("import", "logs", str(file))
    assert refused.returncode == 2
    assert "provenance_missing" in refused.stderr
    done = run("import", "logs", str(file), "--device", "fw-01", "--reason", "October", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rules"] == 1
