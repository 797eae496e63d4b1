"""Hosts: anti-virus, allow-lists, management, each on both sides of its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks import (
    endpoint_is_managed,
    mail_is_scanned,
    malware_protection_is_current,
    software_allowlist_is_enforced,
)
from evidence.facts import Asset, Fact, MailScan, ManagedEndpoint, ProtectionState, Unit
from evidence.observation import Observation, Result
from evidence.tape import read_tape
from tests.judging import AT, failed, on, read, seen
from tests.test_cases import CASES, read_case

AV = ProtectionState(
    kind="malware",
    product="AV",
    installed=True,
    enabled=True,
    signatures_at=AT - timedelta(days=7),
    full_scan_at=AT - timedelta(days=31),
)


def protection(*facts: Fact) -> Observation:
    [found] = malware_protection_is_current.check(seen(read("pc", "host", *facts)))
    return found


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "current"),
        ({"signatures_at": AT - timedelta(days=8)}, "signatures_old"),
        ({"full_scan_at": AT - timedelta(days=32)}, "full_scan_old"),
        ({"full_scan_at": None}, "no_full_scan_told"),
        ({"signatures_at": None}, "state_unknown"),
        ({"signatures_at": None, "detail": "signatures current"}, "current"),
        ({"detail": "signatures old"}, "signatures_old"),
        ({"enabled": None}, "state_unknown"),
        ({"enabled": False}, "switched_off"),
        ({"installed": False, "enabled": False}, "not_installed"),
        # A clock that is a year ahead: signatures of a day to come are no current ones.
        ({"signatures_at": AT + timedelta(days=365)}, "state_unknown"),
        ({"full_scan_at": AT + timedelta(days=2)}, "no_full_scan_told"),
    ],
)
def test_what_a_product_is_worth(changed: dict[str, Any], state: str) -> None:
    found = protection(replace(AV, **changed))
    assert found.state == state
    assert (found.result is Result.satisfied) == (state == "current")


def test_the_best_product_of_a_host_counts_and_none_told_is_no_pass() -> None:
    passive = replace(AV, product="Other", enabled=False)
    assert protection(passive, AV).state == "current"
    assert protection(AV, passive).state == "current"
    assert protection(Unit(hostname="pc")).result is Result.not_assessed


@pytest.mark.parametrize(
    ("modes", "result"),
    [
        (["enforce"], Result.satisfied),
        (["off", "enforce"], Result.satisfied),
        (["audit", "off"], Result.partly),
        (["off"], Result.not_satisfied),
        ([None, "off"], Result.not_assessed),
        ([], Result.not_assessed),
    ],
)
def test_an_allow_list_is_enforced_or_not(modes: list[str | None], result: Result) -> None:
    facts: list[Fact] = [
        ProtectionState(kind="allow_list", product=f"P{number}", mode=mode)
        for number, mode in enumerate(modes)
    ]
    readings = seen(read("pc", "host", *(facts or [Unit(hostname="pc")])))
    [found] = software_allowlist_is_enforced.check(readings)
    assert found.result is result


MANAGED = ProtectionState(kind="posture", product="management", enabled=True, mode="managed")
DISK = ProtectionState(kind="posture", product="BitLocker C:", enabled=True, mode="on")
ROW = Asset(asset_id="A-7", name="trade-07")


@pytest.mark.parametrize(
    ("facts", "assets", "state"),
    [
        ([MANAGED, DISK], [ROW], "managed"),
        ([MANAGED, DISK], [replace(ROW, name="x", addresses=("192.0.2.7",))], "not_registered"),
        ([MANAGED, DISK], [replace(ROW, decommissioned_on=AT.date())], "not_registered"),
        (
            [MANAGED, DISK],
            [replace(ROW, decommissioned_on=AT.date() + timedelta(days=1))],
            "managed",
        ),
        ([MANAGED, DISK], None, "no_register"),
        ([replace(MANAGED, enabled=False), DISK], [ROW], "not_managed"),
        ([replace(MANAGED, enabled=None), DISK], [ROW], "management_unknown"),
        ([DISK], [ROW], "management_unknown"),
        ([MANAGED, replace(DISK, enabled=False)], [ROW], "not_encrypted"),
        ([MANAGED], [ROW], "encryption_unknown"),
        ([MANAGED, DISK, replace(DISK, enabled=None)], [ROW], "encryption_unknown"),
    ],
)
def test_a_managed_endpoint(facts: list[Fact], assets: list[Asset] | None, state: str) -> None:
    readings = [read("pc", "host", Unit(hostname="TRADE-07"), *facts)]
    if assets is not None:
        readings.append(read("register", "assets", *assets))
    [found] = endpoint_is_managed.check(seen(*readings))
    assert found.state == state
    assert (found.result is Result.satisfied) == (state == "managed")


def test_an_unencrypted_disk_counts_only_where_the_company_says_so() -> None:
    readings = seen(
        read("pc", "host", Unit(hostname="TRADE-07"), MANAGED), read("register", "assets", ROW)
    )
    [found] = endpoint_is_managed.check(readings, encrypted=False)
    assert found.state == "managed"


# --- what a management server exported ---

LISTED = ManagedEndpoint(
    name="KY-NB-1",
    serial="SN-1",
    managed=True,
    encrypted=True,
    compliant=True,
    last_seen_at=AT - timedelta(days=30),
)
LAPTOP = Asset(asset_id="A-9", name="ky-nb-1", category="筆電", serial="sn-1")


def exported(*rows: ManagedEndpoint, assets: tuple[Asset, ...] = (LAPTOP,)) -> dict[str, str]:
    """State by device, of one export and one register."""
    readings = seen(read("mdm", "endpoints", *rows), read("register", "assets", *assets))
    found = endpoint_is_managed.check(readings, categories=["筆電"])
    return {one.subject.rpartition("/")[2]: one.state for one in found}


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "managed"),
        ({"name": "another name"}, "managed"),  # the serial number is the same
        ({"serial": None}, "managed"),
        ({"serial": None, "name": "KY-NB-2"}, "not_registered"),
        ({"managed": False}, "not_managed"),
        ({"managed": None}, "management_unknown"),
        ({"encrypted": False}, "not_encrypted"),
        ({"encrypted": None}, "encryption_unknown"),
        ({"compliant": False}, "not_compliant"),
        ({"compliant": None}, "managed"),
        ({"last_seen_at": AT - timedelta(days=31)}, "silent"),
        ({"last_seen_at": None}, "last_seen_unknown"),
        ({"last_seen_at": AT + timedelta(days=2)}, "last_seen_unknown"),
    ],
)
def test_a_device_that_a_management_server_lists(changed: dict[str, Any], state: str) -> None:
    row = replace(LISTED, **changed)
    assert exported(row)[f"endpoint {row.name}"] == state


def test_a_laptop_of_the_register_that_no_server_lists_is_not_managed() -> None:
    other = replace(LAPTOP, asset_id="A-10", name="ky-nb-9", serial=None)
    server = replace(other, asset_id="A-11", name="trade-db", category="伺服器")
    gone = replace(other, asset_id="A-12", name="ky-nb-8", decommissioned_on=AT.date())
    found = exported(LISTED, assets=(LAPTOP, other, server, gone))
    assert found == {"endpoint KY-NB-1": "managed", "endpoint ky-nb-9": "not_managed"}


def test_what_a_host_does_not_tell_its_management_server_may() -> None:
    host = read("pc", "host", Unit(hostname="KY-NB-1"))
    register = read("register", "assets", LAPTOP)
    [alone] = endpoint_is_managed.check(seen(host, register))
    assert alone.state == "management_unknown"
    [both] = endpoint_is_managed.check(seen(host, register, read("mdm", "endpoints", LISTED)))
    assert (both.device, both.state) == ("pc", "managed")
    # What the host says of itself stands before what its server says.
    said = read("pc", "host", Unit(hostname="KY-NB-1"), replace(MANAGED, enabled=False))
    [denied] = endpoint_is_managed.check(seen(said, register, read("mdm", "endpoints", LISTED)))
    assert denied.state == "not_managed"


# --- mail ---

FIRST = AT.date().replace(day=1)
REPORT = MailScan(
    product="GW",
    scanned_from=FIRST,
    scanned_until=AT.date(),
    messages=9,
    found=1,
    signatures_on=AT.date(),
)


@pytest.mark.parametrize(
    ("rows", "state", "result"),
    [
        ([REPORT], "scanned", Result.satisfied),
        # The last week so far may still be reported.
        (
            [
                replace(
                    REPORT,
                    scanned_until=FIRST.replace(day=23),
                    signatures_on=FIRST.replace(day=20),
                )
            ],
            "scanned",
            Result.satisfied,
        ),
        ([replace(REPORT, scanned_until=FIRST.replace(day=22))], "days_missing", None),
        ([replace(REPORT, scanned_from=FIRST.replace(day=2))], "days_missing", None),
        (
            [
                replace(REPORT, scanned_until=FIRST.replace(day=9)),
                replace(REPORT, scanned_from=FIRST.replace(day=10)),
            ],
            "scanned",
            Result.satisfied,
        ),
        ([replace(REPORT, messages=None)], "scanned_unknown", None),
        ([replace(REPORT, messages=0)], "nothing_scanned", Result.not_satisfied),
        ([replace(REPORT, signatures_on=None)], "signatures_unknown", None),
        ([REPORT, replace(REPORT, signatures_on=None)], "signatures_unknown", None),
        (
            [replace(REPORT, signatures_on=AT.date() - timedelta(days=8))],
            "signatures_old",
            Result.not_satisfied,
        ),
    ],
)
def test_mail_is_scanned_on_every_day(
    rows: list[MailScan], state: str, result: Result | None
) -> None:
    [found] = mail_is_scanned.check(seen(read("mail", "mail_scans", *rows)))
    assert (found.state, found.result) == (state, result or Result.not_assessed)


def test_early_in_a_month_no_report_is_no_mail_that_was_not_scanned() -> None:
    """On the third day nothing needs to be reported yet."""
    last = FIRST - timedelta(days=1)
    before = replace(REPORT, scanned_from=last, scanned_until=last, signatures_on=last)
    at = AT.replace(day=3)
    readings = replace(seen(read("mail", "mail_scans", before, at=at)), at=at)
    [found] = mail_is_scanned.check(readings)
    assert (found.state, found.result) == ("days_missing", Result.not_assessed)


def test_without_a_report_nothing_is_known_of_the_mail() -> None:
    [found] = mail_is_scanned.check(seen(read("pc", "host", Unit(hostname="pc"))))
    assert (found.state, found.result) == ("no_report", Result.not_assessed)
    [unread] = mail_is_scanned.check(seen(failed("mail", "mail_scans", "file_missing")))
    assert unread.result is Result.not_assessed


def test_what_could_not_be_read_is_not_assessed() -> None:
    readings = seen(failed("pc", "host", "device_unreachable"))
    for check in (
        malware_protection_is_current.check,
        software_allowlist_is_enforced.check,
        endpoint_is_managed.check,
    ):
        [found] = check(readings)
        assert found.result is Result.not_assessed


@pytest.mark.parametrize(
    ("tape", "malware", "control"),
    [
        ("windows/host.protected", "current", "enforce"),
        ("windows/host.another_product", "switched_off", "audit"),
        ("windows/host.server", "current", "enforce"),
        ("linux/host.protected", "current", "enforce"),
        ("linux/host.old", "switched_off", "audit"),
        ("linux/host.nothing", "not_installed", "off"),
    ],
)
def test_hosts_as_they_tell(tape: str, malware: str, control: str) -> None:
    reading = read_case(read_tape(CASES / f"{tape}.tape"), "host")
    assert reading.failure is None
    readings = seen(replace(reading, device="pc"), at=on("2026-11-23"))
    [found] = malware_protection_is_current.check(readings)
    assert found.state == malware
    [found] = software_allowlist_is_enforced.check(readings)
    assert found.state == control
