"""Assessing a month: the readings in force, the rule book's checks, the fold, one signed record.

The agent folds with what was entered at it (`decide`); its result is provisional, because the
store folds again with what else people decided there. A late delivery makes revision n+1 and
never edits n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from agent.catalogue import load_catalogue
from agent.config import Config
from agent.decisions import entered
from agent.sealing import Agent
from checks import run_checks
from evidence.capture import IMPORTED
from evidence.clock import month_bounds, taipei_day
from evidence.collection import device_record
from evidence.control import (
    Join,
    Policy,
    Profile,
    RuleBook,
    fold,
    needs_decision,
)
from evidence.decisions import in_force
from evidence.errors import ConfigurationError
from evidence.inventory import inventory_changes
from evidence.judged import Assessed, Judged
from evidence.observation import Observation
from evidence.reading import Reading, canonical
from evidence.readings import Readings
from evidence.replay import installed_version
from evidence.runs import Assessment
from evidence.seal import Envelope
from evidence.statement import ASSESSMENT, Statement
from evidence.usage import Recall


def judge(config: Config, agent: Agent, period: str, now: datetime) -> Judged:
    """Judge a month by what was read until its end (or until now). Nothing is signed or kept,
    but for since when a rule has needed a decision.

    Raises ConfigurationError for a rule book or policy that does not hold together, and for
    a month that has not begun.
    """
    start, end = _month(period)
    if now < start:
        raise ConfigurationError(f"{period} has not begun", code="period_invalid")
    at = min(now, end - timedelta(seconds=1))
    book, policy = RuleBook.of_record(config.rule_book), Policy.of_record(config.policy)
    profile = Profile.of_record(config.profile)
    catalogue = load_catalogue(taipei_day(at), config.lifecycle, [agent.signing_key.public])
    dispositions = in_force(entered(agent), at)
    usage = Recall(config.devices, at, agent.ledger.histories)
    looked_back: set[str] = set()

    def earlier(device: str, subject: str) -> tuple[Reading, ...]:
        found = tuple(
            reading
            for reading in agent.ledger.readings(device, subject, end=at)
            if reading.provenance != IMPORTED
        )
        looked_back.update(reading.digest for reading in found)
        return found

    def before(device: str, subject: str, moment: datetime) -> Reading | None:
        just_before = moment - timedelta(microseconds=1)
        found = agent.ledger.newest_good(device, subject, just_before)
        looked_back.update(one.digest for one in found)
        return next((one for one in found if one.provenance != IMPORTED), None)

    readings = Readings(
        at=at,
        period=period,
        all=[
            reading
            for reading in agent.ledger.newest_readings(at + timedelta(seconds=1))
            if reading.provenance != IMPORTED
        ],
        devices=config.devices,
        zones=config.zones,
        catalogue=catalogue,
        earlier=earlier,
        before=before,
        usage_of=usage,
    )
    observations = tuple(run_checks(book, policy, readings))
    inventory_changes(readings)  # now, so that the readings it compares are among those cited
    cited = {digest for one in observations for digest in one.evidence}
    return Judged(
        period=period,
        at=at,
        book=book,
        policy=policy,
        profile=profile,
        judgement=fold(
            book,
            profile,
            policy,
            observations,
            period=period,
            at=at,
            dispositions=dispositions,
            first_found_at=_first_found(agent, book, observations, at),
        ),
        observations=observations,
        dispositions=dispositions,
        readings=readings,
        inputs={
            "rule_book": canonical(book.record()),
            "policy": canonical(policy.record()),
            "profile": canonical(profile.record()),
            "catalogue": canonical(catalogue.record()),
            "zones": canonical(config.zones.record()),
            "dispositions": canonical([one.record() for one in dispositions]),
            "devices": canonical([device_record(one) for one in config.devices.values()]),
        },
        used=frozenset(
            cited | usage.digests | looked_back | {reading.digest for reading in readings.all}
        ),
    )


def assess(config: Config, agent: Agent, period: str, now: datetime) -> Assessed:
    """Judge a month, seal it as the month's next revision, and keep it. What is judged again
    from the same readings by the same rules stays the revision it was. Raises as `judge`."""
    judged = judge(config, agent, period, now)
    agent.ledger.inputs.keep(judged.inputs.values())
    envelope, revision = _seal(agent, judged)
    return Assessed(**vars(judged), envelope=envelope, revision=revision)


def _month(period: str) -> tuple[datetime, datetime]:
    try:
        return month_bounds(period)
    except ValueError:
        raise ConfigurationError(
            f"period {period!r} is not a month; it is written 2026-11", code="period_invalid"
        ) from None


def _first_found(
    agent: Agent, book: RuleBook, observations: Sequence[Observation], at: datetime
) -> Mapping[str, datetime]:
    """Since when each subject has needed somebody's decision, by what review clauses look at."""
    looked_at = {
        use.key
        for control in book
        if control.join is Join.rule_is_decided
        for use in control.checks
    }
    seen = [one for one in observations if one.check in looked_at]
    needing = needs_decision(seen)
    return agent.ledger.first_found(needing, {one.subject for one in seen} - needing, at)


def _seal(agent: Agent, judged: Judged) -> tuple[Envelope, int]:
    """The signed assessment and its revision; the one before it, if that says the same."""
    made = Assessment(
        agent=agent.id,
        agent_version=installed_version(),
        period=judged.period,
        assessed_at=judged.at,
        readings=tuple(sorted(judged.used)),
        inputs={name: sha256(body).hexdigest() for name, body in judged.inputs.items()},
        observations=tuple(one.record() for one in judged.observations),
        findings=tuple(judged.judgement.records()),
        replayed=agent.ledger.any_replayed(judged.used),
    )
    previous = agent.ledger.newest_record(ASSESSMENT, judged.period)
    if previous is not None:
        envelope, before = _assessment(agent, previous)
        again = replace(made, revision=before.revision, previous=before.previous)
        if again.seal(agent.signing_key).digest == previous:
            return envelope, before.revision
        made = replace(made, revision=before.revision + 1, previous=previous)
    envelope = made.seal(agent.signing_key)
    agent.ledger.keep_record(
        ASSESSMENT, envelope.digest, envelope.to_json(), agent.clock(), judged.period
    )
    return envelope, made.revision


def _assessment(agent: Agent, digest: str) -> tuple[Envelope, Assessment]:
    envelope = Envelope.parse(agent.ledger.record(digest))
    return envelope, Assessment.of(Statement.parse(envelope.payload))
