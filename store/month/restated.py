"""What became another result after a month was signed: the restatement.

To fold a month takes seconds where it has a hundred thousand findings. What two judgements differ
in never changes, so the index keeps it with the month's rows (`found`), and pages read it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from itertools import zip_longest

from sqlalchemy import Connection, select

from evidence.control import Judgement, Verdict
from evidence.errors import EvidenceError
from evidence.reading import canonical
from evidence.sign_off import EvidenceSet, SignOff, Step
from report.month import Restated
from store.month.fold import Folded, Folder
from store.month.tables import made_section
from store.problems import Refused
from store.said.tables import said

KEPT = "restated "
"""What the identifiers of the kept rows begin with; two digests of judgements follow."""

Differences = list[tuple[str, str, str | None, str | None]]
"""Clause, subject (empty: the clause as a whole), the verdict before and after; None: not there."""


def restated(
    folder: Folder,
    rows: Connection,
    agent: str,
    period: str,
    steps: Sequence[SignOff],
    now: EvidenceSet | None = None,
) -> Iterator[Restated]:
    """What each signature after the first found different from the one before; and, where `now` is
    given, what differs now from the last. Raises Refused `month_unfolded`."""
    signed = [one for one in steps if one.step is Step.reviewed]
    after: list[tuple[SignOff | None, EvidenceSet]] = [(one, one.evidence) for one in signed[1:]]
    if now is not None:
        after.append((None, now))
    for before, (step, evidence) in zip(signed, after, strict=False):
        for control, subject, was, is_now in _between(
            folder, rows, agent, period, before.evidence, evidence
        ):
            yield Restated(
                signed_at=before.at,
                again_at=None if step is None else step.at,
                control=control,
                subject=subject,
                was=None if was is None else Verdict(was),
                now=None if is_now is None else Verdict(is_now),
            )


def found(
    folder: Folder, rows: Connection, folded: Folded, kept: Container[str]
) -> dict[str, str | None]:
    """What is to be kept of a month, by identifier, once it is folded as it stands; None: it is
    among `kept`. Raises as `Folder.fold`."""
    made = folded.read.assessment
    one = said.c
    wanted = select(one.digest).where(one.agent == made.agent, one.period == made.period)
    digests = rows.scalars(wanted.where(one.kind == "sign_off").order_by(one.position)).all()
    steps = [SignOff.of(folder.shelf.statement(digest)) for digest in digests]
    signed = [step.evidence for step in steps if step.step is Step.reviewed]
    new: dict[str, str | None] = {}
    for before, after in zip_longest(signed, signed[1:]):
        end = folded.digest if after is None else after.judgement
        id = _id(before.judgement, end)
        if before.judgement == end or id in new:
            continue
        new[id] = None
        if id not in kept:
            then, later = (
                folded if one is None else folder.fold(rows, made.agent, made.period, one.log_size)
                for one in (before, after)
            )
            new[id] = canonical(_differences(then, later)).decode()
    return new


def _between(
    folder: Folder, rows: Connection, agent: str, period: str, before: EvidenceSet, end: EvidenceSet
) -> Differences:
    if before.judgement == end.judgement:
        return []
    one = made_section.c
    kept = rows.scalar(
        select(one.record).where(
            one.agent == agent,
            one.period == period,
            one.id == _id(before.judgement, end.judgement),
        )
    )
    if kept is not None:
        return [tuple(each) for each in json.loads(kept)]
    # The index is behind: a matter of seconds.
    try:
        then = folder.fold(rows, agent, period, before.log_size)
        later = folder.fold(rows, agent, period, end.log_size)
    except (EvidenceError, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{period} could not be judged: {error}", code="month_unfolded") from None
    return _differences(then, later)


def _id(before: str, after: str) -> str:
    return f"{KEPT}{before} {after}"


def _differences(then: Folded | None, later: Folded | None) -> Differences:
    if then is None or later is None:
        return []  # there was no assessment yet, so nothing that could be another
    was, is_now = _verdicts(then.judgement), _verdicts(later.judgement)
    return [
        (key[0], key[1], was.get(key), is_now.get(key))
        for key in sorted(was.keys() | is_now.keys())
        if was.get(key) is not is_now.get(key)
    ]


def _verdicts(judgement: Judgement) -> dict[tuple[str, str, str], Verdict]:
    """The verdict of each clause, and of each thing under it."""
    found: dict[tuple[str, str, str], Verdict] = {}
    for result in judgement.results:
        found[result.control.id, "", ""] = result.verdict
        for one in result.findings:
            found[result.control.id, one.subject, " ".join(one.triggers)] = one.verdict
    return found
