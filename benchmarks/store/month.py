"""A month in a store, as an agent would deliver it: visits, runs, and the assessment of what they
read by the shipped rule book. `python -m benchmarks.store.month STATE BUNDLES BYTES` makes one."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.visits import Visit, device_of_id, visit
from checks import run_checks
from evidence.bundle import seal
from evidence.collection import device_record
from evidence.control import Policy, Profile, RuleBook, fold
from evidence.lifecycle import Catalogue
from evidence.reading import canonical
from evidence.readings import Readings, Zones
from evidence.runs import Assessment, RunRecord
from evidence.seal import SigningKey
from evidence.statement import ASSESSMENT, RUN
from evidence.yaml_text import load_yaml
from store.agents import Caller
from store.custody import Custody

AGENT, PERIOD = "agent-1", "2026-11"
WEEKS = 4
_FIRST_AT = datetime(2026, 11, 2, 1, tzinfo=UTC)
_ASSESSED_AT = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
_PARTS = ("firewall", "cryptography", "wireless")


def fill(state: Path, bundles: int, size_bytes: int) -> None:
    """Deliver a month of so many bundles, each device visited once a week, and index it."""
    custody, key = Custody(state, lambda: _ASSESSED_AT, serving=True), SigningKey.generate()
    custody.enrol(AGENT, ["main"], key.public)
    caller = custody.caller(key.public.keyid)
    assert caller is not None
    count = -(-bundles // WEEKS)
    readings: dict[str, Any] = {}
    used: list[str] = []
    previous: str | None = None
    for week in range(WEEKS):
        at = _FIRST_AT + timedelta(weeks=week)
        made: list[str] = []
        for one in _visits(week * count, min(bundles, (week + 1) * count), count, size_bytes, at):
            sealed = seal(*one, key)
            custody.keep_bundle(caller, sealed.digest, sealed.to_bytes(), 2**30)
            made.append(sealed.digest)
            (reading,) = one[0].readings
            readings[reading.device] = reading
            used.append(reading.digest)
        run = RunRecord(
            agent=AGENT,
            agent_version="0",
            run=f"week-{week}",
            requester="schedule",
            started_at=at,
            ended_at=at + timedelta(hours=4),
            bundles=tuple(made),
            previous=previous,
        ).seal(key)
        previous = run.digest
        custody.keep_statement(caller, run.digest, run.to_json(), (RUN,))
    _assess(custody, caller, key, list(readings.values()), used)
    custody.index.catch_up()
    custody.close()


def _visits(first: int, end: int, count: int, size_bytes: int, at: datetime) -> Iterator[Visit]:
    for number in range(first, end):
        yield visit(
            number, size_bytes, f"fw-{number % count:05}", at + timedelta(seconds=number % count)
        )


def _assess(
    custody: Custody, caller: Caller, key: SigningKey, newest: list[Any], used: list[str]
) -> None:
    """What the agent does at the end of the month: checks, fold, one signed record."""
    config = files("config")
    book = RuleBook.of_record(_shipped("controls/twse-2025-04-11.yaml"))
    parts = [_shipped(f"policy/{name}.yaml") for name in _PARTS]
    policy = Policy.of_record({"parts": parts, **_shipped("policy/company-2026.yaml")})
    rows = config.joinpath("lifecycle/catalogue-2026-11-23.csv").read_text("utf-8").splitlines()
    catalogue = Catalogue.of_rows(csv.DictReader(rows), _ASSESSED_AT.date())
    profile = Profile(name="benchmark")
    devices = {one.device: device_of_id(one.device) for one in newest}
    seen = Readings(
        at=_ASSESSED_AT, period=PERIOD, all=newest, devices=devices, catalogue=catalogue
    )
    observations = tuple(run_checks(book, policy, seen))
    found = fold(book, profile, policy, observations, period=PERIOD, at=_ASSESSED_AT)
    inputs = {
        "rule_book": book.record(),
        "policy": policy.record(),
        "profile": profile.record(),
        "catalogue": catalogue.record(),
        "zones": Zones().record(),
        "dispositions": [],
        "devices": [device_record(one) for one in devices.values()],
    }
    bodies = {name: canonical(record) for name, record in inputs.items()}
    for body in bodies.values():
        incoming = custody.files.receive()
        incoming.write(body)
        custody.keep_blob(caller, incoming, len(body))
    made = Assessment(
        agent=AGENT,
        agent_version="0",
        period=PERIOD,
        assessed_at=_ASSESSED_AT,
        readings=tuple(sorted(used)),
        inputs={name: sha256(body).hexdigest() for name, body in bodies.items()},
        observations=tuple(one.record() for one in observations),
        findings=tuple(found.records()),
    ).seal(key)
    custody.keep_statement(caller, made.digest, made.to_json(), (ASSESSMENT,))


def _shipped(path: str) -> Any:
    return load_yaml(files("config").joinpath(path).read_text("utf-8"))


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
