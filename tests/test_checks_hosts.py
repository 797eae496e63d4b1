"""Hosts: anti-virus, allow-lists, management, each on both sides of its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks import (
    endpoint_is_managed,
    malware_protection_is_current,
    software_allowlist_is_enforced,
)
from evidence.facts import Asset, Fact, ProtectionState, Unit
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
        ([MANAGED, DISK], None, "no_register"),
        ([replace(MANAGED, enabled=False), DISK], [ROW], "not_managed"),
        ([replace(MANAGED, enabled=None), DISK], [ROW], "management_unknown"),
        ([DISK], [ROW], "management_unknown"),
        ([MANAGED, replace(DISK, enabled=False)], [ROW], "not_encrypted"),
        ([MANAGED], [ROW], "encryption_unknown"),
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
