"""By what algorithms a device was reached is in its reading, and old ones are a finding."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from checks.device_is_reached_by_current_algorithms import check, found_old
from evidence.bundle import load_bundle
from evidence.device import Device
from evidence.facts import Unit
from evidence.observation import Observation, Result
from evidence.reading import Failure, Reading
from evidence.readings import Readings
from evidence.way import parts, written
from lab.devices import Mischief
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, by_device, failure_of, tape_of

AT = datetime(2026, 11, 23, tzinfo=UTC)
GRANTED = {"ssh_legacy": "replaced in 2027-03, ticket 1234"}


def judged(*readings: Reading, **device: object) -> Observation:
    """What the check says of `fw-01`."""
    about = Device(id="fw-01", platform="asa", transport="ssh", **device)  # type: ignore[arg-type]
    (said,) = check(Readings(AT, "2026-11", readings, {"fw-01": about}))
    return said


def reading(*ways: str, at: datetime = AT, code: str | None = None) -> Reading:
    failure = Failure(code, "no") if code else None
    facts = () if code else (Unit(serial="A1"),)
    return Reading(
        device="fw-01", subject="firmware", at=at, facts=facts, failure=failure, ways=ways
    )


@pytest.mark.parametrize("terminal", [ASA_TERMINAL, None], ids=["terminal", "exec"])
def test_a_reading_by_ssh_says_how_it_came(lab_site: Site, terminal: object) -> None:
    if terminal:
        lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    else:
        lab_site.ssh("fw-01", tape_of("linux/firmware.debian-12"), "firmware")
    (way,) = lab_site.readings()["fw-01", "firmware"].ways
    said = parts(way)
    assert set(said) >= {"protocol", "kex", "key", "cipher"}
    assert said["key"].startswith("ecdsa-sha2")
    assert found_old(way) == []


def test_an_old_device_under_an_exception_is_a_finding_that_names_what_was_used(
    lab_site: Site,
) -> None:
    lab_site.ssh(
        "fw-01",
        ASA,
        "firmware",
        terminal=ASA_TERMINAL,
        mischief=Mischief(legacy_only=True),
        exceptions=GRANTED,
    )
    config = lab_site.write()
    with lab_site.agent(config) as agent:
        read = by_device(lab_site.collect(config, agent))["fw-01", "firmware"]
        (kept,) = agent.ledger.bundles_in("spooled")
        assert kept.path is not None
        (sealed,) = load_bundle(kept.path).collection.readings
    assert read.failure is None
    assert sealed.ways == read.ways
    (said,) = check(Readings(AT, "2026-11", [sealed], config.devices))
    assert (said.result, said.state) == (Result.not_satisfied, "old_algorithms")
    for name in ("diffie-hellman-group1-sha1", "ssh-rsa", "aes128-cbc", "hmac-sha1"):
        assert name in said.description.en and name in said.description.zh
    assert "ticket 1234" in said.description.en
    assert said.evidence == (sealed.digest,)


def test_an_old_device_without_an_exception_is_a_finding_though_it_was_not_read(
    lab_site: Site,
) -> None:
    lab_site.ssh(
        "fw-01", ASA, "firmware", terminal=ASA_TERMINAL, mischief=Mischief(legacy_only=True)
    )
    read = lab_site.readings()["fw-01", "firmware"]
    assert failure_of(read) == "ssh_legacy_only"
    said = judged(read)
    assert (said.result, said.state) == (Result.not_satisfied, "old_algorithms_only")


def test_a_reading_by_https_and_one_by_snmp_say_how_they_came(lab_site: Site) -> None:
    lab_site.https("fg-01", tape_of("fortios/firewall.two_vdoms"), "firewall")
    lab_site.snmp("sw-01", tape_of("snmp/firmware.accton-below-its-own-branch"), "firmware")
    found = {device: one.ways for (device, _), one in lab_site.readings().items()}
    (tls,), (snmp,) = found["fg-01"], found["sw-01"]
    assert parts(tls)["version"] in ("TLSv1.2", "TLSv1.3")
    assert parts(snmp) == {"protocol": "snmp", "version": "3", "auth": "SHA-256", "privacy": "AES"}
    assert found_old(tls) == found_old(snmp) == []


@pytest.mark.parametrize(
    ("way", "old"),
    [
        ("ssh kex=curve25519-sha256 key=ssh-ed25519 cipher=aes128-gcm@openssh.com", []),
        ("ssh kex=diffie-hellman-group14-sha256 key=rsa-sha2-512 cipher=aes128-ctr", []),
        (
            "ssh kex=diffie-hellman-group14-sha1 key=ssh-rsa",
            ["diffie-hellman-group14-sha1", "ssh-rsa"],
        ),
        ("ssh cipher=aes256-cbc mac=hmac-sha1-96", ["aes256-cbc", "hmac-sha1-96"]),
        ("ssh mac=hmac-sha2-256-etm@openssh.com", []),
        ("tls version=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256", []),
        ("tls version=TLSv1.1 cipher=ECDHE-RSA-AES128-SHA", ["TLSv1.1"]),
        ("tls version=TLSv1 cipher=DES-CBC3-SHA", ["TLSv1", "DES-CBC3-SHA"]),
        ("snmp version=3 auth=SHA privacy=AES-256", []),
        ("snmp version=3 auth=MD5 privacy=none", ["MD5", "none"]),
        ("snmp version=2c", ["2c"]),
        ("http sealed=log-in", ["http"]),
    ],
)
def test_what_is_old(way: str, old: list[str]) -> None:
    assert found_old(way) == old


def test_who_does_not_say_is_not_assessed() -> None:
    for known in ((), (reading(),), (reading(code="device_unreachable"),)):
        assert judged(*known).result is Result.not_assessed


def test_the_newest_that_tells_counts() -> None:
    old, new = written("ssh", kex="x-sha1"), written("ssh", kex="curve25519-sha256")
    earlier, later = AT.replace(day=1), AT.replace(day=2)
    mended = judged(reading(old, at=earlier), reading(new, at=later))
    assert mended.result is Result.satisfied
    away = judged(reading(old, at=earlier), reading(at=later, code="device_unreachable"))
    assert away.state == "old_algorithms"
    worse = judged(reading(new, at=earlier), reading(at=later, code="ssh_legacy_only"))
    assert worse.state == "old_algorithms_only"


def test_the_own_host_and_probes_log_in_nowhere() -> None:
    devices = {name: Device(id=name, platform="x", transport=name) for name in ("local", "wire")}
    assert list(check(Readings(AT, "2026-11", [], devices))) == []


def test_a_reading_that_does_not_say_keeps_the_digest_it_had() -> None:
    assert "ways" not in reading().record()
    assert Reading.of_record(reading().record()).digest == reading().digest
    told = reading("snmp version=2c")
    assert Reading.of_record(told.record()) == told
