"""Retirement plans and compensating measures in a decisions file, held against what is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from pydantic import Field

from agent.settings import Model
from evidence.clock import moment_of, taipei_day
from evidence.control import Disposition, Kind


class PlanModel(Model):
    about: str
    target: date
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    approver: str | None = None
    planned_on: date | None = None
    record: str = ""


class MeasureModel(Model):
    about: str
    measure: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    approver: str | None = None
    until: date


def plan_of(
    one: PlanModel, ending: Collection[str], now: datetime, where: str, mistakes: list[str]
) -> Iterator[Disposition]:
    at = moment_of(one.planned_on, now)
    mistakes += _of_support(one.about, one.target, ending, at, now, where)
    if at < now and not one.record.strip():
        # Entered today, a plan of last year is only somebody's word.
        mistakes.append(f"{where}: planned on {one.planned_on}: name the `record` that shows it")
    yield Disposition(
        kind=Kind.plan,
        subject=one.about,
        by=one.owner,
        at=at,
        reason=f"{one.reason} ({one.record})" if one.record.strip() else one.reason,
        until=one.target,
        approver=one.approver,
    )


def measure_of(
    one: MeasureModel, ending: Collection[str], now: datetime, where: str, mistakes: list[str]
) -> Iterator[Disposition]:
    mistakes += _of_support(one.about, one.until, ending, now, now, where)
    yield Disposition(
        kind=Kind.exception,
        subject=one.about,
        by=one.owner,
        at=now,
        reason=f"{one.measure} ({one.reason})",
        until=one.until,
        approver=one.approver,
    )


def _of_support(
    about: str, until: date, ending: Collection[str], at: datetime, now: datetime, where: str
) -> Iterator[str]:
    """What is wrong with a plan or measure about something that is to be retired."""
    if about not in ending:
        yield f"{where}: nothing is called `{about}`; `evidence-agent lifecycle --json` lists them"
    if at > now:
        yield f"{where}: {taipei_day(at)} is not here yet"
    if until < taipei_day(at):
        yield f"{where}: {until} is before it was planned"
