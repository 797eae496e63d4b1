"""The shipped rule book, policy and checks together, over the readings of one small broker."""

from __future__ import annotations

from dataclasses import replace

from checks import run_checks
from evidence.control import Verdict
from evidence.facts import (
    AccessGrant,
    AccountPrivilege,
    AlgorithmOffer,
    Asset,
    HardwareItem,
    ProgramsSeen,
    ProtectionState,
    RemoteAccess,
    RemoteDesktopPolicy,
    ScannedHost,
    ScanReport,
    SoftwareRelease,
    WirelessNetwork,
)
from evidence.observation import Observation, Result
from evidence.readings import Readings
from tests.judging import AT, catalogue, company, failed, judged, read, rule_book, seen
from tests.test_checks_firewall import DENY, GONE, ZONES, register, rule

# Of this broker: it has no tickets, names no releases, has no pair, and no month before.
NOTHING_TO_SAY = {
    "rule_is_decided",
    "release_is_approved",
    "units_run_one_version",
    "logging_runs_on",
}


def broker() -> Readings:
    known = seen(
        read("fw-01", "firewall", rule(), rule("root/8", sources=("any",)), DENY),
        read(
            "fw-01",
            "firmware",
            SoftwareRelease(vendor="Fortinet", product="fortios", version="7.4.3"),
            HardwareItem(vendor="Fortinet", model="FortiGate-300E", serial="FG3"),
        ),
        read(
            "ap-01",
            "wireless",
            WirelessNetwork(
                ssid="office",
                akm=("psk",),
                pairwise=("tkip",),
                passphrase_digest="redacted:hmac:0:1",
            ),
            WirelessNetwork(ssid="visitors", akm=("open",), guest=True, vlan="90"),
        ),
        read("pc-01", "remote_desktop", RemoteDesktopPolicy(source="policy", idle_limit_s=600.0)),
        read("pc-01", "remote_access", ProgramsSeen(programs=40)),
        read("ap-01", "account", AccountPrivilege(level="level 1", can_write=False)),
        failed("sw-01", "firmware", "auth_failed"),
        read(
            "vpn-01",
            "remote_access",
            RemoteAccess(service="ssl-vpn", enabled=True, multi_factor=True),
            RemoteAccess(service="administration", enabled=True, interfaces=("wan1",)),
            AccessGrant(service="ssl-vpn", who="vendor-a", methods=("totp",), multi_factor=True),
        ),
        read(
            "pc-02",
            "host",
            ProtectionState(kind="malware", product="Defender", enabled=True),
            ProtectionState(kind="allow_list", product="WDAC", mode="audit"),
            ProtectionState(kind="posture", product="BitLocker", enabled=True),
        ),
        read("web-01", "crypto", AlgorithmOffer(protocol="tls", part="version", names=("1.2",))),
        read(
            "scan",
            "weaknesses",
            ScanReport(scanner="nessus", ended_at=AT, hosts=1),
            ScannedHost(address="10.20.0.30", scanned_at=AT),
        ),
        register(GONE, Asset(asset_id="HW-1", name="fw-01")),
        zones=ZONES,
        catalogue=catalogue(),
    )
    by_ssh = replace(known.devices["sw-01"], transport="ssh")
    return replace(known, devices={**known.devices, "sw-01": by_ssh})


def observed() -> list[Observation]:
    return list(run_checks(rule_book(), company(), broker()))


def test_every_check_of_the_rule_book_says_something() -> None:
    named = {use.check for control in rule_book() for use in control.checks}
    assert {one.check for one in observed()} == named - NOTHING_TO_SAY


def test_no_check_crashes_and_every_observation_has_evidence_or_a_reason() -> None:
    for one in observed():
        assert one.state != "check_failed", one.description.en
        assert one.evidence or one.result in (Result.not_assessed, Result.not_applicable), (
            one.subject
        )
        assert one.scope, one.subject
        assert one.description.zh
        assert one.description.en
        assert Observation.of_record(one.record()) == one


def test_what_a_small_broker_comes_to() -> None:
    judgement = judged(*observed())
    verdicts = {
        control: judgement.result(control).verdict
        for control in ("CC-17010.a.j", "CC-17010.b.f", "CC-17010.b.g", "CC-17010.m.a", "CC-17010")
    }
    assert verdicts == {
        "CC-17010.a.j": Verdict.not_satisfied,  # the chassis
        "CC-17010.b.f": Verdict.partly,  # the risky rule and the decommissioned one, still open
        "CC-17010.b.g": Verdict.not_satisfied,
        "CC-17010.m.a": Verdict.not_satisfied,
        "CC-17010": Verdict.not_satisfied,  # as its worst clause
    }


def test_a_check_that_crashes_is_not_silent() -> None:
    policy = company()
    spoilt = {**policy.checks, "wireless_is_strong": {"worth": {"tkip": "fine"}}}
    readings = broker()
    observations = list(run_checks(rule_book(), replace(policy, checks=spoilt), readings))
    result = judged(*observations).result("CC-17010.m.a")
    assert result.verdict is Verdict.not_assessed
    assert "check_failed" in {one.state for one in result.findings}
