"""Assessing a month: the readings in force, the rule book's checks, the fold, one signed record.

The agent folds without dispositions, so its result is provisional: the store folds again
with what people decided. A late delivery makes revision n+1 and never edits n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from agent.catalogue import load_catalogue
from agent.collect import Agent
from agent.config import Config
from agent.platforms import parser_version
from checks import run_checks
from evidence.clock import month_bounds, taipei_day
from evidence.control import Judgement, Policy, Profile, RuleBook, fold, needs_decision
from evidence.device import Device
from evidence.errors import ConfigurationError
from evidence.observation import Observation
from evidence.reading import canonical
from evidence.readings import Readings
from evidence.runs import Assessment
from evidence.seal import Envelope
from evidence.statement import ASSESSMENT, Statement
from evidence.usage import UnitHistory

# Fourteen months: six for the window, the rest for what came before it and was carried along.
HISTORY = timedelta(days=31 * 14)


@dataclass(frozen=True)
class Assessed:
    """An assessment with all it rests on. `inputs` are the exact bytes the envelope names."""

    period: str
    at: datetime
    book: RuleBook
    policy: Policy
    profile: Profile
    judgement: Judgement
    observations: tuple[Observation, ...]
    readings: Readings
    inputs: Mapping[str, bytes]
    envelope: Envelope
    revision: int


def assess(config: Config, agent: Agent, period: str, now: datetime) -> Assessed:
    """Judge a month by what was read until its end (or until now), seal it, and keep it.

    Raises ConfigurationError for a rule book or policy that does not hold together, and for
    a month that has not begun.
    """
    start, end = _month(period)
    if now < start:
        raise ConfigurationError(f"{period} has not begun", code="period_invalid")
    at = min(now, end - timedelta(seconds=1))
    book, policy = RuleBook.of_record(config.rule_book), Policy.of_record(config.policy)
    profile = Profile.of_record(config.profile)
    catalogue = load_catalogue(taipei_day(at))
    readings = Readings(
        at=at,
        period=period,
        all=agent.ledger.newest_readings(at + timedelta(seconds=1)),
        devices=config.devices,
        zones=config.zones,
        catalogue=catalogue,
        earlier=lambda device, subject: tuple(agent.ledger.readings(device, subject, end=at)),
        usage_of=_Usage(agent, config.devices, at),
    )
    inputs = {
        "rule_book": canonical(book.record()),
        "policy": canonical(policy.record()),
        "profile": canonical(profile.record()),
        "catalogue": canonical(catalogue.record()),
        "zones": canonical({"devices": config.zones.by_device, "networks": config.zones.networks}),
    }
    digests = {name: sha256(body).hexdigest() for name, body in inputs.items()}
    observations = tuple(run_checks(book, policy, readings))
    judgement = fold(
        book,
        profile,
        policy,
        observations,
        period=period,
        at=at,
        first_found_at=_first_found(agent, observations, at),
    )
    envelope, revision = _seal(agent, period, at, readings, observations, judgement, digests)
    return Assessed(
        period=period,
        at=at,
        book=book,
        policy=policy,
        profile=profile,
        judgement=judgement,
        observations=observations,
        readings=readings,
        inputs=inputs,
        envelope=envelope,
        revision=revision,
    )


class _Usage:
    """Counter histories of the devices that enforce together, read once a group."""

    def __init__(self, agent: Agent, devices: Mapping[str, Device], at: datetime) -> None:
        self._agent = agent
        self._devices = devices
        self._at = at
        self._known: dict[str, Sequence[UnitHistory]] = {}

    def __call__(self, group: str) -> Sequence[UnitHistory]:
        if group not in self._known:
            members = [
                device.id
                for device in self._devices.values()
                if group in (device.ha_group, device.id) and "firewall" in device.subjects
            ]
            start, end = self._at - HISTORY, self._at + timedelta(seconds=1)
            self._known[group] = [
                history
                for member in members
                for history in self._agent.ledger.histories(member, start, end)
                or [UnitHistory.of_snapshots([], member, member)]
            ]
        return self._known[group]


def _month(period: str) -> tuple[datetime, datetime]:
    try:
        return month_bounds(period)
    except ValueError:
        raise ConfigurationError(
            f"period {period!r} is not a month; it is written 2026-11", code="period_invalid"
        ) from None


def _first_found(
    agent: Agent, observations: Sequence[Observation], at: datetime
) -> Mapping[str, datetime]:
    """Since when each subject has needed somebody's decision."""
    needing = set(needs_decision(observations))
    return agent.ledger.first_found(needing, {one.subject for one in observations} - needing, at)


def _seal(
    agent: Agent,
    period: str,
    at: datetime,
    readings: Readings,
    observations: Sequence[Observation],
    judgement: Judgement,
    inputs: Mapping[str, str],
) -> tuple[Envelope, int]:
    """The signed assessment; the same conclusions from the same readings are sealed only once."""
    previous = agent.ledger.newest_record(ASSESSMENT, period)
    revision = 1
    if previous is not None:
        before = _assessment(agent, previous)
        revision = before.revision + 1
    cited = {digest for one in observations for digest in one.evidence}
    cited |= {reading.digest for reading in readings.all}
    made = Assessment(
        agent=agent.id,
        agent_version=parser_version(),
        period=period,
        assessed_at=at,
        revision=revision,
        previous=previous,
        readings=tuple(sorted(cited)),
        inputs=inputs,
        observations=tuple(one.record() for one in observations),
        findings=tuple(judgement.records()),
        replayed=any(reading.provenance == "replayed" for reading in readings.all),
    )
    envelope = made.seal(agent.signing_key)
    agent.ledger.keep_record(ASSESSMENT, envelope.digest, envelope.to_json(), agent.clock(), period)
    return envelope, revision


def _assessment(agent: Agent, digest: str) -> Assessment:
    envelope = Envelope.parse(agent.ledger.record(digest))
    return Assessment.of(Statement.parse(envelope.payload))
