"""Decisions from a file: read strictly, each held against the rules as they are, signed, kept.

    decisions:
      - rule: edge/vendor-vpn       # firewall and name, number or key of the rule
        decision: keep              # keep, adjust, disable; or 保留, 調整, 停用
        reason: …
        owner: …                    # who decided
        approver: …
        decided_on: 2026-11-20
        due: 2027-05-31             # keep: the last day it holds; else when the device shows it
    reviews:
      - review: CC-17010.b.f/dmz_review
        done_on: 2026-11-20
        owner: …
        approver: …
        reason: …                   # number of the record, what was looked at
    plans:                          # what is past its support, or will be
      - about: fw-01/hardware FCH1  # as `decide --open` writes it
        target: 2027-03-31          # the day it is gone; after it the plan holds no longer
        reason: …
        owner: …
        approver: …
        planned_on: 2026-06-01      # none: today; earlier only with the document that shows it
        record: 115-資-031
    measures:                       # what makes up for it until then
      - about: fw-01/hardware FCH1
        measure: …
        reason: …
        owner: …
        approver: …
        until: 2027-03-31

All or nothing: one mistake, and nothing of the file counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.retirement import MeasureModel, PlanModel, measure_of, plan_of
from agent.sealing import Agent
from agent.yaml_lines import Lines, load, nearest
from checks import release_is_supported
from evidence.clock import moment_of, taipei_day
from evidence.control import Decision, Disposition, Kind, RuleBook
from evidence.decisions import Decisions
from evidence.errors import ConfigurationError
from evidence.readings import Readings
from evidence.replay import installed_version
from evidence.rulebase import HeldRule
from evidence.seal import Envelope
from evidence.statement import DECISIONS, Statement
from evidence.tickets import rules_called

WORDS = {"保留": Decision.keep, "調整": Decision.adjust, "停用": Decision.disable}
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


class DecisionModel(BaseModel):
    model_config = _STRICT
    rule: str
    decision: Literal["keep", "adjust", "disable", "保留", "調整", "停用"]
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    approver: str | None = None
    decided_on: date | None = None
    due: date | None = None


class ReviewModel(BaseModel):
    model_config = _STRICT
    review: str
    reason: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    approver: str | None = None
    done_on: date


class DecisionsFile(BaseModel):
    model_config = _STRICT
    decisions: list[DecisionModel] = []
    reviews: list[ReviewModel] = []
    plans: list[PlanModel] = []
    measures: list[MeasureModel] = []


@dataclass(frozen=True, slots=True)
class Told:
    """A decisions file as read: what it says, and the digest of its bytes."""

    dispositions: tuple[Disposition, ...]
    file_sha256: str


def read_decisions(path: Path, readings: Readings, book: RuleBook, now: datetime) -> Told:
    """What a file says about the rules that are now held, and about reviews the rule book knows.

    Raises ConfigurationError (`decisions_invalid`) listing every mistake with its line.
    """
    mistakes: list[str] = []
    data, lines = load(path, mistakes)
    if mistakes:
        raise _refused(path, mistakes)
    try:
        told = DecisionsFile.model_validate(data)
    except ValidationError as error:
        raise _refused(path, [_mistake(path, lines, dict(one)) for one in error.errors()]) from None
    known = rules_called(readings)
    found: list[Disposition] = []
    for index, one in enumerate(told.decisions):
        where = f"{path.name}:{nearest(lines, ('decisions', index))}"
        found += _decision(one, known, now, where, mistakes)
    for index, review in enumerate(told.reviews):
        where = f"{path.name}:{nearest(lines, ('reviews', index))}"
        found += _review(review, book, now, where, mistakes)
    ending = {one.subject for one in release_is_supported.check(readings)}
    for index, plan in enumerate(told.plans):
        where = f"{path.name}:{nearest(lines, ('plans', index))}"
        found += plan_of(plan, ending, now, where, mistakes)
    for index, measure in enumerate(told.measures):
        where = f"{path.name}:{nearest(lines, ('measures', index))}"
        found += measure_of(measure, ending, now, where, mistakes)
    if not found and not mistakes:
        mistakes.append(f"{path.name}:1: it holds no decision, review, plan or measure")
    if mistakes:
        raise _refused(path, mistakes)
    return Told(tuple(found), sha256(path.read_bytes()).hexdigest())


def keep_decisions(agent: Agent, told: Told, account: str) -> Envelope:
    """Sign what was read and put it into the ledger, from where it is pushed and judged by."""
    made = Decisions(
        agent=agent.id,
        agent_version=installed_version(),
        entered_by=account,
        entered_at=agent.clock(),
        file_sha256=told.file_sha256,
        dispositions=told.dispositions,
    )
    envelope = made.seal(agent.signing_key)
    agent.ledger.keep_record(DECISIONS, envelope.digest, envelope.to_json(), made.entered_at)
    return envelope


def entered(agent: Agent) -> list[Decisions]:
    """Everything that was entered at this agent, oldest first. Raises SealError."""
    return [
        Decisions.of(Statement.parse(Envelope.parse(envelope).payload))
        for _, _, envelope in agent.ledger.records(kind=DECISIONS)
    ]


def _decision(
    one: DecisionModel,
    known: Mapping[str, Sequence[HeldRule]],
    now: datetime,
    where: str,
    mistakes: list[str],
) -> Iterator[Disposition]:
    rules = known.get(one.rule.casefold(), ())
    if len(rules) != 1:
        many = f"{len(rules)} rules are called so; name one by its key" if rules else (
            "no rule is called so; `evidence-agent rules` lists them"
        )  # fmt: skip
        mistakes.append(f"{where}: rule `{one.rule}`: {many}")
        return
    [held] = rules
    decision = WORDS.get(one.decision) or Decision(one.decision)
    at = moment_of(one.decided_on, now)
    if at > now:
        mistakes.append(f"{where}: {one.decided_on} is not here yet")
    elif one.due is not None and one.due < taipei_day(at):
        mistakes.append(f"{where}: due on {one.due}, before it was decided")
    yield Disposition(
        kind=Kind.decision,
        subject=held.subject,
        by=one.owner,
        at=at,
        reason=one.reason,
        decision=decision,
        until=one.due,
        approver=one.approver,
        # A rule that matches something else later needs a new decision.
        digest=held.rule.match_digest or None,
    )


def _review(
    one: ReviewModel, book: RuleBook, now: datetime, where: str, mistakes: list[str]
) -> Iterator[Disposition]:
    known = {
        f"{control.id}/{activity.id}": (control.id, activity.id)
        for control in book
        for activity in control.activities
        if activity.since == "last_done"
    }
    if one.review not in known:
        mistakes.append(f"{where}: review `{one.review}` is unknown; known: {', '.join(known)}")
        return
    at = moment_of(one.done_on, now)
    if at > now:
        mistakes.append(f"{where}: {one.done_on} is not here yet")
    control, activity = known[one.review]
    yield Disposition(
        kind=Kind.review,
        subject=activity,
        control=control,
        by=one.owner,
        at=at,
        reason=one.reason,
        approver=one.approver,
    )


def _mistake(path: Path, lines: Lines, error: Mapping[str, Any]) -> str:
    place = tuple(error["loc"])
    key = next((part for part in reversed(place) if isinstance(part, str)), "")
    return f"{path.name}:{nearest(lines, place)}: key `{key}`: {str(error['msg']).lower()}"


def _refused(path: Path, mistakes: Sequence[str]) -> ConfigurationError:
    count = len(mistakes)
    return ConfigurationError(
        f"{count} mistake{'s' if count != 1 else ''} in {path.name}; nothing of it was taken\n  "
        + "\n  ".join(mistakes),
        code="decisions_invalid",
        next_step="mend them and run it again",
    )
