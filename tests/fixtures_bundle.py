"""A small bundle made by our own code, for the tests of sealing, verifying and the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from evidence.ask import Ask
from evidence.bundle import Bundle, seal
from evidence.capture import Capture
from evidence.collection import Asked, Collection, Gap
from evidence.device import Device
from evidence.facts import SoftwareRelease
from evidence.reading import Failure, Reading
from evidence.seal import SigningKey

MakeBundle = Callable[..., Bundle]
AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
VERSION = Ask("version", "show version")
RULES = Ask("rules", "show access-list")
BODY = b"Cisco Adaptive Security Appliance Software Version 9.16(4)\nfw-01 up 41 days\n" * 3


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(scope="session")
def make_bundle(signing_key: SigningKey) -> MakeBundle:
    """make_bundle(number, site=…, replayed=…, at=…): a signed visit; each number another one."""

    def make(
        number: int = 0,
        *,
        agent: str = "agent-1",
        site: str = "main",
        replayed: bool = False,
        at: datetime = AT,
        key: SigningKey = signing_key,
    ) -> Bundle:
        capture = Capture(
            device="fw-01",
            ask=VERSION,
            body=BODY + b"visit %d\n" % number,
            asked_at=at,
            answered_at=at + timedelta(seconds=1),
            account="auditor",
            peer="SHA256:abc",
        )
        refused = Failure("ask_not_answered", "fw-01: refused", "check the account", "NotAnswered")
        reading = Reading(
            device="fw-01",
            subject="firmware",
            at=capture.answered_at,
            facts=(SoftwareRelease(vendor="Cisco", product="asa", version="9.16(4)"),),
            captures=(capture.digest,),
            parser="collectors.asa.firmware",
        )
        failed = Reading(device="fw-01", subject="firewall", at=at, failure=refused)
        collection = Collection(
            agent=agent,
            agent_version="0.1.0",
            run=f"run-{number}",
            visit=f"visit-{number}",
            device=Device(id="fw-01", platform="asa", subjects=("firmware", "firewall"), site=site),
            requester="schedule",
            started_at=at,
            ended_at=at + timedelta(seconds=2),
            replayed=replayed,
            host={"disk_free_bytes": 1_000_000},
            asks=(
                Asked.answered("firmware", capture),
                Asked.failed("firewall", RULES, at, at, refused),
            ),
            readings=(reading, failed),
            gaps=(Gap(failure=refused, device="fw-01", subject="firewall", from_at=at),),
        )
        return seal(collection, [capture.body], key)

    return make


@pytest.fixture(scope="session")
def small_bundle(make_bundle: MakeBundle) -> Bundle:
    return make_bundle()
