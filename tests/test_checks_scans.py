"""Scan reports as evidence: when, of what, what is open since when, what is past its support."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.platforms import platform
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from checks.scan_finds_no_unsupported_release import check as no_unsupported
from checks.weakness_is_treated import check as treated
from checks.weaknesses_are_scanned import check as scanned
from evidence.device import Device
from evidence.facts import Asset, Fact, HardwareItem, ScannedHost, ScanReport, Weakness
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.tape import read_tape
from tests.fixtures_pack import MakeBroker
from tests.fixtures_program import Run
from tests.judging import AT, failed, judged, read, seen
from tests.test_cases import CASES, KEY

ENDED = datetime(2026, 11, 2, 4, tzinfo=UTC)
REPORT = ScanReport(scanner="nessus", name="monthly", ended_at=ENDED, hosts=1)
HOST = ScannedHost(address="10.20.0.30", scanned_at=ENDED)
SMB = Weakness(
    weakness_id="nessus 97833",
    title="MS17-010",
    address="10.20.0.30",
    severity="critical",
    cvss=8.1,
    last_seen_at=ENDED,
)


def world(*facts: Fact, assets: tuple[Asset, ...] = ()) -> Readings:
    readings = [read("scan", "weaknesses", *facts)]
    if assets:
        readings.append(read("register", "assets", *assets))
    return seen(*readings)


def one_of(observations: list[Observation], subject: str) -> Observation:
    [one] = [one for one in observations if one.subject == subject]
    return one


# --- when ---


@pytest.mark.parametrize(
    ("changes", "result", "state"),
    [
        ({}, Result.satisfied, "scan_in_time"),
        ({"ended_at": datetime(2026, 5, 30, 12, tzinfo=UTC)}, Result.satisfied, "scan_in_time"),
        ({"ended_at": datetime(2026, 5, 29, 12, tzinfo=UTC)}, Result.not_satisfied, "scan_overdue"),
        ({"complete": False}, Result.partly, "scan_incomplete"),
        ({"complete": True}, Result.satisfied, "scan_in_time"),
        ({"ended_at": None}, Result.not_assessed, "scan_time_unknown"),
        ({"ended_at": AT + timedelta(days=1)}, Result.not_assessed, "scan_time_unknown"),
    ],
)
def test_half_a_year_by_the_calendar(changes: dict[str, Any], result: Result, state: str) -> None:
    [one] = scanned(world(replace(REPORT, **changes)))
    assert (one.result, one.state) == (result, state)


def test_without_a_report_nothing_is_known() -> None:
    for check in (scanned, treated):
        [one] = check(seen(read("fw-1", "firmware", HardwareItem(model="x"))))
        assert (one.result, one.state) == (Result.not_assessed, "no_scan")


def test_a_report_that_was_refused_is_said() -> None:
    found = list(scanned(seen(failed("scan", "weaknesses", "output_incomplete"))))
    assert [one.state for one in found] == ["not_read", "no_scan"]
    assert found[0].measures["code"] == "output_incomplete"


# --- of what ---


def test_what_no_scan_reached_is_listed() -> None:
    found = list(
        scanned(
            world(
                REPORT,
                HOST,
                assets=(
                    Asset(asset_id="HW-1", addresses=("10.20.0.30",)),
                    Asset(asset_id="HW-2", addresses=("10.20.0.31",)),
                    Asset(asset_id="HW-3"),
                    Asset(asset_id="DA-1", category="data"),
                ),
            )
        )
    )
    states = {one.subject: (one.result, one.state) for one in found}
    assert states == {
        "scan/report 1 nessus": (Result.satisfied, "scan_in_time"),
        "register/HW-1/scan": (Result.satisfied, "scanned"),
        "register/HW-2/scan": (Result.partly, "not_scanned"),
        "register/HW-3/scan": (Result.not_assessed, "address_unknown"),
    }


def test_an_old_scan_covers_nothing() -> None:
    old = replace(REPORT, ended_at=ENDED - timedelta(days=400))
    found = scanned(world(old, HOST, assets=(Asset(asset_id="HW-1", addresses=("10.20.0.30",)),)))
    assert [one.state for one in found] == ["scan_overdue"]


# --- open since when ---


@pytest.mark.parametrize(
    ("first", "result", "state"),
    [
        (datetime(2026, 10, 31, 12, tzinfo=UTC), Result.partly, "weakness_open"),
        (datetime(2026, 10, 30, 12, tzinfo=UTC), Result.not_satisfied, "weakness_overdue"),
    ],
)
def test_thirty_days_from_the_day_the_scanner_saw_it(
    first: datetime, result: Result, state: str
) -> None:
    [one] = treated(world(REPORT, HOST, replace(SMB, first_seen_at=first)))
    assert (one.result, one.state) == (result, state)
    assert one.subject == "scan/nessus 97833"


def test_the_first_report_that_has_it_says_since_when() -> None:
    """Nessus keeps no day of its own: the reports of the months before do."""
    earlier = datetime(2026, 8, 3, 4, tzinfo=UTC)
    then = read(
        "scan",
        "weaknesses",
        replace(REPORT, ended_at=earlier),
        replace(SMB, last_seen_at=earlier),
        at=earlier,
    )
    now = read("scan", "weaknesses", REPORT, HOST, SMB)
    readings = replace(seen(then, now), earlier=lambda device, subject: [then, now])
    [one] = treated(readings)
    assert (one.state, one.measures["since_on"]) == ("weakness_overdue", "2026-08-03")
    assert one.evidence == (now.digest, then.digest)


def test_one_weakness_of_many_hosts_is_one_thing_to_do() -> None:
    more = [replace(SMB, address=f"10.20.0.{n}") for n in range(31, 41)]
    [one] = treated(world(REPORT, SMB, *more))
    assert len(one.measures["hosts"]) == 11
    assert "11 臺" in one.description.zh


def test_without_any_time_its_age_is_not_known() -> None:
    [one] = treated(world(replace(REPORT, ended_at=None), replace(SMB, last_seen_at=None)))
    assert (one.result, one.state) == (Result.not_assessed, "weakness_age_unknown")


def test_what_the_company_gives_no_days_is_not_judged() -> None:
    low = replace(SMB, severity="low")
    [one] = treated(world(REPORT, HOST, low))
    assert (one.result, one.state) == (Result.satisfied, "no_open_weakness")
    [one] = treated(world(REPORT, HOST, low), days={"low": 1})
    assert one.state == "weakness_overdue"


# --- past its support ---


def test_a_scan_is_a_second_witness_of_what_has_ended() -> None:
    ended = replace(SMB, weakness_id="nessus 108797", title="Unsupported OS", unsupported=True)
    [one] = no_unsupported(world(REPORT, HOST, SMB, ended))
    assert (one.result, one.state) == (Result.not_satisfied, "scan_says_unsupported")
    findings = judged(one).result("CC-17010.a.j").findings
    assert [found.state for found in findings] == ["scan_says_unsupported"]


def test_a_scan_that_names_none_says_so_and_no_scan_says_nothing() -> None:
    [one] = no_unsupported(world(REPORT, HOST, SMB))
    assert (one.result, one.state) == (Result.satisfied, "none_unsupported")
    assert list(no_unsupported(seen(read("fw-1", "firmware")))) == []


def test_no_password_of_a_scan_s_policy_is_kept() -> None:
    tape = read_tape(CASES / "scan" / "weaknesses.nessus.tape")
    policy = (
        b"<Policy><preference><name>SMB password :</name><value>canary-1f</value></preference>"
        b"<item><fullName>Login[password]:SNMP community</fullName><preferenceType>password"
        b"</preferenceType><preferenceValues>canary-2f</preferenceValues>"
        b"<selectedValue>canary-3f</selectedValue></item>"
    )
    [answer] = tape.answers
    body = answer.body.replace(b"<Policy>", policy)
    visit = Visitor(
        device=Device(id="scan", platform="scan", subjects=("weaknesses",)),
        platform=platform("scan"),
        open_transport=lambda: TapeTransport([replace(answer, body=body)]),
        clock=lambda: AT,
        key=KEY,
    ).visit(["weaknesses"])
    assert visit.readings[0].failure is None
    [kept] = [one.capture for one in visit.exchanges if one.capture is not None]
    assert b"canary" not in kept.body
    assert kept.body.count(b"redacted:hmac:") == 3


# --- where ---


def test_a_weakness_of_a_colocated_host_is_seen_by_its_own_clause() -> None:
    here = Asset(asset_id="HW-1", addresses=("10.20.0.30",), site="colo")
    found = list(treated(world(REPORT, HOST, SMB, assets=(here,))))
    assert found[0].scope == ("site:colo",)
    elsewhere = replace(here, site="main")
    found = list(treated(world(REPORT, HOST, SMB, assets=(elsewhere,))))
    assert found[0].scope == ("site:main",)
    assert AT > ENDED


def test_a_report_handed_over_keeps_who_and_when(
    make_broker: MakeBroker, run: Run, tmp_path: Path
) -> None:
    """Nessus' CSV tells no time: whoever delivers it does, and stands in the evidence."""
    make_broker(days=1)
    with (tmp_path / "devices.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {id: scan-1, platform: scan, options: {folder: /nowhere}}\n")
    [answer] = read_tape(CASES / "scan" / "weaknesses.nessus_csv.tape").answers
    (tmp_path / "monthly.csv").write_bytes(answer.body)
    words = ("read", "--platform", "scan", "--subject", "weaknesses", "--device", "scan-1")
    handed = ("--answer", "nessus_csv", "monthly.csv", "--delivered-by", "林怡君")
    without = run(*words, *handed, "--reason", "每月掃描")
    assert (without.returncode, "provenance_missing" in without.stderr) == (2, True)
    done = run(*words, *handed, "--reason", "每月掃描", "--captured-at", "2026-11-02T12:00+08:00")
    assert done.returncode == 0, done.stderr
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    [report] = [one for one in facts if one["fact"] == "scan_report"]
    assert report["ended_at"] == "2026-11-02T04:00:00Z"
    found = run("findings", "--period", "2026-11", "--json")
    mine = [json.loads(line) for line in found.stdout.splitlines() if "scan-1" in line]
    assert "weakness_open" in {one["state"] for one in mine}
