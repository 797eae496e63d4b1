"""What tests of judgement are made of: the shipped data, and small observations and readings."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from evidence.control import (
    Answer,
    Decision,
    Disposition,
    Finding,
    Judgement,
    Kind,
    Policy,
    Profile,
    RuleBook,
    fold,
)
from evidence.device import Device
from evidence.facts import Fact
from evidence.lifecycle import Catalogue
from evidence.observation import Observation, Result
from evidence.reading import Failure, Reading
from evidence.readings import Readings, Zones
from evidence.text import Text
from evidence.usage import histories
from evidence.yaml_text import load_yaml

AT = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)  # the last second of November in Taipei
REVIEW = "CC-17010.b.f"
BROKER = Profile(name="demo", net_order=Answer.yes, colo=Answer.no, tier="1")


def shipped(path: str) -> Any:
    """A shipped YAML file, parsed as the agent parses it."""
    return load_yaml(files("config").joinpath(path).read_text("utf-8"))


@cache
def rule_book() -> RuleBook:
    return RuleBook.of_record(shipped("controls/twse-2025-04-11.yaml"))


@cache
def company() -> Policy:
    names = ("firewall", "cryptography", "wireless")
    parts = [shipped(f"policy/{name}.yaml") for name in names]
    return Policy.of_record({"parts": parts, **shipped("policy/company-2026.yaml")})


def catalogue(dated: date = date(2026, 11, 23)) -> Catalogue:
    text = files("config").joinpath("lifecycle/catalogue-2026-11-23.csv").read_text("utf-8")
    return Catalogue.of_rows(csv.DictReader(text.splitlines()), dated)


def on(day: str) -> datetime:
    """Noon of a day in Taipei."""
    return datetime.fromisoformat(f"{day}T04:00:00+00:00")


def rule_seen(
    state: str,
    result: Result,
    *,
    check: str = "rule_carries_traffic",
    subject: str = "fw-01/root/7",
    scope: tuple[str, ...] = ("site:main", "zone:internal"),
    **measures: Any,
) -> Observation:
    """An observation about one rule, as the checks make them."""
    return Observation(
        check=check,
        device="fw-01",
        subject=subject,
        result=result,
        state=state,
        description=Text(f"{subject}: {state}", f"{subject}：{state}"),
        at=AT,
        measures={"rule": subject.partition("/")[2], **measures},
        scope=scope,
    )


def decided(
    decision: Decision, at: datetime, subject: str = "fw-01/root/7", **said: Any
) -> Disposition:
    return Disposition(
        kind=Kind.decision,
        subject=subject,
        by="wang",
        at=at,
        reason="needed by settlement",
        decision=decision,
        **said,
    )


def judged(
    *observations: Observation,
    dispositions: Iterable[Disposition] = (),
    first_found_at: Mapping[str, datetime] | None = None,
    profile: Profile = BROKER,
    policy: Policy | None = None,
    at: datetime = AT,
    period: str = "2026-11",
) -> Judgement:
    """The fold over the shipped rule book and policy."""
    return fold(
        rule_book(),
        profile,
        policy or company(),
        observations,
        period=period,
        at=at,
        dispositions=tuple(dispositions),
        first_found_at=first_found_at,
    )


def review_finding(judgement: Judgement, subject: str = "fw-01/root/7") -> Finding:
    """The finding about one rule under the review clause."""
    [found] = [one for one in judgement.result(REVIEW).findings if one.subject == subject]
    return found


def read(device: str, subject: str, *facts: Fact, at: datetime = AT, **said: Any) -> Reading:
    return Reading(device=device, subject=subject, at=at, facts=facts, **said)


def failed(device: str, subject: str, code: str, at: datetime = AT) -> Reading:
    return Reading(
        device=device, subject=subject, at=at, failure=Failure(code, "it did not answer", "look")
    )


def seen(
    *readings: Reading,
    subjects: Mapping[str, tuple[str, ...]] | None = None,
    groups: Mapping[str, str] | None = None,
    zones: Zones | None = None,
    catalogue: Catalogue | None = None,
    at: datetime = AT,
) -> Readings:
    """`Readings` of devices that have the subjects they were read for, and those named."""
    devices: dict[str, Device] = {}
    named = [(one.device, (one.subject,)) for one in readings]
    for name, more in [*named, *(subjects or {}).items()]:
        known = devices.get(name, Device(id=name, platform="toy"))
        group = (groups or {}).get(name)
        devices[name] = replace(
            known, subjects=tuple(dict.fromkeys((*known.subjects, *more))), ha_group=group
        )

    def usage_of(group: str) -> Any:
        members = [one.id for one in devices.values() if (one.ha_group or one.id) == group]
        return [
            history
            for member in members
            for history in histories([one for one in readings if one.device == member])
        ]

    return Readings(
        at=at,
        period="2026-11",
        all=sorted(readings, key=lambda one: one.at),
        devices=devices,
        zones=zones or Zones(),
        catalogue=catalogue,
        usage_of=usage_of,
    )
