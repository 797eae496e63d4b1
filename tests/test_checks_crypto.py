"""What cryptography is worth, by the shipped table: every algorithm on both sides of its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks import cryptography_is_current
from evidence.facts import AlgorithmOffer, Certificate, Fact
from evidence.observation import Observation, Result
from evidence.tape import read_tape
from tests.judging import AT, company, failed, read, seen
from tests.test_cases import CASES, read_case  # the recorded servers

SETTINGS: Mapping[str, Any] = company().settings("cryptography_is_current")
GOOD = Certificate(
    sha256="ab" * 32,
    subject="CN=x",
    key="rsa",
    key_bits=2048,
    signature_hash="sha256",
    self_signed=False,
    expires_at=AT + timedelta(days=200),
    address="192.0.2.1",
    port=443,
)


def judged(*facts: Fact, **settings: Any) -> list[Observation]:
    readings = seen(read("srv", "crypto", *facts))
    return list(cryptography_is_current.check(readings, **{**SETTINGS, **settings}))


def offer(part: str, *names: str, **said: Any) -> AlgorithmOffer:
    protocol, _, part = part.partition("/")
    return AlgorithmOffer(protocol=protocol, part=part, names=names, **said)


@pytest.mark.parametrize(
    ("part", "name", "result"),
    [
        ("ssh/version", "1", Result.not_satisfied),
        ("ssh/kex", "diffie-hellman-group1-sha1", Result.not_satisfied),
        ("ssh/kex", "diffie-hellman-group14-sha1", Result.not_satisfied),
        ("ssh/kex", "diffie-hellman-group-exchange-sha1", Result.not_satisfied),
        ("ssh/kex", "diffie-hellman-group14-sha256", Result.satisfied),
        ("ssh/kex", "sntrup761x25519-sha512@openssh.com", Result.satisfied),
        ("ssh/kex", "mlkem768x25519-sha256", Result.satisfied),
        ("ssh/kex", "kexguess2@matt.ucc.asn.au", Result.not_assessed),
        ("ssh/host_key", "ssh-rsa", Result.not_satisfied),
        ("ssh/host_key", "ssh-dss", Result.not_satisfied),
        ("ssh/host_key", "rsa-sha2-256", Result.satisfied),
        ("ssh/cipher", "3des-cbc", Result.not_satisfied),
        ("ssh/cipher", "arcfour128", Result.not_satisfied),
        ("ssh/cipher", "aes128-cbc", Result.partly),
        ("ssh/cipher", "aes128-ctr", Result.satisfied),
        ("ssh/mac", "hmac-md5-96", Result.not_satisfied),
        ("ssh/mac", "hmac-sha1", Result.partly),
        ("ssh/mac", "hmac-sha2-256", Result.satisfied),
        ("tls/version", "TLSv1.1", Result.not_satisfied),
        ("tls/version", "SSLv2", Result.not_satisfied),
        ("tls/version", "TLSv1.2", Result.satisfied),
        ("tls/suite", "TLS_RSA_WITH_RC4_128_MD5", Result.not_satisfied),
        ("tls/suite", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", Result.not_satisfied),
        ("tls/suite", "TLS_DH_anon_WITH_AES_128_GCM_SHA256", Result.not_satisfied),
        ("tls/suite", "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", Result.not_satisfied),
        ("tls/suite", "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384", Result.not_satisfied),
        ("tls/suite", "TLS_RSA_WITH_AES_128_GCM_SHA256", Result.partly),
        ("tls/suite", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", Result.partly),
        ("tls/suite", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Result.satisfied),
        ("tls/suite", "TLS_AES_128_GCM_SHA256", Result.satisfied),
        ("tls/suite", "0xfefe", Result.not_assessed),
        ("ike/group", "5", Result.not_satisfied),
        ("ike/group", "14", Result.satisfied),
        ("ike/cipher", "3des", Result.not_satisfied),
        ("ike/mac", "sha1", Result.not_satisfied),
        ("ike/version", "1", Result.partly),
        ("esp/mac", "md5", Result.not_satisfied),
        ("snmp/version", "2c", Result.not_satisfied),
        ("snmp/privacy", "des", Result.not_satisfied),
        ("ntp/auth", "md5", Result.not_satisfied),
        ("password/hash", "reversible", Result.not_satisfied),
        ("password/hash", "md5-crypt", Result.not_satisfied),
        ("password/hash", "scrypt", Result.satisfied),
    ],
)
def test_what_an_algorithm_is_worth(part: str, name: str, result: Result) -> None:
    [found] = judged(offer(part, name))
    assert found.result is result


@pytest.mark.parametrize(
    ("sizes", "result"),
    [
        ([("rsa", 2047)], Result.not_satisfied),
        ([("rsa", 2048)], Result.satisfied),
        ([("dhe", 1024)], Result.not_satisfied),
        ([("diffie-hellman-group-exchange-sha256", 1536)], Result.not_satisfied),
        ([("diffie-hellman-group-exchange-sha256", 2048)], Result.satisfied),
    ],
)
def test_a_key_or_group_that_is_too_short(sizes: Sequence[tuple[str, int]], result: Result) -> None:
    [found] = judged(offer("ssh/version", "2", sizes_bits=tuple(sizes)))
    assert found.result is result


@pytest.mark.parametrize(
    ("changed", "result", "state"),
    [
        ({}, Result.satisfied, "current"),
        ({"key_bits": 1024}, Result.not_satisfied, "broken"),
        ({"key": "dsa"}, Result.not_satisfied, "broken"),
        ({"key": "ec", "key_bits": 224}, Result.not_satisfied, "broken"),
        ({"key": "ec", "key_bits": 256}, Result.satisfied, "current"),
        ({"signature_hash": "sha1"}, Result.not_satisfied, "broken"),
        ({"signature_hash": "md5"}, Result.not_satisfied, "broken"),
        ({"signature_hash": None}, Result.not_assessed, "unknown_algorithm"),
        ({"expires_at": AT - timedelta(days=1)}, Result.not_satisfied, "certificate_expired"),
        ({"expires_at": AT + timedelta(days=30)}, Result.partly, "certificate_ends_soon"),
        ({"expires_at": AT + timedelta(days=31)}, Result.satisfied, "current"),
        ({"key": None}, Result.not_assessed, "certificate_unreadable"),
        # A root's signature under itself proves nothing, and weakens nothing.
        ({"signature_hash": "sha1", "self_signed": True, "depth": 1}, Result.satisfied, "current"),
        ({"signature_hash": "sha1", "self_signed": True}, Result.not_satisfied, "broken"),
    ],
)
def test_what_a_certificate_is_worth(
    changed: Mapping[str, Any], result: Result, state: str
) -> None:
    [found] = judged(replace(GOOD, **changed))
    assert (found.result, found.state) == (result, state)


def test_the_worst_of_a_service_decides_and_the_good_do_not_hide_it() -> None:
    facts = [
        offer("ssh/kex", "curve25519-sha256", address="192.0.2.1", port=22),
        offer("ssh/cipher", "aes128-ctr", "3des-cbc", address="192.0.2.1", port=22),
        offer("tls/version", "TLSv1.2", address="192.0.2.1", port=443),
    ]
    first, second = judged(*facts)
    assert (first.subject, first.result) == ("srv/ssh 192.0.2.1:22", Result.not_satisfied)
    assert first.measures["broken"] == ["3des-cbc"]
    assert (second.subject, second.result) == ("srv/tls 192.0.2.1:443", Result.satisfied)


def test_without_a_table_nothing_is_current() -> None:
    facts = (offer("ssh/kex", "curve25519-sha256"), GOOD)
    found = judged(*facts, broken={}, aging={}, current={})
    assert {one.state for one in found} == {"no_criteria"}
    assert {one.result for one in found} == {Result.not_assessed}


def test_nothing_offered_is_no_pass() -> None:
    [found] = judged(offer("tls/version"))
    assert (found.result, found.state) == (Result.not_assessed, "nothing_offered")


def test_what_could_not_be_read_is_not_assessed() -> None:
    readings = seen(failed("srv", "crypto", "device_unreachable"))
    [found] = cryptography_is_current.check(readings, **SETTINGS)
    assert found.result is Result.not_assessed


@pytest.mark.parametrize(
    ("tape", "worst"),
    [
        ("ssh_wire/crypto.weak", {Result.not_satisfied}),
        ("ssh_wire/crypto.default", {Result.partly}),
        ("ssh_wire/crypto.strong", {Result.satisfied}),
        ("tls_wire/crypto.weak", {Result.not_satisfied}),
        ("tls_wire/crypto.strong", {Result.satisfied}),
        ("tls_wire/crypto.tls13_only", {Result.satisfied}),
    ],
)
def test_recorded_servers(tape: str, worst: set[Result]) -> None:
    reading = read_case(read_tape(CASES / f"{tape}.tape"), "crypto")
    assert reading.failure is None
    assert {one.result for one in judged(*reading.facts)} == worst
