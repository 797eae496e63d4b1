"""What ends when, and what of a month may be deleted.

A month's bytes are kept for so many years from its last day. A blob that several months rest on
is kept as long as the last of them: those whose statements name it, and those whose assessments
were judged by a reading of it. What cannot be told is not deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from evidence.clock import period_of
from evidence.errors import EvidenceError
from evidence.runs import Assessment
from store.month.tables import assessment, indexed, reading, visit
from store.problems import Refused
from store.retention.tables import absent, legal_hold, lifted
from store.retention.years import Class, end_of, years_of
from store.said.tables import attachment, said
from store.schema import blob, statement, statement_blob
from store.shelf import Shelf

_AT_ONCE = 500
Month = tuple[str, str]
"""An agent and a period."""


def held_months(rows: Connection) -> set[Month]:
    """The months that a legal hold is on."""
    one = legal_hold.c
    in_force = one.statement.not_in(select(lifted.c.hold))
    found = rows.execute(select(one.agent, one.period).where(in_force))
    return {(agent, period) for agent, period in found}


@dataclass(frozen=True, slots=True)
class Deletable:
    """What of a month may be deleted, in order, and how many of its blobs others rest on."""

    blobs: tuple[str, ...] = ()
    size_bytes: int = 0
    needed: int = 0


@dataclass(frozen=True, slots=True)
class _Use:
    """That a statement of a month names a blob; no month: it is not known which."""

    blob: str
    statement: str
    month: Month | None
    of: Class


class Ends:
    """The ends of all months as they stand at a moment, over one view of the database."""

    def __init__(self, rows: Connection, shelf: Shelf, now: datetime) -> None:
        self._rows = rows
        self._shelf = shelf
        self._now = now
        self.years = years_of(rows)
        self._held = held_months(rows)

    def is_held(self, month: Month) -> bool:
        return month in self._held

    def is_over(self, month: Month, of: Class) -> bool:
        """Whether nothing keeps a month's bytes of a class any more."""
        return month not in self._held and end_of(month[1], self.years[of]) <= self._now

    def deletable(self, month: Month) -> Deletable:
        """Raises Refused `set_changed` while an assessment is not read yet: it may rest on them."""
        if not any(self.is_over(month, one) for one in Class):
            return Deletable()
        self._check_all_read()
        mine = self.blobs_of(month)
        uses = [use for part in _parts(sorted(mine)) for use in self._uses(part)]
        ended = {use.month for use in uses if use.month and self.is_over(use.month, use.of)}
        rested_on = self._rested_on(ended)
        kept = {
            use.blob
            for use in uses
            if use.month is None
            or not self.is_over(use.month, use.of)
            or use.statement in rested_on
        }
        years = {use.blob: 0 for use in uses}
        for use in uses:
            years[use.blob] = max(years[use.blob], self.years[use.of])
        sizes, late = self._sizes(sorted(mine - kept), years)
        return Deletable(tuple(sorted(sizes)), sum(sizes.values()), len(mine & (kept | late)))

    def blobs_of(self, month: Month) -> set[str]:
        """The blobs that the month's statements name, and are not deleted yet."""
        agent, period = month
        found: set[str] = set()
        for made in (visit, assessment):
            found |= set(
                self._rows.scalars(
                    select(statement_blob.c.blob)
                    .join(made, made.c.digest == statement_blob.c.statement)
                    .where(made.c.agent == agent, made.c.period == period)
                )
            )
        found |= set(
            self._rows.scalars(
                select(attachment.c.digest)
                .join(said, said.c.digest == attachment.c.statement)
                .where(said.c.agent == agent, said.c.period == period)
            )
        )
        for part in _parts(sorted(found)):
            found -= set(self._rows.scalars(select(absent.c.digest).where(_in(absent, part))))
        return found

    def _uses(self, digests: Sequence[str]) -> Iterator[_Use]:
        named, files = statement_blob.c, attachment.c
        captures = (
            select(
                *(named.blob, named.statement),
                func.coalesce(visit.c.agent, assessment.c.agent),
                func.coalesce(visit.c.period, assessment.c.period),
            )
            .outerjoin(visit, visit.c.digest == named.statement)
            .outerjoin(assessment, assessment.c.digest == named.statement)
            .where(named.blob.in_(digests))
        )
        attached = (
            select(files.digest, files.statement, said.c.agent, said.c.period)
            .join(said, said.c.digest == files.statement)
            .where(files.digest.in_(digests))
        )
        for wanted, of in ((captures, Class.captures), (attached, Class.attachments)):
            for one, by, agent, period in self._rows.execute(wanted):
                yield _Use(one, by, None if period is None else (agent, period), of)

    def _rested_on(self, ended: Iterable[Month]) -> set[str]:
        """The visits of ended months that the assessments of others were judged by."""
        visit_of: dict[str, str] = {}
        agents = set()
        for agent, period in ended:
            agents.add(agent)
            wanted = select(reading.c.digest, reading.c.visit).where(
                reading.c.agent == agent, reading.c.period == period
            )
            visit_of.update({digest: by for digest, by in self._rows.execute(wanted)})
        made = select(assessment).where(assessment.c.agent.in_(agents))
        found: set[str] = set()
        for one in self._rows.execute(made).all():
            if not self.is_over((one.agent, one.period), Class.captures):
                used = self._readings_of(one)
                found |= {visit_of[digest] for digest in used if digest in visit_of}
        return found

    def _readings_of(self, row: Any) -> Iterable[str]:
        try:
            return Assessment.of(self._shelf.statement(row.digest)).readings
        except (OSError, EvidenceError) as error:
            raise Refused(
                f"assessment {row.digest} of {row.period} cannot be read, so that it is not known"
                f" what it rests on ({error})",
                code="retention_locked",
                next_step="evidence-store fsck",
            ) from None

    def _sizes(
        self, digests: Sequence[str], years: Mapping[str, int]
    ) -> tuple[dict[str, int], set[str]]:
        """Sizes of those that were also taken in long enough ago, whatever time an agent's clock
        said, and the others."""
        sizes: dict[str, int] = {}
        for part in _parts(digests):
            for one in self._rows.execute(select(blob).where(_in(blob, part))):
                if end_of(period_of(one.stored_at), years[one.digest]) <= self._now:
                    sizes[one.digest] = one.size_bytes
        return sizes, set(digests) - sizes.keys()

    def held_elsewhere(self, digests: Iterable[str], month: Month) -> set[str]:
        """Those of the blobs that a hold on another month is on, too."""
        others = self._held - {month}
        uses = (use for part in _parts(sorted(digests)) for use in self._uses(part))
        return {use.blob for use in uses if use.month in others}

    def _check_all_read(self) -> None:
        read = self._rows.scalar(select(indexed.c.position))
        new = select(statement.c.digest).where(
            statement.c.kind == "assessment",
            statement.c.position > (-1 if read is None else read),
        )
        if self._rows.scalar(new.limit(1)) is not None:
            raise Refused("an assessment just came; look again", code="set_changed")


def _in(table: Any, digests: Sequence[str]) -> Any:
    return table.c.digest.in_(digests)


def _parts(digests: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(digests), _AT_ONCE):
        yield digests[start : start + _AT_ONCE]
