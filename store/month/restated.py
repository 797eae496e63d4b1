"""What became another result after a month was signed: the restatement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from evidence.control import Verdict
from evidence.errors import EvidenceError
from evidence.sign_off import EvidenceSet, SignOff, Step
from report.month import Restated
from store.month.fold import Folded, Folder
from store.problems import Refused


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
        try:
            then = folder.fold(rows, agent, period, before.evidence.log_size)
            later = folder.fold(rows, agent, period, evidence.log_size)
        except (EvidenceError, KeyError, TypeError, ValueError) as error:
            raise Refused(f"{period} could not be judged: {error}", code="month_unfolded") from None
        if then is None or later is None:
            continue  # there was no assessment yet, so nothing that could be another
        was, is_now = _verdicts(then), _verdicts(later)
        for key in sorted(was.keys() | is_now.keys()):
            if was.get(key) is not is_now.get(key):
                yield Restated(
                    signed_at=before.at,
                    again_at=None if step is None else step.at,
                    control=key[0],
                    subject=key[1],
                    was=was.get(key),
                    now=is_now.get(key),
                )


def _verdicts(folded: Folded) -> dict[tuple[str, str, str], Verdict]:
    """The verdict of each clause, and of each thing under it."""
    found: dict[tuple[str, str, str], Verdict] = {}
    for result in folded.judgement.results:
        found[result.control.id, "", ""] = result.verdict
        for one in result.findings:
            found[result.control.id, one.subject, " ".join(one.triggers)] = one.verdict
    return found
